"""Provisioning: what providers are asked to switch on and off, and how that went."""
