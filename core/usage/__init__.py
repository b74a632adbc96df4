"""Usage: what happened on a channel, counted once, in the period that it belongs to.

Owns: `usage_event`, `usage_batch`, `usage_counter` (the lock of a subscription whose usage
counts at once), the identity and content of an event, its verdict, which two periods it has,
and the price of an event that is priced by itself. Does not own: what an event amounts to
(the channel's plugin), the price of a period's total, closing. Invariants: an identity is
stored once for ever; an event is billed by exactly one period, and nothing but its periods
changes, where one is cut; an event that was refused leaves no row.
"""
