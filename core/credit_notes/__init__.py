"""Credit notes: what gives back, of which invoice, and never more than it."""
