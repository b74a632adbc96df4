"""What happened to accounts and subscriptions, for their people to read."""
