"""Measure a third-party channel's events in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, cast

from core.plugin_api import Measure, RateFacts, Refusal
from core.plugin_host import (
    MAX_BATCH,
    HostedChannel,
    Measured,
    NonsenseAnswer,
    PluginHost,
    Rejection,
    Verdict,
    check_measure,
    measure_batch,
)
from core.plugin_host.answers import check_rate_facts, check_service
from core.plugin_host.events import Columns, check_event, from_columns, to_columns
from core.plugin_host.measuring import check_stored, rejected
from core.plugin_host.refusals import plugin_fault
from core.pricing_pool.faults import ChildFault
from core.pricing_pool.offenders import MAX_OFFENDERS, one_by_one, rows_of
from core.pricing_pool.pool import PricingPool

SINGLE_LIMIT_SECONDS: Final = 1.0
"""Time for one event, when a batch failed and its events are tried one by one."""

_LEFT_OUT: Final = f"it failed on {MAX_OFFENDERS} events before this one; send it again alone"
_MEASURE: Final = "core.pricing_pool.measuring:measure_in_child"
_Row = tuple[object, ...]


async def measure_events(
    channel: HostedChannel, events: Sequence[object], *, pool: PricingPool
) -> list[Verdict]:
    """Answer for each event, in order: built-in channels here, others in a child.

    A batch that hangs or ends its child is tried event by event; each offender is
    rejected with its plugin's name, version and reason, and its neighbours are measured.
    """
    if channel.plugin.is_built_in:
        return measure_batch(channel, events)
    if len(events) > MAX_BATCH:
        raise ValueError(f"{len(events)} events in one batch; at most {MAX_BATCH} are taken")
    return await pool.in_thread(lambda: _Batch(channel, pool).measure(events))


class _Batch:
    """One batch on its way through a child."""

    def __init__(self, channel: HostedChannel, pool: PricingPool) -> None:
        self._channel = channel
        self._pool = pool

    def measure(self, events: Sequence[object]) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        sound: list[int] = []
        for index, event in enumerate(events):
            try:
                check_event(self._channel, event)
                sound.append(index)
            except Refusal as refusal:
                verdicts[index] = rejected(self._channel, refusal)
        answers = self._answers([events[index] for index in sound])
        verdicts.update(zip(sound, answers, strict=True))
        return [verdicts[index] for index in range(len(events))]

    def _answers(self, events: list[object]) -> list[Verdict]:
        if not events:
            return []
        limit = self._pool.time_limit_seconds
        try:
            return self._asked(events, limit=limit)
        except ChildFault:
            return one_by_one(
                events,
                ask=partial(self._asked, limit=min(SINGLE_LIMIT_SECONDS, limit)),
                fault=partial(plugin_fault, self._channel.plugin),
                left_out=_LEFT_OUT,
            )

    def _asked(self, events: Sequence[object], *, limit: float) -> list[Verdict]:
        payload = (self._channel.name, to_columns(self._channel, events))
        answer = self._pool.call(_MEASURE, payload, time_limit_seconds=limit)
        return [self._read(row) for row in rows_of(answer, count=len(events), asked="event")]

    def _read(self, row: _Row) -> Verdict:
        """Check an answer again on this side: a child's memory may be in any state."""
        match row:
            case ("measured", measure, kept, service, facts):
                try:
                    return self._measured(measure, kept, service, facts)
                except (NonsenseAnswer, KeyError, TypeError, ValueError) as nonsense:
                    return plugin_fault(self._channel.plugin, str(nonsense))
            case ("rejected", str(code), str(message), tuple(path), bool(fault), tuple(frames)):
                return Rejection(code, message, path, is_plugin_fault=fault, frames=frames)
            case _:
                return plugin_fault(self._channel.plugin, "its answer is malformed")

    def _measured(
        self, measure: object, kept: object, service: object, facts: object
    ) -> Measured:
        answer = (
            None if measure is None else Measure(*cast("tuple[str, Decimal, str]", measure))
        )
        (event,) = from_columns(self._channel, cast("Columns", kept))
        check_stored(self._channel, event)
        measured = Measured(check_measure(self._channel, answer), event)
        if facts is None:
            return measured
        read = RateFacts(*cast("tuple[Any, ...]", facts))
        return measured._replace(service=check_service(service), facts=check_rate_facts(read))


def measure_in_child(host: PluginHost, payload: tuple[str, Columns]) -> tuple[_Row, ...]:
    """Measure a batch in columns; runs in a child."""
    name, columns = payload
    channel = host.channels[name]
    events = from_columns(channel, columns)
    return tuple(_row(channel, verdict) for verdict in measure_batch(channel, events))


def _row(channel: HostedChannel, verdict: Verdict) -> _Row:
    if isinstance(verdict, Rejection):
        return (
            "rejected",
            verdict.code,
            verdict.message,
            verdict.path,
            verdict.is_plugin_fault,
            verdict.frames,
        )
    measure = verdict.measure
    answer = None if measure is None else (measure.unit, measure.quantity, measure.dimension)
    facts = None if verdict.facts is None else tuple(verdict.facts)
    return "measured", answer, to_columns(channel, [verdict.event]), verdict.service, facts
