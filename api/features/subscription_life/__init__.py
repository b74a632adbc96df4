"""Trials, orders, and ending now."""
