"""What a tenant sells: products, gauges, rate tables, price plans and billing terms.

Owns: the catalogue's schema and YAML format, checking, versions, reading and writing them.
Does not own: how a rate is priced (`core.rating`), who subscribes to what. Import from the
modules themselves; those that compute import no storage.
"""
