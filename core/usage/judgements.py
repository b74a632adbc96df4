"""What became of each event of a windowed channel: billed, or free, and why.

The same replay as a closing's, of one key, told event by event instead of summed. A period's
events are judged by the rule set that its price plan pins, others by that of their day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.kernel.decimals import exact
from core.plugin_api import Judgement, Occurrence
from core.plugin_host import HostedChannel, PluginHost, judged, rules_in_force, windowed
from core.usage.codec import codecs_of
from core.usage.records import TooManyEvents
from core.usage.windows import windowed_channel

MOST_JUDGED: Final = 1000
MOST_READ: Final = 100_000
"""Events of a key that one answer reads, those in front of the time asked for included."""
_ZERO: Final = Decimal(0)
_EVENTS: Final = """
SELECT e.occurred_at, e.source, e.event_id, e.payload, e.identity, e.revision, e.sign,
    e.usage_period_id, e.unit, e.dimension
FROM usage_event e
WHERE e.tenant_id = $1 AND e.account_id = $2 AND e.channel = $3 AND e.replay_key = $4
    AND e.occurred_at >= $5 AND e.occurred_at < $6
LIMIT $7
"""
_PINS: Final = """
SELECT p.id, v.rule_sets ->> $3 AS pinned FROM billing_period p
JOIN subscription_phase ph ON ph.tenant_id = $1 AND ph.subscription_id = p.subscription_id
    AND ph.from_at <= p.starts_at AND (ph.until_at IS NULL OR ph.until_at > p.starts_at)
JOIN price_plan_version v ON v.tenant_id = $1
    AND v.id = coalesce(ph.base_plan_version_id, ph.price_plan_version_id)
WHERE p.tenant_id = $1 AND p.id = ANY ($2::uuid[])
"""
_ZONE: Final = "SELECT timezone FROM account WHERE tenant_id = $1 AND id = $2"


class AskedJudgements(NamedTuple):
    """The events of an account's key on a channel, in `[from_at, until_at)`."""

    account_id: UUID
    channel: str
    key: str
    from_at: datetime
    until_at: datetime


class JudgedEvent(NamedTuple):
    """An event that stands, and its judgement; `quantity` is what is billed of it."""

    identity: UUID
    occurred_at: datetime
    source: str
    event_id: str
    unit: str
    dimension: str
    quantity: Decimal
    reason: str
    label: str
    until: datetime | None


async def usage_judgements(
    tx: Tx, asked: AskedJudgements, *, host: PluginHost
) -> list[JudgedEvent]:
    """Return the events of a key in the order in which they are judged.

    Raises:
        NotWindowed: the channel has no windows.
        TooManyEvents: more than 1,000 lie in that time, or 100,000 decide about them.
    """
    channel = windowed_channel(host, asked.channel)
    zone = await tx.fetchval(_ZONE, tx.tenant_id, asked.account_id)
    if zone is None:
        return []
    reach = max(one.reach.forward for one in windowed(channel).rule_sets)
    ahead = max(one.reach.back for one in windowed(channel).rule_sets)
    found = await tx.fetch(
        _EVENTS,
        tx.tenant_id,
        asked.account_id,
        asked.channel,
        asked.key,
        asked.from_at - reach,
        asked.until_at + ahead,
        MOST_READ + 1,
    )
    standing = _standing(found)
    told = [row for row in standing if asked.from_at <= row["occurred_at"] < asked.until_at]
    if len(told) > MOST_JUDGED or len(found) > MOST_READ:
        raise TooManyEvents(
            f"more than {MOST_JUDGED} events, or {MOST_READ} with what decides about them; ask "
            "for less time",
            path=("until",),
        )
    periods = {row["usage_period_id"] for row in told} - {None}
    pins = await tx.fetch(_PINS, tx.tenant_id, list(periods), asked.channel)
    pinned = {row["id"]: row["pinned"] for row in pins}
    answers = _judged(channel, standing, pinned, host=host, timezone=zone)
    labels = windowed(channel).reasons
    return [_told(row, answers[row["identity"]], labels) for row in told]


def _standing(rows: Sequence[Any]) -> list[Any]:
    """Return the rows that nothing took back, in the total order."""
    undone = {(row["identity"], row["revision"] - 1) for row in rows if row["sign"] < 0}
    standing = [
        row
        for row in rows
        if row["sign"] > 0 and (row["identity"], row["revision"]) not in undone
    ]
    return sorted(standing, key=itemgetter("occurred_at", "source", "event_id"))


def _judged(
    channel: HostedChannel,
    standing: Sequence[Any],
    pinned: Mapping[UUID, str | None],
    *,
    host: PluginHost,
    timezone: str,
) -> dict[UUID, Judgement]:
    """Judge all by each rule set that is asked for, and keep each event's own judgement."""
    codec = codecs_of(host)[channel.name]
    occurrences = [
        Occurrence(
            row["occurred_at"], row["source"], row["event_id"], codec.read(row["payload"])
        )
        for row in standing
    ]
    found: dict[UUID, Judgement] = {}
    if not occurrences:
        return found
    with exact():
        for pin in {pinned.get(row["usage_period_id"]) for row in standing}:
            rules = rules_in_force(channel, timezone=timezone, pinned=pin)
            for row, answer in zip(standing, judged(channel, occurrences, rules), strict=True):
                if pinned.get(row["usage_period_id"]) == pin:
                    found[row["identity"]] = answer
    return found


def _told(row: Any, answer: Judgement, labels: Mapping[str, str]) -> JudgedEvent:
    return JudgedEvent(
        row["identity"],
        row["occurred_at"],
        row["source"],
        row["event_id"],
        row["unit"],
        row["dimension"],
        _ZERO if answer.measure is None else answer.measure.quantity,
        answer.reason,
        labels.get(answer.reason, ""),
        answer.until,
    )
