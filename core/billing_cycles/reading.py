"""Reading what a set of periods needs: a fixed number of statements, however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from core.billing.inputs import plan_ids_of
from core.billing.snapshot import Product
from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.conditional import decide_plans
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import (
    ChargedSlice,
    ClosingRows,
    ItemFacts,
    LastStep,
    LateLink,
    PhaseFacts,
    ProductFacts,
    SubscriptionFacts,
)
from core.billing_cycles.usage_totals import usage_totals
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod

FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a rest that has none yet."""


async def frozen_periods(
    tx: Tx, run_id: UUID, *, first_account_id: UUID, last_account_id: UUID
) -> list[StoredPeriod]:
    """Return the periods of a chunk that still wait to be billed."""
    rows = await tx.fetch(
        sql.FROZEN_PERIODS, tx.tenant_id, run_id, first_account_id, last_account_id
    )
    return [StoredPeriod._make(row) for row in rows]


async def parked_periods(tx: Tx, subscription_id: UUID) -> list[StoredPeriod]:
    """Return the parked periods of a subscription."""
    rows = await tx.fetch(sql.PARKED_PERIODS, tx.tenant_id, subscription_id)
    return [StoredPeriod._make(row) for row in rows]


async def open_periods(tx: Tx, subscription_id: UUID) -> list[StoredPeriod]:
    """Return the open periods of a subscription."""
    return await open_periods_of(tx, [subscription_id])


async def open_periods_of(tx: Tx, subscription_ids: Collection[UUID]) -> list[StoredPeriod]:
    """Return the open periods of some subscriptions."""
    rows = await tx.fetch(sql.OPEN_PERIODS, tx.tenant_id, list(subscription_ids))
    return [StoredPeriod._make(row) for row in rows]


async def read_rows(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    pricing: Pricing,
    carried: Sequence[LateLink] = (),
    billing: Collection[UUID] | None = None,
) -> ClosingRows:
    """Read subscriptions, phases, items, what is charged, usage and the catalogue.

    `carried` is what settled periods carry to those at hand. `billing` are the periods at
    hand whose late usage counts already; all of them, unless it is given.
    """
    tenant_id = tx.tenant_id
    ids = list({period.subscription_id for period in periods})
    since = min(period.starts_at for period in periods)
    until = max(period.due_at for period in periods)
    fees_periods = await tx.fetch(sql.FEES_PERIODS, tenant_id, ids, since, until)
    # What is charged and sold is needed for the whole of every period looked at.
    since = min([since, *(row["starts_at"] for row in fees_periods)])
    subscriptions = await tx.fetch(sql.SUBSCRIPTIONS, tenant_id, ids)
    phases = await tx.fetch(sql.PHASES, tenant_id, ids, since)
    late = _with_carried(await _late_links(tx, periods), carried)
    steps = await _steps(tx, periods, late)
    products = await read_products(tx)
    rows = ClosingRows(
        periods=list(periods),
        subscriptions={row["id"]: SubscriptionFacts._make(row) for row in subscriptions},
        phases=_grouped(map(PhaseFacts._make, phases), key=0),
        items=_grouped(
            map(ItemFacts._make, await tx.fetch(sql.ITEMS, tenant_id, ids, since)), key=2
        ),
        fees_periods=_grouped(map(StoredPeriod._make, fees_periods), key=2),
        charged=_charged(await tx.fetch(sql.FEE_SLICES, tenant_id, ids, since)),
        late=late,
        steps=steps,
        plans=await _plans(tx, phases, steps, pricing=pricing),
        terms=await load_terms_versions(
            tx, {row["billing_terms_version_id"] for row in phases}
        ),
        products=products,
        engine_products={facts.product.id: facts.product for facts in products.values()},
        carried=frozenset(link.usage_period_id for link in carried),
    )
    at_hand = [period.id for period in periods] if billing is None else list(billing)
    rows.usage = await usage_totals(tx, rows, pricing=pricing, at_hand=at_hand)
    rows.rests = await _rests(tx, ids)
    rows.item_starts = await _item_starts(tx, rows)
    await decide_plans(tx, rows)
    return rows


async def _rests(tx: Tx, subscription_ids: Sequence[UUID]) -> dict[UUID, list[Period]]:
    """Return when each subscription rests without being billed; an open rest goes on."""
    found: dict[UUID, list[Period]] = defaultdict(list)
    for subscription_id, from_at, until_at in await tx.fetch(
        sql.RESTS, tx.tenant_id, subscription_ids
    ):
        found[subscription_id].append(Period(from_at, until_at or FOREVER))
    return found


def _grouped(values: Iterable[Any], *, key: int) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for value in values:
        found[value[key]].append(value)
    return found


def _charged(rows: Iterable[Any]) -> dict[UUID, list[ChargedSlice]]:
    found: dict[UUID, list[ChargedSlice]] = defaultdict(list)
    for subscription_id, item_id, kind, from_at, until_at, amount, product_id, *rest in rows:
        found[subscription_id].append(
            ChargedSlice(item_id, kind, product_id, Period(from_at, until_at), amount, *rest)
        )
    return found


async def _late_links(tx: Tx, periods: Sequence[StoredPeriod]) -> list[LateLink]:
    """Return periods of the past whose late usage the periods at hand bill."""
    billing = [period.id for period in periods if period.stream != "fees"]
    if not billing:
        return []
    at_hand = {period.id for period in periods}
    found = [
        LateLink._make(row) for row in await tx.fetch(sql.LATE_PERIODS, tx.tenant_id, billing)
    ]
    return [link for link in found if link.usage_period_id not in at_hand]


def _with_carried(late: list[LateLink], carried: Sequence[LateLink]) -> list[LateLink]:
    known = {link.usage_period_id for link in late}
    return [*late, *(link for link in carried if link.usage_period_id not in known)]


async def _steps(
    tx: Tx, periods: Sequence[StoredPeriod], late: Sequence[LateLink]
) -> dict[UUID, LastStep]:
    """Return the ends of chains that go on: of late usage, and behind interim invoices."""
    ids = [period.id for period in periods if period.stream == "usage"]
    ids += [link.usage_period_id for link in late]
    if not ids:
        return {}
    return {
        row["period_id"]: LastStep(row["seq"], row["totals"], row["inputs"])
        for row in await tx.fetch(sql.STEPS, tx.tenant_id, ids)
    }


async def read_products(tx: Tx) -> dict[UUID, ProductFacts]:
    """Return every product of the tenant, for pricing."""
    found: dict[UUID, ProductFacts] = {}
    for row in await tx.fetch(sql.PRODUCTS, tx.tenant_id):
        product_id, code, name, kind, tax_class, unit_label, *rest = row
        product = Product(product_id, code, name, kind, tax_class, unit_label)
        found[product_id] = ProductFacts(product, *rest)
    return found


async def _plans(
    tx: Tx, phases: Iterable[Any], steps: Mapping[UUID, LastStep], *, pricing: Pricing
) -> dict[UUID, Any]:
    wanted = {row["price_plan_version_id"] for row in phases}
    wanted |= {row["base_plan_version_id"] for row in phases} - {None}
    wanted.update(one for step in steps.values() for one in plan_ids_of(step.inputs))
    versions = await load_plan_versions(tx, wanted)
    return {version.id: pricing.compiled(version) for version in versions.values()}


async def _item_starts(tx: Tx, rows: ClosingRows) -> dict[UUID, datetime]:
    """Return when items began whose rates may ask: by maturity, or in a variant."""
    by_life = {
        rate.product_id
        for plan in rows.plans.values()
        for rate in plan.source.rates
        if rate.rate.driver == "maturity" or rate.variants
    }
    if not by_life:
        return {}
    ids = [item.item_id for items in rows.items.values() for item in items
           if item.product_id in by_life]  # fmt: skip
    found = await tx.fetch(sql.ITEM_BEGINNINGS, tx.tenant_id, ids)
    return {row["item_id"]: row["from_at"] for row in found}
