"""Alerts in the schema: what is watched, and what was told."""
