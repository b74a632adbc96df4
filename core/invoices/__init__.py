"""Final invoices: stored once, numbered without a gap, never changed.

Owns: the rows of `invoice`, `invoice_line`, `invoice_number` and `invoice_settlement`, and
reading them. Does not own: amounts (`core.billing`) or what falls due (`core.billing_cycles`).
Invariants: insert-only but for the settlement; total = sum of lines; numbers of a series
have no gap and their dates never go back.
"""
