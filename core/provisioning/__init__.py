"""Provisioning: what providers are asked to switch on and off, and how that went.

Owns: `provisioning_request`, carrying it to the provider's plugin, and the built-in
provisioner with its `provisioning_log`. Does not own: why something is switched
(`core.orders`), when a message leaves (`core.outbox`). Invariants: a request is made in the
transaction of what it follows from; providers are asked outside of any transaction, at least
once, each time with the same idempotency key; an answer other than `pending` is final.
"""
