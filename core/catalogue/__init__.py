"""What a tenant sells: products, price plans, billing terms, discounts, usage catalogues.

Owns: the catalogue's schema and YAML format, checking, versions, reading and writing them.
Does not own: how a rate is priced (`core.rating`), who subscribes to what. Import from the
modules themselves; those that compute import no storage.
"""
