"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.catalogue import loading
from api.features.catalogue.entry_types import IDS, entry_node
from api.features.catalogue.mutations import CatalogueMutation
from api.features.catalogue.plans import (
    PLAN_VERSION_ID,
    PRICE_PLAN_ID,
    PricePlan,
    PricePlanVersion,
)
from api.features.catalogue.queries import CatalogueQuery
from api.features.catalogue.terms import (
    BILLING_TERMS_ID,
    TERMS_VERSION_ID,
    BillingTerms,
    BillingTermsVersion,
)
from api.features.catalogue.types import (
    GAUGE_ID,
    PRODUCT_ID,
    RATE_TABLE_ID,
    Gauge,
    Product,
    RateTable,
)
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.catalogue.entries import entries_by_ids
from core.catalogue.schema import EntrySection
from core.tenancy import Capability

Fetch = Callable[[ApiContext, Sequence[UUID]], Awaitable[Mapping[UUID, Node]]]


def contribution(_parts: SchemaParts) -> Feature:
    """Bring products, prices and terms."""
    sources = (
        (GAUGE_ID, _fetch(loading.load_gauges, Gauge.of)),
        (PRODUCT_ID, _fetch(loading.load_products, Product.of)),
        (RATE_TABLE_ID, _fetch(loading.load_rate_tables, RateTable.of)),
        (PRICE_PLAN_ID, _fetch(loading.load_price_plans, PricePlan.of)),
        (PLAN_VERSION_ID, _fetch(loading.load_plan_version_heads, PricePlanVersion.of)),
        (BILLING_TERMS_ID, _fetch(loading.load_billing_terms, BillingTerms.of)),
        (TERMS_VERSION_ID, _fetch(loading.load_terms, BillingTermsVersion.of)),
    )
    return Feature(
        contribution=Contribution(
            name="catalogue", query=CatalogueQuery, mutation=CatalogueMutation
        ),
        nodes=[
            *(guarded_source(kind, Capability.CATALOGUE_READ, read) for kind, read in sources),
            *(
                guarded_source(kind, Capability.CATALOGUE_READ, _fetch_entries(section))
                for section, kind in IDS.items()
            ),
        ],
    )


def _fetch_entries(section: EntrySection) -> Fetch:
    async def fetch(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
        async with context.transaction() as tx:
            found = await entries_by_ids(tx, keys)
        return {
            key: entry_node(entry) for key, entry in found.items() if entry.section == section
        }

    return fetch


def _fetch(load: Any, show: Callable[[Any], Node]) -> Fetch:
    async def fetch(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
        found = await load(context, list(keys))
        return {each.id: show(each) for each in found if each is not None}

    return fetch
