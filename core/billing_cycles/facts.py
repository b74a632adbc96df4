"""The rest of what snapshots need: gauges' quantities, tax rates, and the parties."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.parts import gauge_slices
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import ClosingRows, GaugeKey
from core.billing_cycles.taxing import Buyer, engine_rates
from core.db import Tx
from core.gauges.policy import GaugePolicy
from core.gauges.repository import GaugeAsked, quantities
from core.kernel.periods import Period, local_day
from core.tax.rates import Sale, stated_rates, tax_rates


async def read_gauges(tx: Tx, rows: ClosingRows) -> None:
    """Ask for the quantity of every product that is priced by a gauge."""
    if all(facts.gauge_id is None for facts in rows.products.values()):
        return
    keys: list[GaugeKey] = []
    asked: list[GaugeAsked] = []
    for period in rows.periods:
        if period.stream != "usage":
            continue
        part = period.part
        held = [
            (item, Period(start, end))
            for item in rows.items.get(period.subscription_id, ())
            if (start := max(item.from_at, part.start))
            < (end := min(item.until_at or part.end, part.end))
        ]
        for product_id, slice_ in gauge_slices(rows.products, held).items():
            facts = rows.products[product_id]
            assert facts.gauge_id is not None
            policy = cast("GaugePolicy", facts.gauge_policy)
            keys.append((period.id, product_id))
            asked.append(GaugeAsked(period.account_id, facts.gauge_id, slice_, policy))
    rows.gauges.update(zip(keys, await quantities(tx, asked), strict=True))


async def read_parties(tx: Tx, rows: ClosingRows, *, pricing: Pricing) -> Mapping[str, Any]:
    """Read seller and buyers, and decide each buyer's tax rates; return the seller.

    The engine that the seller has chosen decides; without one, what the seller states and
    the table do.
    """
    due = {job.account_id: job.due_at for job in rows.jobs.values()}
    due.update({period.account_id: period.due_at for period in rows.periods})
    seller, rows.accounts = await _parties(tx, rows, due)
    found = rows.accounts.values()
    days = {row["id"]: local_day(due[row["id"]], seller["timezone"]) for row in found}
    if seller["tax_engine"] is None:
        rows.tax_rates = _table_rates(rows, seller, days)
    else:
        buyers = [
            Buyer(row["id"], row["country"], row["tax_number"] or "", days[row["id"]])
            for row in found
        ]
        rows.tax_rates = await engine_rates(
            seller["tax_engine"],
            buyers,
            seller_country=seller["country"],
            classes=_classes(rows),
            pricing=pricing,
        )
    return seller


async def _parties(
    tx: Tx, rows: ClosingRows, account_ids: Collection[UUID]
) -> tuple[Mapping[str, Any], dict[UUID, Mapping[str, Any]]]:
    """Return the seller and the accounts; those of jobs may not have been read yet."""
    known = rows.tenant
    if known is not None and known.accounts.keys() >= set(account_ids):
        return known.seller, {one: known.accounts[one] for one in account_ids}
    seller = await tx.fetchrow(sql.TENANT, tx.tenant_id)
    assert seller is not None
    found = await tx.fetch(sql.ACCOUNTS, tx.tenant_id, list(account_ids))
    return dict(seller), {row["id"]: dict(row) for row in found}


def _table_rates(
    rows: ClosingRows, seller: Any, days: Mapping[UUID, date]
) -> dict[UUID, Mapping[str, Decimal]]:
    classes = _classes(rows)
    stated = stated_rates(seller["legal"])
    kept: dict[tuple[str, bool, date], Mapping[str, Decimal]] = {}
    rates: dict[UUID, Mapping[str, Decimal]] = {}
    for row in rows.accounts.values():
        key = (row["country"], bool(row["tax_number"]), days[row["id"]])
        if key not in kept:
            kept[key] = tax_rates(Sale(seller["country"], *key), classes, stated=stated)
        rates[row["id"]] = kept[key]
    return rates


def _classes(rows: ClosingRows) -> set[str]:
    classes = {product.tax_class for product in rows.engine_products.values()}
    for plan in rows.plans.values():
        if plan.commitment is not None:
            classes.add(plan.commitment.tax_class)
    return classes
