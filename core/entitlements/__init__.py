"""Entitlements: what products let an account or a member do, and how much of it."""
