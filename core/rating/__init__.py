"""Pricing: what a quantity costs under a rate, with its working shown.

Owns: the price models, what a rate may be, compiled price plans, the working.
Does not own: periods, proration of invoices, tax, totals, storage, the clock.
Invariants: pure; exact decimals of 60 digits; nothing here rounds an amount.
"""
