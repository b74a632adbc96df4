"""What was used in periods, summed: a fixed number of statements, however many they are.

Most units are summed by the database alone. Those priced event by event, those that are not
simply summed and those of windowed channels are told by their products, and read once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.billing.snapshot import UsageTotal
from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import ClosingRows, ProductFacts
from core.billing_cycles.windowed import windowed_totals
from core.db import Tx
from core.kernel.decimals import EXACT
from core.kernel.money import round_to
from core.plugin_host import PluginMissing

QUANTITY_PLACES: Final = 9


async def usage_totals(
    tx: Tx, rows: ClosingRows, summed: Sequence[Any], *, pricing: Pricing, at_hand: list[UUID]
) -> dict[UUID, tuple[UsageTotal, ...]]:
    """Return the totals of the usage periods at hand, and of those billed late with them.

    `summed` are the sums of all their units: what there is to ask more about.
    """
    wanted = [period.id for period in rows.periods if period.stream == "usage"]
    wanted += [link.usage_period_id for link in rows.late]
    if not wanted:
        return {}
    found: dict[UUID, list[UsageTotal]] = defaultdict(list)
    aggregated = _aggregated_products(rows, pricing)
    windowed = _windowed_products(rows, pricing)
    replayed: dict[UUID, set[str]] = defaultdict(set)
    rated: set[UUID] = set()
    for period_id, product_id, dimension, slot, quantity, events, amount in _countable(
        rows, summed, pricing
    ):
        if amount is not None:
            rated.add(product_id)
        elif product_id in windowed:
            replayed[period_id].add(windowed[product_id])
        elif product_id not in aggregated:
            unit = rows.products[product_id].meters_unit or ""
            found[period_id].append(
                UsageTotal(product_id, unit, dimension, slot, quantity, events)
            )
    for period_id, total in await _rated_totals(tx, rows, rated, wanted, at_hand):
        found[period_id].append(total)
    how = {one: how for one, how in aggregated.items() if one not in rated}
    for period_id, total in await _aggregated_totals(tx, rows, how, wanted, at_hand):
        found[period_id].append(total)
    if replayed:
        judged = await windowed_totals(tx, rows, replayed, pricing=pricing, at_hand=at_hand)
        for period_id, totals in judged.items():
            found[period_id] += totals
    return {period_id: tuple(totals) for period_id, totals in found.items()}


async def _rated_totals(
    tx: Tx, rows: ClosingRows, rated: set[UUID], wanted: list[UUID], at_hand: list[UUID]
) -> list[tuple[UUID, UsageTotal]]:
    if not rated:
        return []
    found = await tx.fetch(sql.RATED_USAGE, tx.tenant_id, wanted, at_hand, list(rated))
    return [
        (
            row["usage_period_id"],
            _rated(row, rows.products[row["product_id"]].meters_unit or ""),
        )
        for row in found
    ]


async def _aggregated_totals(
    tx: Tx,
    rows: ClosingRows,
    how: Mapping[UUID, str],
    wanted: list[UUID],
    at_hand: list[UUID],
) -> list[tuple[UUID, UsageTotal]]:
    if not how:
        return []
    found = await tx.fetch(sql.AGGREGATED_USAGE, tx.tenant_id, wanted, at_hand, list(how))
    return [
        (row["usage_period_id"], _aggregated(row, rows.products[row["product_id"]], how))
        for row in found
    ]


def _rated(row: Any, unit: str) -> UsageTotal:
    """Make the total of events priced one by one, with their unit price if they share it."""
    same = row["lowest"] if row["lowest"] == row["highest"] else None
    return UsageTotal(
        row["product_id"], unit, row["dimension"], row["slot"], row["quantity"], row["events"],
        row["amount"], same, row["tax"],
    )  # fmt: skip


def _countable(rows: ClosingRows, summed: Sequence[Any], pricing: Pricing) -> Iterator[Any]:
    """Leave out, and note, usage of channels that no plugin has: how it counts is not known."""
    missing = _missing_channels(rows, pricing)
    for row in summed:
        period_id, product_id = row[:2]
        if product_id in missing:
            rows.window_faults[period_id] = missing[product_id]
        else:
            yield row


def _missing_channels(rows: ClosingRows, pricing: Pricing) -> dict[UUID, PluginMissing]:
    """Return the metered products whose channel no plugin has."""
    if pricing.host is None:
        return {}
    channels, disabled = pricing.host.channels, pricing.host.disabled
    return {
        product_id: PluginMissing.of(f"the channel {channel}", disabled=disabled)
        for product_id, facts in rows.products.items()
        if (channel := facts.meters_channel) and channel not in channels
    }


def _aggregated_products(rows: ClosingRows, pricing: Pricing) -> dict[UUID, str]:
    """Return the metered products whose unit is not simply summed, with how it is."""
    channels = pricing.host.channels if pricing.host is not None else {}
    found: dict[UUID, str] = {}
    for product_id, facts in rows.products.items():
        channel = channels.get(facts.meters_channel or "")
        unit = channel.units.get(facts.meters_unit or "") if channel is not None else None
        if unit is not None and unit.aggregation != "sum":
            found[product_id] = unit.aggregation
    return found


def _windowed_products(rows: ClosingRows, pricing: Pricing) -> dict[UUID, str]:
    """Return the metered products whose events are judged by a replay, with their channels."""
    channels = pricing.host.channels if pricing.host is not None else {}
    return {
        product_id: channel.name
        for product_id, facts in rows.products.items()
        if (channel := channels.get(facts.meters_channel or "")) is not None
        and channel.pricing == "windowed"
    }


def _aggregated(row: Any, facts: ProductFacts, how: Mapping[UUID, str]) -> UsageTotal:
    aggregation = how[facts.product.id]
    if aggregation == "max":
        quantity = row["highest"]
    elif aggregation == "last":
        quantity = row["last"]
    else:
        mean = EXACT.divide(row["quantity"], Decimal(row["events"]))
        quantity = round_to(mean, QUANTITY_PLACES)
    unit = facts.meters_unit or ""
    return UsageTotal(
        facts.product.id, unit, row["dimension"], row["slot"], quantity, row["events"]
    )
