"""Closing: starting it, how far it is, and what could not be billed."""
