"""Fulfilment: work that a seller owes once for what was bought, as a first training.

Owns: `fulfilment_task`. A task is opened with the item of a product that `fulfils` something,
for the module that the item belongs to; then times are offered, one is booked, a link is sent
and the work is done. Does not own: what is charged for it, and calendars.
"""
