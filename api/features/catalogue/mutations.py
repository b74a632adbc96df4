"""Changing the catalogue: a whole file, or one entry by hand; the same checks for both."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue import payloads as given
from api.features.catalogue import storing
from api.features.catalogue.applying import apply_yaml
from api.features.catalogue.entry_mutations import EntryMutation
from api.features.catalogue.inputs import plain_of
from api.features.catalogue.plans import PricePlan
from api.features.catalogue.terms import BillingTerms
from api.features.catalogue.types import (
    PRODUCT_ID,
    RATE_TABLE_ID,
    Gauge,
    Product,
    RateTable,
)
from api.graphql.errors import answers_refusals
from core.catalogue import records
from core.catalogue.schema import (
    BillingTermsDefinition,
    GaugeDefinition,
    PricePlanDefinition,
    ProductDefinition,
    RateTableDefinition,
    SlotDefinition,
)
from core.tenancy import Capability

_WRITE = Capability.CATALOGUE_WRITE


@strawberry.type(description="Changes of the catalogue.")
class CatalogueMutation(EntryMutation):  # type: ignore[misc] # made from the schema
    """Changes of products, prices and terms."""

    @strawberry.mutation(
        description="Stores what differs from the stored catalogue, all or nothing."
    )
    @requires(_WRITE)
    @answers_refusals(given.CatalogueApplyPayload)
    async def catalogue_apply(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.CatalogueApplyInput, strawberry.argument(description="The catalogue.")
        ],
    ) -> given.CatalogueApplyPayload:
        """Apply a catalogue."""
        return await apply_yaml(info, input)

    @strawberry.mutation(description="Declares a gauge.")
    @requires(_WRITE)
    @answers_refusals(given.GaugeCreatePayload)
    async def gauge_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.GaugeCreateInput, strawberry.argument(description="A gauge.")
        ],
    ) -> given.GaugeCreatePayload:
        """Declares a gauge."""
        stored = await storing.create(
            info,
            input,
            operation="gaugeCreate",
            section="gauges",
            definition=GaugeDefinition,
            head=records.Gauge,
        )
        return given.GaugeCreatePayload(gauge=Gauge.of(stored))

    @strawberry.mutation(description="Adds a product.")
    @requires(_WRITE)
    @answers_refusals(given.ProductCreatePayload)
    async def product_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.ProductCreateInput, strawberry.argument(description="A product.")
        ],
    ) -> given.ProductCreatePayload:
        """Adds a product."""
        stored = await storing.create(
            info,
            input,
            operation="productCreate",
            section="products",
            definition=ProductDefinition,
            head=records.Product,
        )
        return given.ProductCreatePayload(product=Product.of(stored))

    @strawberry.mutation(description="Adds a rate table.")
    @requires(_WRITE)
    @answers_refusals(given.RateTableCreatePayload)
    async def rate_table_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.RateTableCreateInput, strawberry.argument(description="A table.")
        ],
    ) -> given.RateTableCreatePayload:
        """Adds a rate table."""
        stored = await storing.create(
            info,
            input,
            operation="rateTableCreate",
            section="rate_tables",
            definition=RateTableDefinition,
            head=records.RateTableHead,
        )
        return given.RateTableCreatePayload(rate_table=RateTable.of(stored))

    @strawberry.mutation(description="Adds a price plan with its first version.")
    @requires(_WRITE)
    @answers_refusals(given.PricePlanCreatePayload)
    async def price_plan_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.PricePlanCreateInput, strawberry.argument(description="A plan.")
        ],
    ) -> given.PricePlanCreatePayload:
        """Adds a price plan with its first version."""
        stored = await storing.create(
            info,
            input,
            operation="pricePlanCreate",
            section="price_plans",
            definition=PricePlanDefinition,
            head=records.PricePlan,
        )
        return given.PricePlanCreatePayload(price_plan=PricePlan.of(stored))

    @strawberry.mutation(
        description="Publishes what a plan is to be: a new version where prices differ."
    )
    @requires(_WRITE)
    @answers_refusals(given.PricePlanPublishPayload)
    async def price_plan_publish(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.PricePlanPublishInput, strawberry.argument(description="The plan.")
        ],
    ) -> given.PricePlanPublishPayload:
        """Publishes what a plan is to be."""
        stored = await storing.publish(
            info,
            input,
            operation="pricePlanPublish",
            section="price_plans",
            definition=PricePlanDefinition,
            head=records.PricePlan,
        )
        return given.PricePlanPublishPayload(price_plan=PricePlan.of(stored))

    @strawberry.mutation(description="Adds billing terms with their first version.")
    @requires(_WRITE)
    @answers_refusals(given.BillingTermsCreatePayload)
    async def billing_terms_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.BillingTermsCreateInput, strawberry.argument(description="Terms.")
        ],
    ) -> given.BillingTermsCreatePayload:
        """Adds billing terms with their first version."""
        stored = await storing.create(
            info,
            input,
            operation="billingTermsCreate",
            section="billing_terms",
            definition=BillingTermsDefinition,
            head=records.BillingTerms,
        )
        return given.BillingTermsCreatePayload(billing_terms=BillingTerms.of(stored))

    @strawberry.mutation(description="Publishes what billing terms are to be.")
    @requires(_WRITE)
    @answers_refusals(given.BillingTermsPublishPayload)
    async def billing_terms_publish(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.BillingTermsPublishInput, strawberry.argument(description="The terms.")
        ],
    ) -> given.BillingTermsPublishPayload:
        """Publishes what billing terms are to be."""
        stored = await storing.publish(
            info,
            input,
            operation="billingTermsPublish",
            section="billing_terms",
            definition=BillingTermsDefinition,
            head=records.BillingTerms,
        )
        return given.BillingTermsPublishPayload(billing_terms=BillingTerms.of(stored))

    @strawberry.mutation(description="Changes what may change of a product.")
    @requires(_WRITE)
    @answers_refusals(given.ProductUpdatePayload)
    async def product_update(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.ProductUpdateInput, strawberry.argument(description="The changes.")
        ],
    ) -> given.ProductUpdatePayload:
        """Changes what may change of a product."""
        stored = await storing.change(
            info,
            input,
            operation="productUpdate",
            section="products",
            named=(PRODUCT_ID, input.product, "product"),
            head=records.Product,
            changes=plain_of(ProductDefinition, input),
        )
        return given.ProductUpdatePayload(product=Product.of(stored))

    @strawberry.mutation(description="Stops offering a product; who has it keeps it.")
    @requires(_WRITE)
    @answers_refusals(given.ProductRetirePayload)
    async def product_retire(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.ProductRetireInput, strawberry.argument(description="The product.")
        ],
    ) -> given.ProductRetirePayload:
        """Stops offering a product; who has it keeps it."""
        stored = await storing.change(
            info,
            input,
            operation="productRetire",
            section="products",
            named=(PRODUCT_ID, input.product, "product"),
            head=records.Product,
            changes={"state": "retired"},
        )
        return given.ProductRetirePayload(product=Product.of(stored))

    @strawberry.mutation(description="Announces prices of an `on_event_date` table.")
    @requires(_WRITE)
    @answers_refusals(given.RateTableSlotAddPayload)
    async def rate_table_slot_add(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            given.RateTableSlotAddInput, strawberry.argument(description="The prices.")
        ],
    ) -> given.RateTableSlotAddPayload:
        """Announces prices of an `on_event_date` table."""
        stored = await storing.change(
            info,
            input,
            operation="rateTableSlotAdd",
            section="rate_tables",
            named=(RATE_TABLE_ID, input.rate_table, "rateTable"),
            head=records.RateTableHead,
            changes={"slots": [plain_of(SlotDefinition, input)]},
        )
        return given.RateTableSlotAddPayload(rate_table=RateTable.of(stored))
