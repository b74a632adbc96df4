"""Closed periods that an event of a windowed channel changes: noted, and priced again.

A message that comes late may make neighbours free, or cost something, in periods that are
closed already. Which, and by which billing the difference is billed, is a row; the closing
of that billing prices them again. An event that only comes to its own open period finds no
closed one within reach, as long as the rules of its channel do not reach back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.plugin_api import Reach
from core.plugin_host import PluginHost, PluginMissing, windowed
from core.usage.periods import Asked, places_for
from core.usage.placing import Place
from core.usage.records import EventRow

_CLOSED: Final = """
SELECT p.id, p.subscription_id, w.account_id, w.channel, p.starts_at, p.ends_at
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    AS w (account_id, channel, from_at, until_at)
JOIN subscription s ON s.tenant_id = $1 AND s.account_id = w.account_id
JOIN billing_period p ON p.tenant_id = $1 AND p.subscription_id = s.id AND p.stream = 'usage'
    AND p.state <> 'open' AND p.ends_at > w.from_at AND p.starts_at <= w.until_at
WHERE EXISTS (SELECT FROM usage_event e WHERE e.tenant_id = $1 AND e.usage_period_id = p.id
    AND e.replay_key IS NOT NULL AND e.channel = w.channel)
ORDER BY p.starts_at
"""
_NOTE: Final = """
INSERT INTO usage_dirtied (tenant_id, usage_period_id, billing_period_id)
SELECT $1, usage_period_id, billing_period_id
FROM unnest($2::uuid[], $3::uuid[]) AS d (usage_period_id, billing_period_id)
ORDER BY 2, 3 ON CONFLICT DO NOTHING
"""


class _Closed(NamedTuple):
    """A usage period that is open no more, with usage of a windowed channel."""

    id: UUID
    subscription_id: UUID
    account_id: UUID
    channel: str
    starts_at: datetime
    ends_at: datetime


async def dirty_closed(tx: Tx, rows: Sequence[EventRow], *, host: PluginHost | None) -> None:
    """Note the closed periods that rows, just stored, reach.

    The caller holds the freeze lock, shared, since before it read the rows' own periods: what
    is open here is closed with these rows in it.

    Raises:
        PluginMissing: they are of a windowed channel that no plugin has any more.
    """
    times: defaultdict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    for row in rows:
        if row.replay_key is not None:
            times[row.account_id, row.channel].append(row.occurred_at)
    if not times:
        return
    if host is None:
        raise RuntimeError("an event of a windowed channel: give the plugin host")
    reaches = {channel: _reach(host, channel) for _account, channel in times}
    closed = await _closed(tx, times, reaches)
    reached = [
        one
        for one in closed
        if _reaches(times[one.account_id, one.channel], reaches[one.channel], one)
    ]
    if not reached:
        return
    asked = [Asked(one.subscription_id, one.starts_at) for one in reached]
    noted = {
        (one.id, place.billing_period_id)
        for one, place in zip(reached, await places_for(tx, asked), strict=True)
        if isinstance(place, Place) and place.billing_period_id is not None
    }
    if noted:
        await tx.execute(_NOTE, tx.tenant_id, [a for a, _ in noted], [b for _, b in noted])


def _reach(host: PluginHost, channel: str) -> Reach:
    """Return how far events of a channel reach, by whichever of its rules, pinned ones too."""
    if channel not in host.channels:
        raise PluginMissing.of(f"the channel {channel}", disabled=host.disabled)
    reaches = [one.reach for one in windowed(host.channels[channel]).rule_sets]
    return Reach(max(one.back for one in reaches), max(one.forward for one in reaches))


async def _closed(
    tx: Tx, times: Mapping[tuple[UUID, str], list[datetime]], reaches: Mapping[str, Reach]
) -> list[_Closed]:
    found = await tx.fetch(
        _CLOSED,
        tx.tenant_id,
        [account_id for account_id, _ in times],
        [channel for _, channel in times],
        [min(held) - reaches[channel].back for (_, channel), held in times.items()],
        [max(held) + reaches[channel].forward for (_, channel), held in times.items()],
    )
    return [_Closed._make(row) for row in found]


def _reaches(times: list[datetime], reach: Reach, period: _Closed) -> bool:
    """Tell whether one of the times lies in `[starts - forward, ends + back)`."""
    times.sort()
    first = bisect_left(times, period.starts_at - reach.forward)
    return first < len(times) and times[first] < period.ends_at + reach.back
