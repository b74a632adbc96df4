"""Record a batch of usage events: each gets its own verdict, one bad event loses no other.

In order: values are checked and measured without the database; accounts, subscriptions and
rate table slots are read set-based; the tenant's freeze lock is taken, shared and in a
statement of its own; the periods are read by the next statement; one insert stores what is
new, and a statement after it tells duplicates from conflicts. The number of statements does
not depend on the number of events. What is accepted is stored when the caller's transaction
has committed, and not before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Sequence

from core.db import Tx
from core.plugin_host import PluginHost
from core.pricing_pool.pool import PricingPool
from core.usage import repository
from core.usage.answering import answered
from core.usage.checking import check_events
from core.usage.codec import codecs_of
from core.usage.gate import Gate
from core.usage.records import (
    LIMITS,
    Checked,
    TooManyEvents,
    UsageLimits,
    UsageReport,
    Verdict,
)
from core.usage.repository import Tally
from core.usage.rows import rows_of


async def record_usage(
    tx: Tx,
    *,
    host: PluginHost,
    events: Sequence[UsageReport],
    gate: Gate,
    pool: PricingPool | None = None,
    limits: UsageLimits = LIMITS,
) -> list[Verdict]:
    """Store the events that are valid and new; return a verdict for each, in order.

    `gate` decides what thresholds and wallets ask. `pool` measures the channels of
    third-party plugins, and is needed only for those.

    Raises:
        TooManyEvents: there are more than `limits.most_events`; none is stored.
    """
    if len(events) > limits.most_events:
        raise TooManyEvents(
            f"{len(events)} events are more than {limits.most_events}; send several batches",
            path=("events",),
        )
    checked = await check_events(events, host=host, pool=pool)
    channels = [event.channel for event in events]
    return await store_checked(
        tx, checked, channels=channels, host=host, gate=gate, limits=limits
    )


async def store_checked(
    tx: Tx,
    checked: Sequence[Checked | Verdict],
    *,
    channels: Sequence[str],
    host: PluginHost,
    gate: Gate,
    limits: UsageLimits = LIMITS,
) -> list[Verdict]:
    """Store what `check_events` let pass, and return every event's verdict, in order.

    `channels` are those of the events, for the tally; "" where none could be read.
    """
    if not checked:
        return []
    rows = await rows_of(tx, checked, host=host, limits=limits)
    admitted = await gate.admit(tx, rows)
    verdicts = await answered(tx, admitted, host=host, most_contents=limits.most_contents)
    await repository.add_tallies(tx, _tallies(channels, verdicts, known=codecs_of(host)))
    return verdicts


def _tallies(
    channels: Sequence[str], verdicts: Sequence[Verdict], *, known: Container[str]
) -> list[Tally]:
    """Count the verdicts by channel; a channel that there is not is counted under ""."""
    # Most verdicts are one of three objects: counted by what they are, not by what they say.
    distinct = {id(verdict): verdict for verdict in verdicts}
    counts: defaultdict[str, Counter[tuple[str, bool]]] = defaultdict(Counter)
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    counted = Counter(zip(channels, map(id, verdicts), strict=True))
    for (channel, key), count in counted.items():
        verdict, name = distinct[key], channel if channel in known else ""
        counts[name][verdict.outcome, verdict.is_free] += count
        if verdict.reason is not None:
            reasons[name][verdict.reason] += count
    return [
        Tally(
            channel=name,
            accepted=count["accepted", False],
            free=count["accepted", True],
            duplicate=count["duplicate", False],
            rejected=count["rejected", False],
            reasons=reasons[name],
        )
        for name, count in counts.items()
    ]
