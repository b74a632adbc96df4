"""The demonstration: five sellers, a month of their customers' lives, their invoices.

Owns: what is played in, and showing it. Does not own: any price; those are in the catalogue
files beside this, and everything is done through the public API.
"""
