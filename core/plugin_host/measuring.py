"""Measure a batch of events: one answer each, whatever happens to the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from core.kernel.decimals import exact
from core.kernel.errors import Refusal
from core.plugin_api import EventRejected, Measure, RateFacts
from core.plugin_host.answers import (
    NonsenseAnswer,
    check_measure,
    check_rate_facts,
    check_service,
)
from core.plugin_host.events import EventInvalid, check_event
from core.plugin_host.hosted import HostedChannel
from core.plugin_host.refusals import (
    Rejection,
    plugin_fault,
    plugin_raised,
    readable,
)
from core.plugin_host.windowed import check_replay_key, windowed

MAX_BATCH: Final = 10_000
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


class Measured(NamedTuple):
    """What an event amounts to (None: not billed), and the event as it is to be stored.

    Of a channel priced per event also what was ordered, and what its price depends on; of a
    windowed one the key under which the event is replayed.
    """

    measure: Measure | None
    event: Any
    service: str | None = None
    facts: RateFacts | None = None
    replay_key: str | None = None


Verdict = Measured | Rejection


def measure_batch(channel: HostedChannel, events: Sequence[object]) -> list[Verdict]:
    """Answer for each event, in order, in this process.

    For built-in channels. A third-party channel's events go through
    `core.pricing_pool.measure_events`, which bounds its time.
    """
    if len(events) > MAX_BATCH:
        raise ValueError(f"{len(events)} events in one batch; at most {MAX_BATCH} are taken")
    with exact():
        return [_verdict(channel, event) for event in events]


def _verdict(channel: HostedChannel, event: object) -> Verdict:
    try:
        check_event(channel, event)
        measure = check_measure(channel, channel.channel.measure(event))
        kept = channel.channel.stored(event)
        if kept is not event:
            check_stored(channel, kept)
        if channel.pricing == "per_period":
            return Measured(measure, kept)
        if channel.pricing == "windowed":
            key = check_replay_key(windowed(channel).replay_key(kept))
            return Measured(measure, kept, replay_key=key)
        service, facts = ordered(channel, kept)
        return Measured(measure, kept, service, facts)
    except Refusal as refusal:
        return rejected(channel, refusal)
    except NonsenseAnswer as nonsense:
        return plugin_fault(channel.plugin, str(nonsense))
    except Exception as error:  # noqa: BLE001 - one event's failure stays its own
        return plugin_raised(channel.plugin, error)


def ordered(channel: HostedChannel, event: object) -> tuple[str | None, RateFacts]:
    """Return what an event of a channel priced per event names, and what its price needs.

    Raises:
        NonsenseAnswer: the channel's answers break the contract.
    """
    asked: Any = channel.channel
    return check_service(asked.service(event)), check_rate_facts(asked.rate_facts(event))


def check_stored(channel: HostedChannel, kept: object) -> None:
    """Raise `NonsenseAnswer` when what a plugin wants stored is no event of its channel."""
    try:
        check_event(channel, kept)
    except EventInvalid as invalid:
        raise NonsenseAnswer(f"stored returned what cannot be kept: {invalid}") from None


def rejected(channel: HostedChannel, refusal: Refusal) -> Rejection:
    """Return the rejection of an event for a reason that its sender can mend.

    A plugin's path begins with a field as Python or as the schema spells it; the sender knows
    the schema's: `left_at` becomes `leftAt`, in GraphQL and NDJSON alike.
    """
    code = refusal.code if _CODE.fullmatch(refusal.code) else EventRejected.code
    path = tuple(readable(str(part), limit=80) for part in refusal.path[:10])
    for field in channel.fields:
        if path and path[0] == field.name:
            path = (field.json_name, *path[1:])
    return Rejection(code=code, message=readable(str(refusal)), path=path)
