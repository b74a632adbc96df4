"""Subscriptions: their life, their items and phases, and one file for each verb.

Owns: `subscription`, `subscription_phase`, `subscription_item`, `subscription_rest`, which
change is allowed in which state, which plan a subscription or a job may choose, how long one
is bound, and how often it may rest. Does not own: periods (`core.periods`), prices, invoices.
Every verb locks, then reads, then decides, and leaves a history entry, an audit entry
and an event in the outbox.
"""
