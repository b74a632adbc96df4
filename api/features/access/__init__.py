"""Teams, profiles, and what the members of an account may open."""
