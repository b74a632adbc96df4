"""Licences: seats that are bought, and the members who hold them."""
