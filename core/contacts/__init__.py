"""Contacts of an account, counted by address; those beyond what is bought wait.

Owns: `contact`, `contact_count`; which contacts are active, and which wait, in the order of
their arrival. Does not own: how many are bought (`core.entitlements`), the addresses: only
their digests are stored.
"""
