"""Final invoices: stored once, numbered without a gap, never changed.

Owns: the rows of `invoice`, `invoice_line`, `invoice_number` and `invoice_settlement`.
Does not own: amounts (`core.billing`), what falls due (`core.billing_cycles`), or how
invoices are shown (`api/features/invoices`).
Invariants: insert-only but for the settlement; total = sum of lines; numbers of a series
have no gap and their dates never go back.
"""
