"""Gauges: values that are set, not counted, such as hosted profiles or declared users.

Owns: readings (`gauge_reading`, insert-only) and how a period's readings become the one
quantity that is priced. Does not own: the declaration of a gauge (`core.catalogue`) or
its price. A value holds until another is set, also into the next period.
"""
