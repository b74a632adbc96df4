"""Additive discounts: what may be given, who approved it, what it took off.

Owns: `discount_grant`, `applied_discount`, the caps (`discount_window`, `discount_money`,
`discount_free_time`), who may give what now, and reading what may reduce the bills at hand.
Does not own: definitions (`core.catalogue`), how much a bill is reduced by (`core.billing`),
the lines of invoices. Invariants: a pending grant is not billed; a cap is never exceeded,
however many want the last use; a bill's uses are stored with its invoice, or not at all.
"""
