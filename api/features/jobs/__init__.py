"""Jobs: work for an account, from a draft to its invoice."""
