"""Orders of usage services, at once or for a later time."""
