"""Entitlements: what products let an account or a member do, and how much of it.

Owns: `allowance`, `consumption`, and the one decision (`engine.py`, pure) by which everything
that may be used, had or done is allowed or not. Does not own: what products grant (the
catalogue), seats (`core.licences`), contacts (`core.contacts`), money. Rights are derived from
items whenever they are asked for; only what is used up is stored.
"""
