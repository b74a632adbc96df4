"""Billing periods as rows: made ahead from the anchor, never guessed from today.

Owns: which periods a subscription has in each stream, when each falls due, and the
rows themselves (`billing_period`, and the lower bound in `tenant_due`). Does not own:
freezing, closing and billing them. Invariant: two unfrozen periods of each stream lie
ahead of a subscription that goes on, the open one and the next.
"""
