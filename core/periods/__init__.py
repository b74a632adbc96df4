"""Billing periods as rows: made ahead from the anchor, never guessed from today.

Owns: which periods a subscription has in each stream, when each falls due, the rows
themselves (`billing_period`, and the lower bound in `tenant_due`), cutting open ones at an
instant, and making one longer. Does not own: freezing, closing and billing them, or why one is
cut. Invariants: two unfrozen periods of each stream lie ahead of a subscription that goes on,
the open one and the next; periods of a stream neither overlap nor leave a gap; a billed one
never changes.
"""
