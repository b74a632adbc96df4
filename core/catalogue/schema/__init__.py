"""The one catalogue schema: what may be said about products, prices and billing terms.

Pure declarations keyed by stable codes. Does not own: parsing, checking, storage.
"""

from core.catalogue.schema.buy_in_advance import BuyInAdvanceDefinition, DurationDefinition
from core.catalogue.schema.catalogue import (
    DEFINITIONS,
    ENTRY_SECTIONS,
    SECTIONS,
    Catalogue,
    Definition,
    EntryDefinition,
    EntrySection,
    Section,
)
from core.catalogue.schema.discounts import DiscountDefinition, RangeDefinition
from core.catalogue.schema.features import FeatureDefinition
from core.catalogue.schema.fields import RECURRING_KINDS, ProductKind
from core.catalogue.schema.grants import (
    GrantDefinition,
    TrialDefinition,
    TrialGrantDefinition,
)
from core.catalogue.schema.job_types import JobTypeDefinition
from core.catalogue.schema.payments import PaymentDefinition
from core.catalogue.schema.plans import (
    CommitmentDefinition,
    CoversDefinition,
    PricePlanDefinition,
)
from core.catalogue.schema.products import (
    GaugeDefinition,
    GaugeQuantityDefinition,
    MetersDefinition,
    ProductDefinition,
)
from core.catalogue.schema.rates import (
    PackageDefinition,
    RateDefinition,
    RateVariantDefinition,
    SurchargeDefinition,
    TierDefinition,
)
from core.catalogue.schema.segments import SegmentDefinition
from core.catalogue.schema.tables import (
    InlineTableDefinition,
    RateTableDefinition,
    SlotDefinition,
)
from core.catalogue.schema.terms import (
    BillingTermsDefinition,
    BindingDefinition,
    RestingDefinition,
)
from core.catalogue.schema.udr_types import AttributeDefinition, UdrTypeDefinition
from core.catalogue.schema.usage_catalogues import (
    ConditionalRateDefinition,
    DefaultRateDefinition,
    UsageCatalogueDefinition,
    UsageDefinition,
    UsageServiceDefinition,
    ValidityDefinition,
)
from core.catalogue.schema.usage_rules import UsageRuleDefinition
from core.catalogue.schema.usage_windows import UsageWindowDefinition

__all__ = [
    "DEFINITIONS",
    "ENTRY_SECTIONS",
    "RECURRING_KINDS",
    "SECTIONS",
    "AttributeDefinition",
    "BillingTermsDefinition",
    "BindingDefinition",
    "BuyInAdvanceDefinition",
    "Catalogue",
    "CommitmentDefinition",
    "ConditionalRateDefinition",
    "CoversDefinition",
    "DefaultRateDefinition",
    "Definition",
    "DiscountDefinition",
    "DurationDefinition",
    "EntryDefinition",
    "EntrySection",
    "FeatureDefinition",
    "GaugeDefinition",
    "GaugeQuantityDefinition",
    "GrantDefinition",
    "InlineTableDefinition",
    "JobTypeDefinition",
    "MetersDefinition",
    "PackageDefinition",
    "PaymentDefinition",
    "PricePlanDefinition",
    "ProductDefinition",
    "ProductKind",
    "RangeDefinition",
    "RateDefinition",
    "RateTableDefinition",
    "RateVariantDefinition",
    "RestingDefinition",
    "Section",
    "SegmentDefinition",
    "SlotDefinition",
    "SurchargeDefinition",
    "TierDefinition",
    "TrialDefinition",
    "TrialGrantDefinition",
    "UdrTypeDefinition",
    "UsageCatalogueDefinition",
    "UsageDefinition",
    "UsageRuleDefinition",
    "UsageServiceDefinition",
    "UsageWindowDefinition",
    "ValidityDefinition",
]
