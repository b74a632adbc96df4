"""Usage: what happened on a channel, counted once, in the period that it belongs to.

Owns: `usage_event` (insert-only), `usage_batch`, the identity and content of an event, its
verdict, and which two periods it has. Does not own: what an event amounts to (the channel's
plugin), prices, closing. Invariants: an identity is stored once for ever; an event is
billed by exactly one period; an event that was refused leaves no row.
"""
