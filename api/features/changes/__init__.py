"""Changes of running subscriptions that charge or give back at once, in the schema."""
