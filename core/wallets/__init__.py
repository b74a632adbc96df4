"""Wallets: money paid ahead, from which prepaid subscriptions are charged."""
