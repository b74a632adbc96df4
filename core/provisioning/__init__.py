"""What providers are asked to switch on and off, and how it went."""
