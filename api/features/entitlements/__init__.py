"""Entitlements in the schema: what may be done, what there is, and using it up."""
