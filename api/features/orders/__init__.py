"""Orders of usage services in the schema."""
