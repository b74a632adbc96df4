"""Subscriptions: what an account is subscribed to, and every change of it."""
