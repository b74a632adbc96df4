"""Inputs and payloads of the mutations of the catalogue."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import strawberry

from api.features.catalogue.inputs import definition_input
from api.features.catalogue.plans import PricePlan
from api.features.catalogue.problems import (
    DETAILS,
    CatalogueInvalid,
    ImmutableField,
    SlotInThePast,
)
from api.features.catalogue.terms import BillingTerms
from api.features.catalogue.types import Gauge, Product, RateTable
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS, CodeTaken, NotFound
from core.catalogue.schema import (
    BillingTermsDefinition,
    GaugeDefinition,
    PricePlanDefinition,
    ProductDefinition,
    RateTableDefinition,
    SlotDefinition,
)

_BASES: Final = (IdempotentInput, DryRunInput)

if TYPE_CHECKING:  # made below, out of the catalogue's schema
    GaugeCreateInput = Any
    ProductCreateInput = Any
    ProductUpdateInput = Any
    RateTableCreateInput = Any
    RateTableSlotAddInput = Any
    PricePlanCreateInput = Any
    PricePlanPublishInput = Any
    BillingTermsCreateInput = Any
    BillingTermsPublishInput = Any
else:
    GaugeCreateInput = definition_input(
        GaugeDefinition, "GaugeCreateInput", description="A gauge to be.", bases=_BASES
    )
    ProductCreateInput = definition_input(
        ProductDefinition, "ProductCreateInput", description="A product to be.", bases=_BASES
    )
    ProductUpdateInput = definition_input(
        ProductDefinition,
        "ProductUpdateInput",
        description="What changes of a product; what is left out stays.",
        bases=_BASES,
        without=("code",),
        all_optional=True,
        more={
            "product": (
                strawberry.ID,
                strawberry.field(description="The product, by id or code."),
            )
        },
    )
    RateTableCreateInput = definition_input(
        RateTableDefinition,
        "RateTableCreateInput",
        description="A rate table to be.",
        bases=_BASES,
    )
    RateTableSlotAddInput = definition_input(
        SlotDefinition,
        "RateTableSlotAddInput",
        description="Prices that an `on_event_date` table will have from a date to come.",
        bases=_BASES,
        more={
            "rate_table": (
                strawberry.ID,
                strawberry.field(description="The rate table, by id or code."),
            )
        },
    )
    PricePlanCreateInput = definition_input(
        PricePlanDefinition,
        "PricePlanCreateInput",
        description="A price plan to be, with its first version.",
        bases=_BASES,
    )
    PricePlanPublishInput = definition_input(
        PricePlanDefinition,
        "PricePlanPublishInput",
        description="What a price plan is to be, as a whole. Subscribers keep their version.",
        bases=_BASES,
    )
    BillingTermsCreateInput = definition_input(
        BillingTermsDefinition,
        "BillingTermsCreateInput",
        description="Billing terms to be, with their first version.",
        bases=_BASES,
    )
    BillingTermsPublishInput = definition_input(
        BillingTermsDefinition,
        "BillingTermsPublishInput",
        description="What billing terms are to be, as a whole. Subscriptions keep theirs.",
        bases=_BASES,
    )


@strawberry.input(description="A product that is no longer offered.")
class ProductRetireInput(IdempotentInput):
    """A product."""

    product: strawberry.ID = strawberry.field(description="The product, by id or code.")


@strawberry.input(description="A catalogue, or a part of one, as YAML.")
class CatalogueApplyInput(DryRunInput):
    """A text. Applying it twice changes nothing, so that it needs no idempotency key."""

    yaml: str = strawberry.field(
        description="Any sections of the catalogue's format; what it leaves out is left alone."
    )


@strawberry.enum(description="What became of an entry of a catalogue.")
class CatalogueOutcome(Enum):
    """The core's outcomes."""

    CREATED = strawberry.enum_value("created", description="It was new.")
    VERSIONED = strawberry.enum_value(
        "versioned", description="It got a new version, or a rate table a new slot."
    )
    EXTENDED = strawberry.enum_value(
        "extended", description="The current version of a plan got rates that it lacked."
    )
    UPDATED = strawberry.enum_value("updated", description="Its name or state changed.")
    UNCHANGED = strawberry.enum_value("unchanged", description="It was stored already.")


@strawberry.type(description="An entry of a catalogue, and what became of it.")
class CatalogueEntry:
    """One entry."""

    section: str = strawberry.field(description="The section, as it is called in YAML.")
    code: str = strawberry.field(description="The entry's code.")
    outcome: CatalogueOutcome = strawberry.field(description="What became of it.")


@strawberry.type(description="What became of a catalogue, or everything that is wrong in it.")
class CatalogueApplyPayload:
    """What catalogueApply did, or would do."""

    entries: list[CatalogueEntry] = strawberry.field(
        description="What became of each entry, in the order of the sections.",
        default_factory=list,
    )
    diff: str | None = strawberry.field(
        description="What changed, line by line: - before, + after.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "CatalogueApply", CatalogueInvalid, ImmutableField, SlotInThePast, details=DETAILS
    )


@strawberry.type(description="The new gauge, or why there is none.")
class GaugeCreatePayload:
    """What gaugeCreate did."""

    gauge: Gauge | None = strawberry.field(description="The gauge.", default=None)
    user_errors: list[UserError] = user_errors(
        "GaugeCreate", CodeTaken, CatalogueInvalid, *KEY_REFUSALS, details=DETAILS
    )


@strawberry.type(description="The new product, or why there is none.")
class ProductCreatePayload:
    """What productCreate did."""

    product: Product | None = strawberry.field(description="The product.", default=None)
    user_errors: list[UserError] = user_errors(
        "ProductCreate", CodeTaken, CatalogueInvalid, *KEY_REFUSALS, details=DETAILS
    )


@strawberry.type(description="The changed product, or why nothing changed.")
class ProductUpdatePayload:
    """What productUpdate did."""

    product: Product | None = strawberry.field(description="The product.", default=None)
    user_errors: list[UserError] = user_errors(
        "ProductUpdate",
        CatalogueInvalid,
        ImmutableField,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
        details=DETAILS,
    )


@strawberry.type(description="The retired product, or why nothing changed.")
class ProductRetirePayload:
    """What productRetire did."""

    product: Product | None = strawberry.field(description="The product.", default=None)
    user_errors: list[UserError] = user_errors(
        "ProductRetire",
        CatalogueInvalid,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
        details=DETAILS,
    )


@strawberry.type(description="The new rate table, or why there is none.")
class RateTableCreatePayload:
    """What rateTableCreate did."""

    rate_table: RateTable | None = strawberry.field(description="The table.", default=None)
    user_errors: list[UserError] = user_errors(
        "RateTableCreate", CodeTaken, CatalogueInvalid, *KEY_REFUSALS, details=DETAILS
    )


@strawberry.type(description="The rate table with its slots, or why nothing changed.")
class RateTableSlotAddPayload:
    """What rateTableSlotAdd did."""

    rate_table: RateTable | None = strawberry.field(description="The table.", default=None)
    user_errors: list[UserError] = user_errors(
        "RateTableSlotAdd",
        CatalogueInvalid,
        SlotInThePast,
        ImmutableField,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
        details=DETAILS,
    )


@strawberry.type(description="The new price plan, or why there is none.")
class PricePlanCreatePayload:
    """What pricePlanCreate did."""

    price_plan: PricePlan | None = strawberry.field(description="The plan.", default=None)
    user_errors: list[UserError] = user_errors(
        "PricePlanCreate", CodeTaken, CatalogueInvalid, *KEY_REFUSALS, details=DETAILS
    )


@strawberry.type(description="The price plan with its versions, or why nothing changed.")
class PricePlanPublishPayload:
    """What pricePlanPublish did."""

    price_plan: PricePlan | None = strawberry.field(description="The plan.", default=None)
    user_errors: list[UserError] = user_errors(
        "PricePlanPublish",
        CatalogueInvalid,
        ImmutableField,
        NotFound,
        *KEY_REFUSALS,
        details=DETAILS,
    )


@strawberry.type(description="The new billing terms, or why there are none.")
class BillingTermsCreatePayload:
    """What billingTermsCreate did."""

    billing_terms: BillingTerms | None = strawberry.field(
        description="The terms.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "BillingTermsCreate", CodeTaken, CatalogueInvalid, *KEY_REFUSALS, details=DETAILS
    )


@strawberry.type(description="The billing terms, or why nothing changed.")
class BillingTermsPublishPayload:
    """What billingTermsPublish did."""

    billing_terms: BillingTerms | None = strawberry.field(
        description="The terms.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "BillingTermsPublish",
        CatalogueInvalid,
        ImmutableField,
        NotFound,
        *KEY_REFUSALS,
        details=DETAILS,
    )
