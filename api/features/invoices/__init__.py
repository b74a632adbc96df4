"""Invoices with their working, and the one that the next closing would make."""
