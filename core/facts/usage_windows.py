"""What was used in windows of time: the `usage` of conditions, for many subjects at once.

A window ends with the bill that asks, at the instant it falls due, and begins so many local
days or months before, at the same local time. Events count by when they happened. A voided
one does not count, and one that came late counts from the bill on that bills it, so that what
a bill finds does not depend on when it is computed. Between bills everything known counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.catalogue.schema.usage_windows import UsageWindowDefinition
from core.db import Tx
from core.kernel.clock import in_utc
from core.kernel.frequency import Frequency
from core.kernel.periods import time_zone

Windows = tuple[UsageWindowDefinition, ...]
Usage = dict[str, dict[str, int]]
"""`{"count": {"week": 5}, "total": {"week": 5}}`."""

# One range of the index by account and time for each stretch that is asked about ($2 to $5).
# Of the periods at hand ($6) everything is on the bill, whenever it happened.
_USED: Final = """
SELECT t.place, e.subscription_id, p.code, p.type, p.meters_channel AS channel,
    sum(e.sign)::int AS events, sum(e.quantity) AS quantity
FROM unnest($2::int[], $3::uuid[], $4::timestamptz[], $5::timestamptz[])
    AS t (place, account_id, since, until)
JOIN usage_event e ON e.tenant_id = $1 AND e.account_id = t.account_id
    AND e.occurred_at >= t.since
JOIN product p ON p.tenant_id = e.tenant_id AND p.id = e.product_id
WHERE $6::uuid[] IS NULL OR (
    (e.occurred_at < t.until OR e.usage_period_id = ANY ($6::uuid[]))
    AND (e.billing_period_id = e.usage_period_id OR e.billing_period_id = ANY ($6::uuid[])
        OR EXISTS (SELECT FROM billing_period b WHERE b.tenant_id = $1
            AND b.id = e.billing_period_id AND b.state = 'billed')))
GROUP BY t.place, e.subscription_id, p.code, p.type, p.meters_channel
"""


class UsageAsked(NamedTuple):
    """Windows of the usage of a subscription, or of all of an account (None), up to `at`."""

    account_id: UUID
    subscription_id: UUID | None
    zone: str
    at: datetime
    windows: Windows


class _Stretch(NamedTuple):
    account_id: UUID
    since: datetime
    until: datetime


async def read_usage_windows(
    tx: Tx, asked: Sequence[UsageAsked], *, at_hand: Collection[UUID] | None
) -> list[Usage]:
    """Return what a condition reads as `usage` for each question, in order.

    `at_hand` are the periods that the bills at hand bill; None where there is no bill. One
    statement, and none where no window is asked about.
    """
    places: dict[_Stretch, int] = {}
    for one in asked:
        for window in one.windows:
            places.setdefault(_stretch(one, window), len(places))
    used = await _used(tx, places, at_hand=at_hand)
    return [_usage(one, places, used) for one in asked]


def unused(windows: Windows) -> Usage:
    """Return the `usage` of what does not exist yet: nothing in every window."""
    nothing = {window.name: 0 for window in windows}
    return {"count": dict(nothing), "total": dict(nothing)}


def window_start(at: datetime, *, length: Frequency, zone: str) -> datetime:
    """Return when a window begins: 7 days before 10 March, 15:00 is 3 March, 15:00, local."""
    local = at.astimezone(time_zone(zone))
    day = length.after(local.date(), -1)
    return in_utc(local.replace(year=day.year, month=day.month, day=day.day))


def _stretch(one: UsageAsked, window: UsageWindowDefinition) -> _Stretch:
    length = Frequency.parse(window.last)
    return _Stretch(one.account_id, window_start(one.at, length=length, zone=one.zone), one.at)


async def _used(
    tx: Tx, places: Mapping[_Stretch, int], *, at_hand: Collection[UUID] | None
) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    if not places:
        return found
    rows = await tx.fetch(
        _USED,
        tx.tenant_id,
        list(places.values()),
        [stretch.account_id for stretch in places],
        [stretch.since for stretch in places],
        [stretch.until for stretch in places],
        None if at_hand is None else list(at_hand),
    )
    for row in rows:
        found[row["place"]].append(row)
    return found


def _usage(
    one: UsageAsked, places: Mapping[_Stretch, int], used: Mapping[int, list[Any]]
) -> Usage:
    usage = unused(one.windows)
    for window in one.windows:
        counted = [
            row
            for row in used.get(places[_stretch(one, window)], ())
            if one.subscription_id in (None, row["subscription_id"]) and _counts(window, row)
        ]
        total = sum((row["quantity"] for row in counted), Decimal(0))
        usage["count"][window.name] = sum(row["events"] for row in counted)
        usage["total"][window.name] = int(total)
    return usage


def _counts(window: UsageWindowDefinition, row: Any) -> bool:
    if not (window.products or window.product_types or window.channels):
        return True
    return (
        row["code"] in window.products
        or row["type"] in window.product_types
        or row["channel"] in window.channels
    )
