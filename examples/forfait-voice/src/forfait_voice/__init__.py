"""Telephone calls for Forfait."""
