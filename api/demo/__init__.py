"""The demonstration: CRM360, three customers, a month of usage, their invoices.

Owns: what is played in, and showing it. Does not own: any price; those are in
`crm360.yaml`, and everything is done through the public API.
"""
