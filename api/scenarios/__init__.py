"""Scenarios: prices and terms as files that can be tested.

Owns: reading scenario files, playing them through the public schema on test clocks,
comparing invoices, showing differences. Does not own: any price; it knows nothing that a
client of the API does not.
"""
