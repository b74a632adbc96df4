"""Payments in the schema: methods, what was received, where it was used, and dunning."""
