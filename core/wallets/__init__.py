"""Wallets: money paid ahead, from which prepaid subscriptions are charged.

Owns: `wallet`, `wallet_entry` (insert-only) and `wallet_charge`, which is what was paid for a
usage period that is not billed yet. Does not own: what is to be paid and what follows when it
is not (`core.billing_cycles`). Invariants: a balance is the sum of its entries and never below
zero; it moves under the wallet's lock only, which is taken after the subscription's counter.
"""
