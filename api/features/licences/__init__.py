"""Licences in the schema: assigning seats, taking them back, and who holds them."""
