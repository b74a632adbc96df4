"""Fulfilment: tasks that a product owes once."""
