"""Invoicing: everything that decides one invoice in, the invoice's draft out.

Owns: the order of work, line rounding, the commitment, discounts, tax, cumulative totals.
Does not own: what is due, storage, numbering, the clock, prices (`core.rating`).
Invariants: pure; the same snapshot gives the same draft, in whatever order its
parts and rows come; lines, tax and total agree to the minor unit.
"""
