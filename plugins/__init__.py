"""The channels that ship with Forfait, each a plugin like any partner's.

They are found through the entry-point group ``forfait.plugins``.
"""
