"""Check and measure reports, before any lock and without the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from core.logging import get_logger
from core.plugin_host import Measured, PluginHost, Rejection, measure_batch
from core.plugin_host import Verdict as MeasureVerdict
from core.pricing_pool.measuring import measure_events
from core.pricing_pool.pool import PricingPool
from core.usage.codec import ChannelCodec, codecs_of
from core.usage.records import MOST_CHARACTERS, Checked, Named, UsageReport, Verdict, rejected

_log = get_logger(__name__)

_MOST_TOLD: Final = 10
"""Places of one batch in which a plugin failed that are logged."""
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Bounds of what is taken for a time at all; periods and the account's clock decide later."""


async def check_events(
    reports: Sequence[UsageReport], *, host: PluginHost, pool: PricingPool | None
) -> list[Checked | Verdict]:
    """Return each report checked and measured, or the verdict that rejects it, in order.

    Built-in channels are measured here, others in a child process of the pool.
    """
    codecs = codecs_of(host)
    checked: list[Checked | Verdict | None] = [None] * len(reports)
    instants: list[datetime | None] = [None] * len(reports)
    by_channel: defaultdict[str, list[int]] = defaultdict(list)
    for index, report in enumerate(reports):
        found = envelope_fault(report, codecs)
        if isinstance(found, Verdict):
            checked[index] = found
        else:
            instants[index] = found
            by_channel[report.channel].append(index)
    for channel, indexes in by_channel.items():
        codec = codecs[channel]
        events = [reports[index].event for index in indexes]
        answers = await measured(codec, events, pool=pool)
        for index, answer in zip(indexes, answers, strict=True):
            instant = instants[index]
            assert instant is not None
            checked[index] = _checked(reports[index], instant, answer, codec)
    return [one for one in checked if one is not None]


async def measured(
    codec: ChannelCodec, events: list[Any], *, pool: PricingPool | None
) -> Sequence[MeasureVerdict]:
    """Return what events of a channel amount to, here or in a child, in order."""
    channel = codec.channel
    if channel.plugin.is_built_in:
        answers = measure_batch(channel, events)
    elif pool is None:
        raise RuntimeError(f"channel {channel.name} is third-party: give a pricing pool")
    else:
        answers = await measure_events(channel, events, pool=pool)
    _warn_of_faults(codec, answers)
    return answers


def _warn_of_faults(codec: ChannelCodec, answers: Sequence[MeasureVerdict]) -> None:
    """Log where a plugin failed, a place once a batch; what it failed on is the sender's."""
    faults = Counter(
        answer.frames
        for answer in answers
        if isinstance(answer, Rejection) and answer.is_plugin_fault
    )
    for frames, events in faults.most_common(_MOST_TOLD):
        _log.warning(
            "plugin_failed",
            plugin=codec.channel.plugin.title,
            channel=codec.channel.name,
            events=events,
            frames=frames,
        )


def _checked(
    report: UsageReport, occurred_at: datetime, answer: MeasureVerdict, codec: ChannelCodec
) -> Checked | Verdict:
    if isinstance(answer, Measured):
        measure, event, service, facts, replay_key = answer
        payload = codec.payload(event)
        return Checked(report, occurred_at, measure, payload, service, facts, replay_key)
    return verdict_of(answer, channel=report.channel)


def verdict_of(rejection: Rejection, *, channel: str) -> Verdict:
    """Return the verdict for what a channel rejected; the path leads into the event."""
    if rejection.is_plugin_fault:
        return rejected("PLUGIN_FAILED", rejection.message, path=("event", channel))
    path = ("event", channel, *rejection.path)
    return rejected("INVALID_VALUE", rejection.message, path=path)


def envelope_fault(
    report: UsageReport, codecs: Mapping[str, ChannelCodec]
) -> Verdict | datetime:
    """Return what is wrong around the event itself, or else its instant in UTC."""
    account, source, event_id, occurred_at, channel, _event, subscription, _catalogue = report
    texts: tuple[tuple[str, Named], ...] = (
        ("source", source),
        ("id", event_id),
        ("account", account),
    )
    if subscription is not None:
        texts = (*texts, ("subscription", subscription))
    for path, text in texts:
        if isinstance(text, str) and not (
            0 < len(text) <= MOST_CHARACTERS and text.isascii() and text.isprintable()
        ):
            fault = text_fault(text)
            if fault:
                return rejected("INVALID_VALUE", f"{path} {fault}", path=(path,))
    if channel not in codecs:
        known = ", ".join(sorted(codecs))
        message = f"there is no channel {channel[:80]!r}; choose from {known}"
        return rejected("INVALID_VALUE", message, path=("event",))
    return _instant(occurred_at)


def text_fault(text: str) -> str:
    """Return what is wrong with a source, an id or a ref; empty when it can be stored."""
    if not 1 <= len(text) <= MOST_CHARACTERS:
        return f"has {len(text)} characters; give 1 to {MOST_CHARACTERS}"
    if "\0" in text:
        return "has a character NUL, which cannot be stored"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "has half of a surrogate pair"
    return ""


def _instant(occurred_at: datetime) -> Verdict | datetime:
    path = ("occurredAt",)
    if occurred_at.tzinfo is None or occurred_at.utcoffset() is None:
        return rejected("INVALID_VALUE", "occurredAt has no offset from UTC", path=path)
    try:
        instant = occurred_at.astimezone(UTC)
    except OverflowError:
        return rejected("INVALID_VALUE", "occurredAt is no instant of the calendar", path=path)
    if not _EARLIEST <= instant < _LATEST:
        return rejected("INVALID_VALUE", "occurredAt is not in 2000 to 2199", path=path)
    return instant
