"""Contacts of an account, counted by address; those beyond what is bought wait."""
