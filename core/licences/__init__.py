"""Licences: seats that are bought, and the members who hold them.

Owns: `licence_seat`, `licence_assignment`; never more holders than seats. Does not own: how
many seats an item has (its present quantity), what a licence allows (`core.entitlements`).
"""
