"""Closing: what is due is frozen, read, priced and stored, exactly once.

Owns: close runs and their chunks, snapshots of what is stored, parking what cannot be
billed, preview and current usage (the same reading and pricing without the commit), moving
test clocks; interim invoices (`interim_request`), billing jobs (`job_billing`), what wallets
pay and what follows when they cannot. Does not own: prices and invoices' amounts
(`core.billing`), the rows of invoices (`core.invoices`), which periods exist
(`core.periods`), the balances of wallets (`core.wallets`).
Invariants: one transaction per chunk; a subscription that cannot be billed is left out
with its reason and stops nobody else; the number of statements does not depend on the
number of subscriptions.
"""
