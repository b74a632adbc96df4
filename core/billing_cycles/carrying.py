"""Usage below its threshold, carried on from period to period (`below_threshold: carry`).

A period that carries is settled like any other, but for what its events cost: it is marked,
and stays so until an interim invoice or a later closing takes what it carries along. While
there is a mark, whoever bills usage of the subscription holds its counter, so that a mark is
never taken away from what somebody else has just added.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing_cycles.counting import Counted, counting, thresholds_of
from core.billing_cycles.known import Known
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.billing_cycles.rows import (
    ClosingRows,
    LateLink,
    Marks,
    PhaseFacts,
    SubscriptionFacts,
)
from core.billing_cycles.snapshots import InvoiceGroup
from core.db import Tx
from core.freeze_lock import share_freeze_to_close
from core.periods.rows import StoredPeriod
from core.usage.counters import lock_counters

_VERSIONS: Final = """
SELECT id FROM billing_terms_version
WHERE tenant_id = $1 AND body ->> 'below_threshold' = 'carry'
"""
_CARRIERS: Final = """
SELECT DISTINCT subscription_id FROM subscription_phase
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[])
  AND billing_terms_version_id = ANY ($3::uuid[])
"""
_CARRIED: Final = """
SELECT id, subscription_id FROM billing_period
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND usage_carried_at IS NOT NULL
ORDER BY subscription_id, starts_at
"""
_FIRST_OPEN: Final = f"""
SELECT DISTINCT ON (subscription_id) {", ".join(StoredPeriod._fields)} FROM billing_period
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND stream = 'usage'
  AND state = 'open'
ORDER BY subscription_id, starts_at
"""  # noqa: S608 - our columns
_UNBILLED_UNTIL: Final = """
SELECT subscription_id, max(ends_at) AS until FROM billing_period
WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[]) AND stream = 'usage'
  AND state <> 'billed'
GROUP BY subscription_id
"""
_MARK: Final = """
UPDATE billing_period SET usage_carried_at = coalesce(usage_carried_at, $3)
WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND stream = 'usage' AND state = 'billed'
"""
_TAKEN: Final = """
UPDATE billing_period SET usage_carried_at = NULL
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""


class CarriedPeriod(NamedTuple):
    """A period that is settled but for usage."""

    id: UUID
    subscription_id: UUID


async def carriers(tx: Tx, subscription_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the subscriptions whose usage is, or was, carried on by their terms.

    One small statement where no terms of the tenant do.
    """
    versions = [row["id"] for row in await tx.fetch(_VERSIONS, tx.tenant_id)]
    if not versions:
        return set()
    rows = await tx.fetch(_CARRIERS, tx.tenant_id, list(subscription_ids), versions)
    return {row["subscription_id"] for row in rows}


async def hold_carriers(tx: Tx, periods: Sequence[StoredPeriod]) -> set[UUID]:
    """Take the turn of those subscriptions of a closing that carry usage; return them.

    Before anything of theirs is read. On a test clock the freeze lock comes first, as where
    the clock is moved: two closings never wait for each other in a ring.
    """
    found = await carriers(tx, {period.subscription_id for period in periods})
    if found:
        if any(period.is_test for period in periods):
            await share_freeze_to_close(tx)
        await lock_counters(tx, found)
    return found


async def carried_periods(tx: Tx, subscription_ids: Collection[UUID]) -> list[CarriedPeriod]:
    """Return the periods of these subscriptions that carry usage."""
    if not subscription_ids:
        return []
    rows = await tx.fetch(_CARRIED, tx.tenant_id, list(subscription_ids))
    return [CarriedPeriod._make(row) for row in rows]


def carried_links(
    periods: Iterable[StoredPeriod], carried: Iterable[CarriedPeriod]
) -> list[LateLink]:
    """Let the periods at hand bill what was carried on; what finds none there waits."""
    billing: dict[UUID, StoredPeriod] = {}
    for period in sorted(periods, key=lambda one: one.starts_at):
        if period.stream != "fees":
            billing[period.subscription_id] = period
    return [
        LateLink(billing[one.subscription_id].id, one.id, one.subscription_id)
        for one in carried
        if one.subscription_id in billing
    ]


async def first_open_periods(tx: Tx, subscription_ids: Collection[UUID]) -> list[StoredPeriod]:
    """Return the first open usage period of each subscription."""
    rows = await tx.fetch(_FIRST_OPEN, tx.tenant_id, list(subscription_ids))
    return [StoredPeriod._make(row) for row in rows]


async def read_to_close(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    pricing: Pricing,
    carriers: Collection[UUID],
    known: Known | None = None,
) -> ClosingRows:
    """Read the rows of a closing, with what is carried to it and who carries on.

    `carriers` are those of its subscriptions that carry usage, or did; a closing holds them.
    `known` is what was read of its subscriptions before.
    """
    carried = carried_links(periods, await carried_periods(tx, carriers))
    rows = await read_rows(tx, periods, pricing=pricing, carried=carried, known=known)
    await _decide(tx, rows, among=carriers)
    return rows


async def _decide(tx: Tx, rows: ClosingRows, *, among: Collection[UUID]) -> None:
    """Decide which of the closing's subscriptions carry their usage on, into `rows`.

    Those whose terms say so, for the periods at hand and behind them; that have thresholds to
    stay below; and whose usage is billed again, because it goes on.
    """
    last: dict[UUID, StoredPeriod] = {}
    wanted: dict[UUID, Counted] = {}
    for period in sorted(rows.periods, key=lambda one: one.starts_at):
        if period.stream == "usage" and period.subscription_id in among:
            last[period.subscription_id] = period
    for subscription_id, period in last.items():
        counted = _carrying(rows, rows.subscriptions[subscription_id], period)
        if counted is not None:
            wanted[subscription_id] = counted
    found = await counting(tx) if wanted else None
    if found is None:
        return
    until = await _unbilled_until(tx, wanted, rows)
    going_on = [
        one for key, one in wanted.items() if key not in until or until[key] > last[key].ends_at
    ]
    limited = await thresholds_of(tx, going_on, has_rules=found.has_rules)
    rows.carrying = {key: wanted[key] for key in limited}


def _carrying(
    rows: ClosingRows, facts: SubscriptionFacts, period: StoredPeriod
) -> Counted | None:
    """Return under which terms the usage of a closing period is carried on, if it is."""
    if facts.ends_at is not None and facts.ends_at <= period.ends_at:
        return None
    phase = _phase_at(rows, facts.id, period.starts_at)
    behind = _phase_at(rows, facts.id, period.ends_at)
    for one in (phase, behind):
        if one is None or rows.terms[one.terms_version_id].below_threshold != "carry":
            return None
    assert phase is not None
    return Counted(
        facts.id,
        facts.account_id,
        facts.currency,
        facts.test_clock,
        rows.terms[phase.terms_version_id],
        phase.from_at,
        phase.until_at,
    )


def _phase_at(rows: ClosingRows, subscription_id: UUID, at: datetime) -> PhaseFacts | None:
    for phase in rows.phases.get(subscription_id, ()):
        if phase.from_at <= at and (phase.until_at is None or at < phase.until_at):
            return phase
    return None


async def _unbilled_until(
    tx: Tx, wanted: Collection[UUID], rows: ClosingRows
) -> Mapping[UUID, datetime]:
    """Return until when ending subscriptions have periods that are still to be billed.

    A closing that is late, such as of what was parked, may come after the last one's.
    """
    ending = [key for key in wanted if rows.subscriptions[key].ends_at is not None]
    if not ending:
        return {}
    found = await tx.fetch(_UNBILLED_UNTIL, tx.tenant_id, ending)
    return {row["subscription_id"]: row["until"] for row in found}


def carried_marks(
    rows: ClosingRows, priced: Iterable[tuple[InvoiceGroup, InvoiceDraft]]
) -> Marks:
    """Return what carries usage on from now on, and what was taken along.

    Usage that came late for a settled period is carried on with the rest: that period bears
    the mark, too.
    """
    carries: set[UUID] = set()
    taken: list[UUID] = []
    for group, draft in priced:
        for step in draft.steps:
            if step.part.carries:
                carries.add(step.period_id)
            elif step.part.is_carried:
                taken.append(step.period_id)
        on = [member for member in group.members if member in rows.carrying]
        carries |= {link.usage_period_id for link in rows.late if link.subscription_id in on}
    return Marks(sorted(carries), taken)


async def store_marks(tx: Tx, marks: Marks) -> None:
    """Mark and unmark periods; those that carry are billed already."""
    if marks.carries:
        await tx.execute(_MARK, tx.tenant_id, marks.carries, tx.now)
    if marks.taken:
        await tx.execute(_TAKEN, tx.tenant_id, marks.taken)
