"""Whether a window with somebody is open: from the events of a windowed channel, as they are.

Nothing is stored: the events that one counterpart has with a key are replayed, from so far
back as the rules of the moment reach. A fixed number of statements, however many are asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.kernel.errors import Refusal
from core.plugin_api import Occurrence, RuleSet, WindowState
from core.plugin_host import HostedChannel, PluginHost, rules_in_force, windowed
from core.usage.codec import codecs_of

_ZONES: Final = """
SELECT id, timezone FROM account WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""
_EVENTS: Final = """
SELECT w.n, e.occurred_at, e.source, e.event_id, e.payload, e.identity, e.revision, e.sign
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[]) WITH ORDINALITY
    AS w (account_id, channel, replay_key, field, counterpart, from_at, at, n)
JOIN usage_event e ON e.tenant_id = $1 AND e.account_id = w.account_id
    AND e.channel = w.channel AND e.replay_key = w.replay_key
    AND e.occurred_at >= w.from_at AND e.occurred_at <= w.at
WHERE e.payload ->> w.field = w.counterpart
"""


class NotWindowed(Refusal):
    """The channel has no windows, or is not installed."""

    code: ClassVar[str] = "NOT_WINDOWED"


class AskedWindow(NamedTuple):
    """A window: of an account's key on a channel (a business number) with somebody."""

    account_id: UUID
    channel: str
    key: str
    counterpart: str
    at: datetime


async def window_state(tx: Tx, asked: AskedWindow, *, host: PluginHost) -> WindowState:
    """Return whether one window is open at an instant, and until when.

    Raises:
        NotWindowed: the channel has no windows.
    """
    (found,) = await window_states(tx, [asked], host=host)
    return found


async def window_states(
    tx: Tx, asked: Sequence[AskedWindow], *, host: PluginHost
) -> list[WindowState]:
    """Return the state of each window, in order; of an unknown account it is closed.

    Raises:
        NotWindowed: a channel has no windows.
    """
    if not asked:
        return []
    channels = {name: windowed_channel(host, name) for name in {one.channel for one in asked}}
    found = await tx.fetch(_ZONES, tx.tenant_id, list({one.account_id for one in asked}))
    zones: dict[UUID, str] = {row["id"]: row["timezone"] for row in found}
    rules = [
        _rules(channels[one.channel], one, zones.get(one.account_id, "UTC")) for one in asked
    ]
    rows = await tx.fetch(
        _EVENTS,
        tx.tenant_id,
        [one.account_id for one in asked],
        [one.channel for one in asked],
        [one.key for one in asked],
        [_field(channels[one.channel]) for one in asked],
        [one.counterpart for one in asked],
        [one.at - rule.reach.forward for one, rule in zip(asked, rules, strict=True)],
        [one.at for one in asked],
    )
    replays = _replays(rows, asked, host)
    return [
        windowed(channels[one.channel]).window_state(
            replays[place], rule, counterpart=one.counterpart, at=one.at
        )
        for place, (one, rule) in enumerate(zip(asked, rules, strict=True))
    ]


def windowed_channel(host: PluginHost, name: str) -> HostedChannel:
    """Return a channel that has windows.

    Raises:
        NotWindowed: it has none, or is not installed.
    """
    channel = host.channels.get(name)
    if channel is None or channel.pricing != "windowed":
        raise NotWindowed(
            f"there is no channel {name[:40]!r} with windows; check its name", path=("channel",)
        )
    return channel


def _rules(channel: HostedChannel, asked: AskedWindow, timezone: str) -> RuleSet:
    return rules_in_force(channel, timezone=timezone).at(asked.at)


def _field(channel: HostedChannel) -> str:
    """Return the name that the counterpart has in what is stored of an event."""
    wanted = windowed(channel).counterpart
    return next(field.json_name for field in channel.fields if field.name == wanted)


def _replays(
    rows: Sequence[Any], asked: Sequence[AskedWindow], host: PluginHost
) -> dict[int, list[Occurrence[Any]]]:
    """Return the events of each question in the total order, but for those taken back."""
    codecs = codecs_of(host)
    undone = {(row["identity"], row["revision"] - 1) for row in rows if row["sign"] < 0}
    found: dict[int, list[Occurrence[Any]]] = defaultdict(list)
    for number, at, source, event_id, payload, identity, revision, sign in rows:
        if sign > 0 and (identity, revision) not in undone:
            event = codecs[asked[number - 1].channel].read(payload)
            found[number - 1].append(Occurrence(at, source, event_id, event))
    for replay in found.values():
        replay.sort(key=itemgetter(0, 1, 2))
    return found
