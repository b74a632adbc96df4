"""Orders of usage services: given now or for later, each becomes an event at its time.

Owns: `usage_order`, and what becomes of an order: posted, cancelled or refused. Does not own:
what may be ordered (`core.usage_catalogues`), the event and its price (`core.usage`), what
providers are asked (`core.provisioning`). Invariants: an order becomes one event at most, of
the source `order` under the order's own id; order, event and request to the provider are
visible together or not at all.
"""
