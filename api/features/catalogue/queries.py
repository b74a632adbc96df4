"""Reading the catalogue: one entry by id or code, lists by code, and all of it as YAML."""

from __future__ import annotations

from typing import Annotated, Final

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.catalogue.entry_queries import EntryQuery
from api.features.catalogue.enums import OfferState, ProductKind
from api.features.catalogue.plans import PricePlan
from api.features.catalogue.terms import BillingTerms
from api.features.catalogue.types import Gauge, Product, RateTable
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key, page_of
from api.references import choice, given
from core.catalogue import records
from core.catalogue.export import export_catalogue
from core.catalogue.tables import (
    BillingTermsRow,
    GaugeRow,
    PricePlanRow,
    ProductRow,
    RateTableRow,
)
from core.tenancy import Capability

GAUGES: Final = Listing(table=GaugeRow, record=records.Gauge, show=Gauge.of)
PRODUCTS: Final = Listing(table=ProductRow, record=records.Product, show=Product.of)
RATE_TABLES: Final = Listing(
    table=RateTableRow, record=records.RateTableHead, show=RateTable.of
)
PRICE_PLANS: Final = Listing(table=PricePlanRow, record=records.PricePlan, show=PricePlan.of)
BILLING_TERMS: Final = Listing(
    table=BillingTermsRow, record=records.BillingTerms, show=BillingTerms.of
)

_GAUGES_BY_CODE: Final = Sort("gauge.code", key(col(GaugeRow.code), str))
_PRODUCTS_BY_CODE: Final = Sort("product.code", key(col(ProductRow.code), str))
_TABLES_BY_CODE: Final = Sort("rateTable.code", key(col(RateTableRow.code), str))
_PLANS_BY_CODE: Final = Sort("pricePlan.code", key(col(PricePlanRow.code), str))
_TERMS_BY_CODE: Final = Sort("billingTerms.code", key(col(BillingTermsRow.code), str))

State = Annotated[
    OfferState | None, strawberry.argument(description="Only those in this state.")
]


@strawberry.type(description="Reads of the catalogue.")
class CatalogueQuery(EntryQuery):  # type: ignore[misc] # made from the schema
    """Reads of products, prices and terms."""

    @strawberry.field(description="The seller's gauges, by code.")
    @requires(Capability.CATALOGUE_READ)
    @paged
    async def gauges(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[Gauge] | None:
        """Return a page of gauges."""
        page = asked.in_order(_GAUGES_BY_CODE)
        return await page_of(info, GAUGES, sort=_GAUGES_BY_CODE, page=page)

    @strawberry.field(description="The seller's products, by code.")
    @requires(Capability.CATALOGUE_READ)
    @paged
    async def products(
        self,
        info: Info,
        *,
        kind: Annotated[
            ProductKind | None, strawberry.argument(description="Only those of this kind.")
        ] = strawberry.UNSET,
        state: State = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[Product] | None:
        """Return a page of products."""
        where = _in_state(ProductRow, state)
        wanted = given(kind)
        if wanted is not None:
            where.append(col(ProductRow.kind) == choice(wanted))
        page = asked.in_order(_PRODUCTS_BY_CODE)
        return await page_of(info, PRODUCTS, sort=_PRODUCTS_BY_CODE, page=page, where=where)

    @strawberry.field(description="The seller's rate tables, by code.")
    @requires(Capability.CATALOGUE_READ)
    @paged
    async def rate_tables(
        self,
        info: Info,
        *,
        asked: PageArguments,
    ) -> Connection[RateTable] | None:
        """Return a page of rate tables."""
        page = asked.in_order(_TABLES_BY_CODE)
        return await page_of(info, RATE_TABLES, sort=_TABLES_BY_CODE, page=page)

    @strawberry.field(description="The seller's price plans, by code.")
    @requires(Capability.CATALOGUE_READ)
    @paged
    async def price_plans(
        self,
        info: Info,
        *,
        state: State = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[PricePlan] | None:
        """Return a page of price plans."""
        page = asked.in_order(_PLANS_BY_CODE)
        where = _in_state(PricePlanRow, state)
        return await page_of(info, PRICE_PLANS, sort=_PLANS_BY_CODE, page=page, where=where)

    @strawberry.field(description="The seller's billing terms, by code.")
    @requires(Capability.CATALOGUE_READ)
    @paged
    async def billing_terms(
        self,
        info: Info,
        *,
        state: State = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[BillingTerms] | None:
        """Return a page of billing terms."""
        page = asked.in_order(_TERMS_BY_CODE)
        where = _in_state(BillingTermsRow, state)
        return await page_of(info, BILLING_TERMS, sort=_TERMS_BY_CODE, page=page, where=where)

    @strawberry.field(
        description="The whole catalogue as YAML; applying it again changes nothing."
    )
    @requires(Capability.CATALOGUE_READ)
    async def catalogue_export(self, info: Info) -> str | None:
        """Export the catalogue."""
        async with info.context.transaction() as tx:
            return await export_catalogue(tx)


def _in_state(
    table: type[ProductRow | PricePlanRow | BillingTermsRow], state: OfferState | None
) -> list[ColumnElement[bool]]:
    wanted = given(state)
    return [] if wanted is None else [col(table.state) == choice(wanted)]
