"""Usage catalogues: which services may be ordered, when, by whom, and at what price."""
