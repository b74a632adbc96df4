"""Find the periods of a batch under the freeze lock, and make those that are lacking.

Normally one read. Periods lack where closings have fallen behind, and where usage comes
late for a subscription that has ended: its settlement period is opened here and billed by
the next run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.kernel.ids import new_id
from core.periods.repository import extend_periods, store_periods
from core.periods.rows import PeriodRow
from core.periods.schedule import Schedule
from core.subscriptions import repository as subscriptions
from core.usage.placing import Beyond, Course, Place
from core.usage.repository import usage_periods

_NOWHERE: Final = Beyond(is_before=True)
_TICK: Final = timedelta(microseconds=1)

_ENDED: Final = """
SELECT s.id, s.account_id, s.ends_at, a.test_clock,
    max(p.ends_at) AS settled_until, max(p.ordinal) AS ordinal
FROM subscription s
JOIN account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
LEFT JOIN billing_period p ON p.tenant_id = s.tenant_id AND p.subscription_id = s.id
    AND p.stream = 'settlement'
WHERE s.tenant_id = $1 AND s.id = ANY($2::uuid[]) AND s.ends_at IS NOT NULL
GROUP BY s.id, s.account_id, s.ends_at, a.test_clock
"""


class Asked(NamedTuple):
    """A time of usage in a subscription."""

    subscription_id: UUID
    at: datetime


async def places_for(tx: Tx, asked: Sequence[Asked]) -> list[Place | Beyond]:
    """Return the two periods of each time, in order, where there can be any.

    The caller has taken the freeze lock, shared, in a statement before.
    """
    places = await _read(tx, asked)
    behind = _behind(asked, places)
    if behind:
        await _extend(tx, behind)
        places = await _read(tx, asked)
    unbilled = {
        one.subscription_id
        for one, place in zip(asked, places, strict=True)
        if isinstance(place, Place) and place.billing_period_id is None
    }
    if unbilled:
        await open_settlements(tx, unbilled)
        places = await _read(tx, asked)
    return places


async def _read(tx: Tx, asked: Sequence[Asked]) -> list[Place | Beyond]:
    times = [one.at for one in asked]
    found = await usage_periods(
        tx,
        {one.subscription_id for one in asked},
        earliest=min(times),
        latest=max(times),
    )
    courses = {subscription_id: Course(periods) for subscription_id, periods in found.items()}
    return [
        courses[subscription_id].place(at) if subscription_id in courses else _NOWHERE
        for subscription_id, at in asked
    ]


def _behind(asked: Sequence[Asked], places: Sequence[Place | Beyond]) -> dict[UUID, datetime]:
    """Return the latest time of each subscription that lies behind its last period."""
    latest: dict[UUID, datetime] = {}
    for (subscription_id, at), place in zip(asked, places, strict=True):
        if isinstance(place, Beyond) and not place.is_before:
            latest[subscription_id] = max(latest.get(subscription_id, at), at)
    return latest


async def _extend(tx: Tx, behind: Mapping[UUID, datetime]) -> None:
    """Make the periods up to the latest time asked for; an ended subscription gets none."""
    ids = list(behind)
    found = await subscriptions.subscriptions(tx, ids)
    phases = await subscriptions.phases_of(tx, ids)
    last_terms = {
        one: phases[one][-1].billing_terms_version_id for one in ids if phases.get(one)
    }
    terms = await load_terms_versions(tx, set(last_terms.values()))
    schedules = {
        one: Schedule.of(
            terms[last],
            anchor=phases[one][-1].anchor or found[one].anchor,
            zone=found[one].timezone,
        )
        for one, last in last_terms.items()
    }
    await extend_periods(tx, list(schedules), schedules=schedules, until=max(behind.values()))


async def open_settlements(tx: Tx, subscription_ids: Collection[UUID]) -> None:
    """Open a settlement period, due at once, for each that has ended and has none open.

    It begins where the subscription or its last settlement ended and reaches to now, so
    that two batches that open one at the same time make the same one: the database keeps
    the first.
    """
    rows = await tx.fetch(_ENDED, tx.tenant_id, list(subscription_ids))
    periods: list[PeriodRow] = []
    for row in rows:
        starts_at = max(row["ends_at"], row["settled_until"] or row["ends_at"])
        ends_at = max(starts_at + _TICK, row["test_clock"] or tx.now)
        periods.append(
            PeriodRow(
                tenant_id=tx.tenant_id,
                id=new_id(),
                account_id=row["account_id"],
                subscription_id=row["id"],
                stream="settlement",
                ordinal=(row["ordinal"] if row["ordinal"] is not None else -1) + 1,
                starts_at=starts_at,
                ends_at=ends_at,
                whole_starts_at=starts_at,
                whole_ends_at=ends_at,
                due_at=ends_at,
                is_test=row["test_clock"] is not None,
            )
        )
    await store_periods(tx, periods)
