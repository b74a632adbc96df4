"""The one catalogue schema: what may be said about products, prices and billing terms.

Pure declarations keyed by stable codes. Does not own: parsing, checking, storage.
"""

from core.catalogue.schema.catalogue import (
    SECTIONS,
    Catalogue,
    Definition,
    Section,
)
from core.catalogue.schema.fields import RECURRING_KINDS, ProductKind
from core.catalogue.schema.plans import (
    CommitmentDefinition,
    CoversDefinition,
    PackageDefinition,
    PricePlanDefinition,
    RateDefinition,
    TierDefinition,
)
from core.catalogue.schema.products import (
    GaugeDefinition,
    GaugeQuantityDefinition,
    MetersDefinition,
    ProductDefinition,
)
from core.catalogue.schema.tables import (
    InlineTableDefinition,
    RateTableDefinition,
    SlotDefinition,
)
from core.catalogue.schema.terms import BillingTermsDefinition

__all__ = [
    "RECURRING_KINDS",
    "SECTIONS",
    "BillingTermsDefinition",
    "Catalogue",
    "CommitmentDefinition",
    "CoversDefinition",
    "Definition",
    "GaugeDefinition",
    "GaugeQuantityDefinition",
    "InlineTableDefinition",
    "MetersDefinition",
    "PackageDefinition",
    "PricePlanDefinition",
    "ProductDefinition",
    "ProductKind",
    "RateDefinition",
    "RateTableDefinition",
    "Section",
    "SlotDefinition",
    "TierDefinition",
]
