"""The domain of Forfait: what is sold, used, priced and invoiced.

It knows nothing of GraphQL, HTTP or queues; those packages sit above it.
"""
