"""Which tax rate a sale bears, from a dated table and what the seller states.

Owns: value added tax rates by country and day, and the rule of who taxes what. Does not
own: the arithmetic of tax on an invoice (`core.billing.tax`). Pure.
"""
