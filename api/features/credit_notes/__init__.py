"""Credit notes in the schema: what gives back, of which invoice, and making one."""
