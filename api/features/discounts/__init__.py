"""Discounts that were given: giving, deciding, and what they took off."""
