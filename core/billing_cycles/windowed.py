"""Totals of windowed channels: events judged with their neighbours, in one ordered pass.

Nothing of it is stored. Whoever asks for a total, a closing, a preview or a query, replays the
events of each key from so far in front of a period as its rules reach, and sums what is billed
by product, dimension and slot; what is free is counted by its reason. One statement for all
periods at hand, however many accounts and keys they have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.billing.inputs import plan_ids_of
from core.billing.snapshot import UsageTotal
from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.rows import ClosingRows
from core.db import Tx
from core.kernel.decimals import exact
from core.plugin_api import Judgement, Occurrence
from core.plugin_host import HostedChannel, RulesInForce, judged, rules_in_force
from core.plugin_host.windowed import check_same_meter, windowed
from core.usage.codec import codecs_of

NOTHING: Final = Decimal(0)
_Meter = tuple[UUID, str, str, int]
"""Product, unit, dimension and slot of a total."""


class WindowedPeriod(NamedTuple):
    """A usage period with events of a windowed channel, and the rules that judge them."""

    id: UUID
    account_id: UUID
    channel: str
    starts_at: datetime
    ends_at: datetime
    rules: RulesInForce


class _Event(NamedTuple):
    """An event of a key in its place of the total order, and what it is metered by."""

    occurrence: Occurrence[Any]
    period_id: UUID | None
    product_id: UUID | None
    slot: int
    unit: str
    dimension: str


class _Sum:
    """A total in the making."""

    __slots__ = ("events", "free", "quantity")

    def __init__(self) -> None:
        self.quantity = NOTHING
        self.events = 0
        self.free: defaultdict[str, int] = defaultdict(int)


async def windowed_totals(
    tx: Tx,
    rows: ClosingRows,
    wanted: Mapping[UUID, Collection[str]],
    *,
    pricing: Pricing,
    at_hand: Sequence[UUID],
) -> dict[UUID, list[UsageTotal]]:
    """Return the totals of periods, by the windowed channels that have events in them.

    A subscription whose events cannot be judged is noted in `rows.window_faults`: it alone
    is not billed.
    """
    periods = await _periods(tx, rows, wanted, pricing=pricing)
    keys = await _replayed(tx, periods, pricing=pricing, at_hand=at_hand)
    found: dict[UUID, list[UsageTotal]] = defaultdict(list)
    for (account_id, channel), replays in keys.items():
        own = [one for one in periods if (one.account_id, one.channel) == (account_id, channel)]
        try:
            for period_id, total in _judged_totals(_channel(pricing, channel), own, replays):
                found[period_id].append(total)
        except Exception as error:  # noqa: BLE001 - kept, and told to the operator
            rows.window_faults.update(dict.fromkeys([one.id for one in own], error))
    return found


async def _periods(
    tx: Tx, rows: ClosingRows, wanted: Mapping[UUID, Collection[str]], *, pricing: Pricing
) -> list[WindowedPeriod]:
    found: list[WindowedPeriod] = []
    known: dict[tuple[str, str, str | None], RulesInForce] = {}
    for row in await tx.fetch(sql.PERIOD_TIMES, tx.tenant_id, list(wanted)):
        facts = rows.subscriptions[row["subscription_id"]]
        pins = _pins(rows, row)
        for channel in sorted(wanted[row["id"]]):
            asked = channel, facts.timezone, pins.get(channel)
            try:
                if asked not in known:
                    known[asked] = rules_in_force(
                        _channel(pricing, channel), timezone=asked[1], pinned=asked[2]
                    )
            except Exception as error:  # noqa: BLE001 - kept, and told to the operator
                rows.window_faults[row["id"]] = error
                continue
            found.append(
                WindowedPeriod(
                    row["id"],
                    facts.account_id,
                    channel,
                    row["starts_at"],
                    row["ends_at"],
                    known[asked],
                )
            )
    return found


def _channel(pricing: Pricing, name: str) -> HostedChannel:
    assert pricing.host is not None  # it is what told the channel apart
    return pricing.host.channels[name]


def _pins(rows: ClosingRows, period: Any) -> Mapping[str, str]:
    """Return the rule sets that a period's price plan pins; a conditional plan's base does.

    A period that was billed before keeps those of the plan that it was priced with.
    """
    step = rows.steps.get(period["id"])
    if step is not None:
        return rows.plans[plan_ids_of(step.inputs)[-1]].source.rule_sets
    at: datetime = period["starts_at"]
    for phase in rows.phases.get(period["subscription_id"], ()):
        if phase.from_at <= at and (phase.until_at is None or at < phase.until_at):
            version = rows.plans[phase.base_version_id or phase.plan_version_id]
            return version.source.rule_sets
    return {}


async def _replayed(
    tx: Tx, periods: Sequence[WindowedPeriod], *, pricing: Pricing, at_hand: Sequence[UUID]
) -> dict[tuple[UUID, str], list[list[_Event]]]:
    """Read the events of all keys that the periods need, each key in the total order."""
    spans: dict[tuple[UUID, str], tuple[datetime, datetime]] = {}
    for one in periods:
        start = one.starts_at - one.rules.back(one.starts_at, one.ends_at)
        end = one.ends_at + one.rules.ahead(one.starts_at, one.ends_at)
        known = spans.get((one.account_id, one.channel), (start, end))
        spans[one.account_id, one.channel] = min(known[0], start), max(known[1], end)
    if not spans:
        return {}
    found = await tx.fetch(
        sql.REPLAYED,
        tx.tenant_id,
        [account_id for account_id, _ in spans],
        list(at_hand),
        [channel for _, channel in spans],
        [start for start, _ in spans.values()],
        [end for _, end in spans.values()],
    )
    return _by_key(found, pricing)


def _by_key(
    rows: Sequence[Any], pricing: Pricing
) -> dict[tuple[UUID, str], list[list[_Event]]]:
    assert pricing.host is not None
    codecs = codecs_of(pricing.host)
    undone = {(row[12], row[13] - 1) for row in rows if row[14] < 0}
    keys: dict[tuple[UUID, str], defaultdict[str, list[_Event]]] = {}
    for row in rows:
        (
            account_id, channel, key, at, source, event_id, period_id, product_id, slot, unit,
            dimension, payload, identity, revision, sign,
        ) = row  # fmt: skip
        if undone and (sign < 0 or (identity, revision) in undone):
            continue
        of_account = keys.get((account_id, channel))
        if of_account is None:
            of_account = keys[account_id, channel] = defaultdict(list)
        event = codecs[channel].read(payload)
        occurrence = Occurrence(at, source, event_id, event)
        of_account[key].append(_Event(occurrence, period_id, product_id, slot, unit, dimension))
    for replays in keys.values():
        for events in replays.values():
            events.sort(key=_in_order)
    return {place: list(replays.values()) for place, replays in keys.items()}


_PLACE: Final = itemgetter(0, 1, 2)


def _in_order(event: _Event) -> Any:
    return _PLACE(event[0])


def _judged_totals(
    channel: HostedChannel, periods: Sequence[WindowedPeriod], keys: Sequence[Sequence[_Event]]
) -> Iterator[tuple[UUID, UsageTotal]]:
    """Judge every key by the rules of each period, and sum what the period holds of it."""
    labels = windowed(channel).reasons
    by_rules: defaultdict[RulesInForce, set[UUID]] = defaultdict(set)
    for one in periods:
        by_rules[one.rules].add(one.id)
    sums: dict[UUID, dict[_Meter, _Sum]] = {one.id: {} for one in periods}
    with exact():
        for rules, period_ids in by_rules.items():
            for events in keys:
                answers = judged(channel, [one[0] for one in events], rules)
                _add(sums, events, answers, period_ids)
    for period_id, meters in sums.items():
        for (product_id, unit, dimension, slot), total in meters.items():
            free = tuple(sorted((labels[why], count) for why, count in total.free.items()))
            yield (
                period_id,
                UsageTotal(
                    product_id, unit, dimension, slot, total.quantity, total.events, free=free
                ),
            )


def _add(
    sums: dict[UUID, dict[_Meter, _Sum]],
    events: Sequence[_Event],
    answers: Sequence[Judgement],
    period_ids: Collection[UUID],
) -> None:
    for (_occurrence, period_id, product_id, slot, unit, dimension), answer in zip(
        events, answers, strict=True
    ):
        if period_id not in period_ids or product_id is None or period_id is None:
            continue
        meters = sums[period_id]
        key = (product_id, unit, dimension, slot)
        total = meters.get(key)
        if total is None:
            total = meters[key] = _Sum()
        measure = check_same_meter(answer, unit=unit, dimension=dimension)
        if measure is None:
            total.free[answer.reason] += 1
        else:
            total.quantity += measure.quantity
            total.events += 1
