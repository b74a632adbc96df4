"""Wallets in the schema: balances, movements, and topping up."""
