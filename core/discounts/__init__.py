"""Additive discounts: what may be given, who approved it, what it took off."""
