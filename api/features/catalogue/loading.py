"""What reads many entries of the catalogue, and their versions, at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from api.context import ApiContext
from core.catalogue.compile import TermsVersion
from core.catalogue.entries import Entry, entries
from core.catalogue.plan_versions import load_commitments, load_rate_definitions
from core.catalogue.records import (
    BillingTerms,
    Gauge,
    PlanVersionHead,
    PricePlan,
    Product,
    RateTableHead,
    TermsVersionHead,
)
from core.catalogue.repository import (
    current_terms_versions,
    heads_by_codes,
    heads_by_ids,
    plan_version_heads,
    suite_members,
)
from core.catalogue.schema import CommitmentDefinition, RateDefinition
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.rows import column_list, to_record


@dataclass(frozen=True, slots=True)
class TableSlot:
    """A dated state of a rate table."""

    rate_table_id: UUID
    number: int
    starts_at: datetime
    rows: Mapping[str, Any]
    default_price: Decimal | None


@dataclass(frozen=True, slots=True)
class PlanPrices:
    """What a version of a price plan charges."""

    rates: tuple[RateDefinition, ...]
    commitment: CommitmentDefinition | None


async def load_products(context: ApiContext, keys: list[UUID]) -> Sequence[Product | None]:
    """Load products by key."""
    return await _loaded(context, keys, lambda tx: heads_by_ids(tx, Product, keys))


async def load_products_by_code(
    context: ApiContext, codes: list[str]
) -> Sequence[Product | None]:
    """Load products by code."""
    return await _loaded(context, codes, lambda tx: heads_by_codes(tx, Product, codes))


async def load_gauges(context: ApiContext, keys: list[UUID]) -> Sequence[Gauge | None]:
    """Load gauges by key."""
    return await _loaded(context, keys, lambda tx: heads_by_ids(tx, Gauge, keys))


async def load_rate_tables(
    context: ApiContext, keys: list[UUID]
) -> Sequence[RateTableHead | None]:
    """Load rate tables by key."""
    return await _loaded(context, keys, lambda tx: heads_by_ids(tx, RateTableHead, keys))


async def load_price_plans(context: ApiContext, keys: list[UUID]) -> Sequence[PricePlan | None]:
    """Load price plans by key."""
    return await _loaded(context, keys, lambda tx: heads_by_ids(tx, PricePlan, keys))


async def load_features(context: ApiContext, codes: list[str]) -> Sequence[Entry | None]:
    """Load features by code."""
    async with context.transaction() as tx:
        found = {entry.code: entry for entry in await entries(tx, "features")}
    return [found.get(code) for code in codes]


async def load_billing_terms(
    context: ApiContext, keys: list[UUID]
) -> Sequence[BillingTerms | None]:
    """Load billing terms by key."""
    return await _loaded(context, keys, lambda tx: heads_by_ids(tx, BillingTerms, keys))


async def load_suite_members(
    context: ApiContext, keys: list[UUID]
) -> Sequence[tuple[UUID, ...]]:
    """Load the keys of the modules of suites."""
    async with context.transaction() as tx:
        found = await suite_members(tx, keys)
    return [found.get(key, ()) for key in keys]


async def load_slots(context: ApiContext, keys: list[UUID]) -> Sequence[list[TableSlot]]:
    """Load the slots of rate tables, the earliest first."""
    async with context.transaction() as tx:
        rows = await tx.fetch(
            f"SELECT {column_list(TableSlot)} FROM rate_table_slot"  # noqa: S608 - ours
            " WHERE tenant_id = $1 AND rate_table_id = ANY($2::uuid[])"
            " ORDER BY rate_table_id, starts_at",
            tx.tenant_id,
            keys,
        )
    found: dict[UUID, list[TableSlot]] = {key: [] for key in keys}
    for row in rows:
        found[row["rate_table_id"]].append(to_record(TableSlot, row))
    return [found[key] for key in keys]


async def load_units(context: ApiContext, keys: list[UUID]) -> Sequence[list[str]]:
    """Load the codes of the org units that may choose plans."""
    async with context.transaction() as tx:
        rows = await tx.fetch(_UNITS, tx.tenant_id, keys)
    found: dict[UUID, list[str]] = {key: [] for key in keys}
    for row in rows:
        found[row["subject_id"]].append(row["code"])
    return [found[key] for key in keys]


_UNITS: Final = """
SELECT x.subject_id, u.code FROM visible_to x
JOIN org_unit u ON u.tenant_id = x.tenant_id AND u.id = x.org_unit_id
WHERE x.tenant_id = $1 AND x.subject_id = ANY ($2::uuid[]) ORDER BY u.code
"""


async def load_versions_of_plans(
    context: ApiContext, keys: list[UUID]
) -> Sequence[tuple[PlanVersionHead, ...]]:
    """Load all versions of price plans, the first one first."""
    async with context.transaction() as tx:
        found = await plan_version_heads(tx, keys)
    return [found.get(key, ()) for key in keys]


async def load_plan_version_heads(
    context: ApiContext, keys: list[UUID]
) -> Sequence[PlanVersionHead | None]:
    """Load versions of price plans by key."""
    return await _loaded(context, keys, lambda tx: plan_heads_by_ids(tx, keys))


async def plan_heads_by_ids(tx: Tx, keys: Collection[UUID]) -> Mapping[UUID, PlanVersionHead]:
    """Return the versions of price plans that exist, by key."""
    rows = await tx.fetch(
        f"SELECT {column_list(PlanVersionHead)} FROM price_plan_version"  # noqa: S608 - ours
        " WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tx.tenant_id,
        list(keys),
    )
    return {row["id"]: to_record(PlanVersionHead, row) for row in rows}


async def load_plan_prices(context: ApiContext, keys: list[UUID]) -> Sequence[PlanPrices]:
    """Load rates and commitments of versions of price plans, as they were defined."""
    async with context.transaction() as tx:
        rates = await load_rate_definitions(tx, keys)
        commitments = await load_commitments(tx, keys)
    return [PlanPrices(rates.get(key, ()), commitments.get(key)) for key in keys]


async def load_current_terms(
    context: ApiContext, keys: list[UUID]
) -> Sequence[TermsVersionHead | None]:
    """Load the current version of billing terms, by the key of the terms."""
    return await _loaded(context, keys, lambda tx: current_terms_versions(tx, keys))


async def load_terms(context: ApiContext, keys: list[UUID]) -> Sequence[TermsVersion | None]:
    """Load versions of billing terms by key."""
    return await _loaded(context, keys, lambda tx: load_terms_versions(tx, keys))


async def _loaded(context: ApiContext, keys: list[Any], read: Callable[[Tx], Any]) -> list[Any]:
    """Read in a transaction of its own and answer in the order of the keys."""
    async with context.transaction() as tx:
        found = await read(tx)
    return [found.get(key) for key in keys]
