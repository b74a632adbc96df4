"""The only door for plugins: everything a plugin may import is named here.

A plugin's tests may also import `core.plugin_api.conformance`, which needs pytest.
"""

from core.kernel.decimals import DecimalRefused, exact, parse_decimal
from core.kernel.errors import Problem, Refusal
from core.kernel.money import Money, round_to
from core.plugin_api.channel import (
    Channel,
    ChargingChannel,
    EventRejected,
    Occurrence,
    PerEventChannel,
    Pricing,
    Reach,
    RuleSet,
    Sample,
    WindowedChannel,
)
from core.plugin_api.markers import API_VERSION, ENTRY_POINT_GROUP, hookimpl
from core.plugin_api.outside import (
    DomainEvent,
    Observer,
    PaymentGateway,
    PaymentOutcome,
    PaymentRequest,
    Provisioner,
    ProvisioningOutcome,
    ProvisioningRequest,
)
from core.plugin_api.price_model import PriceModel
from core.plugin_api.tax_engine import TaxAnswer, TaxEngine, TaxQuestion
from core.plugin_api.values import (
    ZERO,
    Aggregation,
    Applies,
    Charge,
    Counts,
    Directive,
    Driver,
    Measure,
    Rate,
    RateFacts,
    RateTable,
    Rounding,
    Step,
    TableSlot,
    Tier,
    Unit,
    Usage,
)

__all__ = [
    "API_VERSION",
    "ENTRY_POINT_GROUP",
    "ZERO",
    "Aggregation",
    "Applies",
    "Channel",
    "Charge",
    "ChargingChannel",
    "Counts",
    "DecimalRefused",
    "Directive",
    "DomainEvent",
    "Driver",
    "EventRejected",
    "Measure",
    "Money",
    "Observer",
    "Occurrence",
    "PaymentGateway",
    "PaymentOutcome",
    "PaymentRequest",
    "PerEventChannel",
    "PriceModel",
    "Pricing",
    "Problem",
    "Provisioner",
    "ProvisioningOutcome",
    "ProvisioningRequest",
    "Rate",
    "RateFacts",
    "RateTable",
    "Reach",
    "Refusal",
    "Rounding",
    "RuleSet",
    "Sample",
    "Step",
    "TableSlot",
    "TaxAnswer",
    "TaxEngine",
    "TaxQuestion",
    "Tier",
    "Unit",
    "Usage",
    "WindowedChannel",
    "exact",
    "hookimpl",
    "parse_decimal",
    "round_to",
]
