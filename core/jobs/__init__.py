"""Jobs: work for an account, its lines, its completion."""
