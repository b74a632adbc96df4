"""Usage catalogues: which services may be ordered, when, by whom, and at what price.

Owns: which service of which catalogue an order means, or why it means none. Does not own:
definitions (`core.catalogue`), orders (`core.orders`), what an event costs then
(`core.usage`). Invariants: decided from what a fixed number of statements read, and the same
for a question, an order and a reported event.
"""
