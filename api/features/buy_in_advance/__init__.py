"""Requests to be billed for longer than the terms' frequency, in the schema."""
