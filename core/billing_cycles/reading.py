"""Reading what a set of periods needs: a fixed number of statements, however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core.billing.inputs import plan_ids_of
from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.at_hand import read_at_hand
from core.billing_cycles.conditional import decide_plans
from core.billing_cycles.known import FEW, Known, read_known
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import (
    ChargedSlice,
    ClosingRows,
    ItemFacts,
    LastStep,
    LateLink,
    PhaseFacts,
)
from core.billing_cycles.usage_totals import usage_totals
from core.catalogue.plan_versions import PlanHead, load_plan_versions, versions_of
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod
from core.rating.compile import CompiledPlan


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


async def read_rows(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    pricing: Pricing,
    carried: Sequence[LateLink] = (),
    billing: Collection[UUID] | None = None,
    known: Known | None = None,
    few: int = FEW,
) -> ClosingRows:
    """Read subscriptions, phases, items, what is charged, usage and the catalogue.

    `carried` is what settled periods carry to those at hand. `billing` are the periods at
    hand whose late usage counts already; all of them, unless it is given. `known` is what was
    read before of their subscriptions, or of more.
    """
    ids = {period.subscription_id for period in periods}
    if known is None:
        known = await read_known(tx, ids, few=few)
    counting = [period.id for period in periods] if billing is None else billing
    found = await read_at_hand(tx, periods, carried=carried, counting=counting, few=few)
    phases = [PhaseFacts._make(row) for row in found.phases]
    rows = ClosingRows(
        periods=list(periods),
        subscriptions={one: known.subscriptions[one] for one in ids},
        phases=_grouped(phases, key=0),
        items=_grouped(map(ItemFacts._make, found.items), key=2),
        fees_periods=_grouped(map(StoredPeriod._make, found.fees_periods), key=2),
        charged=_charged(found.charged),
        late=found.late,
        steps=found.steps,
        plans=await _plans(tx, phases, found.steps, heads=known.heads, pricing=pricing),
        terms=await load_terms_versions(tx, {phase.terms_version_id for phase in phases}),
        products=known.products,
        engine_products={key: facts.product for key, facts in known.products.items()},
        carried=frozenset(link.usage_period_id for link in carried),
        rests=known.rests,
        tenant=known.tenant,
    )
    rows.usage = await usage_totals(
        tx, rows, found.summed, pricing=pricing, at_hand=list(counting)
    )
    rows.item_starts = await _item_starts(tx, rows)
    await decide_plans(tx, rows)
    return rows


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


async def _plans(
    tx: Tx,
    phases: Iterable[PhaseFacts],
    steps: Mapping[UUID, LastStep],
    *,
    heads: Sequence[PlanHead],
    pricing: Pricing,
) -> dict[UUID, CompiledPlan]:
    """Return what prices the phases and the chains; few heads were read, or none."""
    wanted: set[UUID] = set()
    for phase in phases:
        wanted.add(phase.plan_version_id)
        if phase.base_version_id is not None:
            wanted.add(phase.base_version_id)
    wanted.update(one for step in steps.values() for one in plan_ids_of(step.inputs))
    versions = await versions_of(tx, [head for head in heads if head.id in wanted])
    if missing := wanted.difference(versions):
        versions |= await load_plan_versions(tx, missing)
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
