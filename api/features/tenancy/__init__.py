"""The seller, its org units, staff and keys, and who asks."""
