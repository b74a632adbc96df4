"""Payments: methods, what is collected and received, where it is used, and dunning."""
