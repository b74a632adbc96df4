"""Access: teams, profiles, and what members may open, with its time."""
