"""Requests to be billed for longer than the terms' frequency.

Owns: `advance_request`, which durations a definition offers, and how a billing takes a
request: the next unbilled fees period is made longer. Does not own: prices, invoices, the
closing itself. Invariants: one request of a subscription waits at most; the periods of a
subscription tile its time, also behind a long one.
"""
