"""Series of recurring revenue and of usage in the schema."""
