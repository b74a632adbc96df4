"""Child processes in which third-party plugins measure, price and tax.

Owns: starting, bounding, killing and replacing children, and reading their answers.
Does not own: prices, events, or any built-in plugin (those run in the worker itself).
Invariants: a plugin's fault stays with its own event or subscription; no child outlives
its worker, nor ever has the database's address. It holds faults, not hostile authors.
"""

from core.pricing_pool.faults import ChildFault, FaultKind, PluginNotImportable
from core.pricing_pool.measuring import measure_events
from core.pricing_pool.pool import PricingPool
from core.pricing_pool.pricing import PricingFault, price_quantities
from core.pricing_pool.taxing import TaxFault, decide_taxes

__all__ = [
    "ChildFault",
    "FaultKind",
    "PluginNotImportable",
    "PricingFault",
    "PricingPool",
    "TaxFault",
    "decide_taxes",
    "measure_events",
    "price_quantities",
]
