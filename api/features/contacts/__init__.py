"""Contacts in the schema: reports about them, and how many there are."""
