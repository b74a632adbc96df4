"""Subscriptions: their life, their items and phases, and one file for each verb.

Owns: `subscription`, `subscription_phase`, `subscription_item`, and which change is
allowed in which state. Does not own: periods (`core.periods`), prices, invoices.
Every verb locks, then reads, then decides, and leaves a history entry, an audit entry
and an event in the outbox.
"""
