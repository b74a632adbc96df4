"""Postal addresses as a channel: corrected and deduplicated."""
