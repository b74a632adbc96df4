"""The generic GraphQL face: HTTP, limits, errors, ids, pages. It knows nothing of billing."""
