"""What the next closings would bill, below accounts and subscriptions."""
