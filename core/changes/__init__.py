"""Changes of running subscriptions that charge, or give back, at once.

Owns: the order of such a change (what holds, what is given back, what is charged, what
settles what) and when each acts. Does not own: what holds (`core.subscriptions`), amounts
(`core.billing`), credit notes (`core.credit_notes`), money (`core.payments`).
Invariants: a change is one transaction; credit notes are numbered before invoices; no day of
an item is charged twice; nothing changes while a closing bills the subscription.
"""
