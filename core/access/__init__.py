"""Access: teams, profiles, and what members may open, with its time.

Owns: `team`, `profile` and `member_access`, from which users are counted. Does not own: what
users cost (prices), how many are included (grants), seats of licences (`core.licences`).
Every verb locks the account, then reads, then decides; a right begins and ends now, never in
the past.
"""
