"""Tokens that let customers in, each to one account."""
