"""Text messages as a channel: segments by destination country."""
