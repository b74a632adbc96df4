"""Reads of usage: a keyset page of events, one event's revisions, the reconciliation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from core.db import Tx
from core.rows import column_list, to_record
from core.usage import repository
from core.usage.identity import event_identity
from core.usage.records import Named, StoredEvent

MAX_PAGE: Final = 200
MAX_REVISIONS: Final = 1000
_COLUMNS: Final = column_list(StoredEvent)

_REVISIONS: Final = f"""
SELECT {_COLUMNS} FROM usage_event WHERE tenant_id = $1 AND identity = $2
ORDER BY revision LIMIT $3
"""  # noqa: S608 - the names of a record's fields
_RECONCILIATION: Final = """
WITH received AS (
    SELECT (received_at AT TIME ZONE $4)::date AS day, channel,
        sum(accepted + free + rejected) AS received,
        sum(rejected) AS rejected, sum(duplicate) AS duplicate
    FROM usage_batch
    WHERE tenant_id = $1 AND received_at >= $2 AND received_at < $3
    GROUP BY 1, 2),
stored AS (
    SELECT (e.received_at AT TIME ZONE $4)::date AS day, e.channel,
        count(*) FILTER (WHERE p.state = 'billed') AS billed,
        count(*) FILTER (WHERE e.billing_period_id IS NULL) AS free,
        count(*) FILTER (WHERE p.state = 'parked') AS parked,
        count(*) FILTER (WHERE p.state IN ('open', 'frozen')) AS open
    FROM usage_event e
    LEFT JOIN billing_period p
        ON p.tenant_id = e.tenant_id AND p.id = e.billing_period_id
    WHERE e.tenant_id = $1 AND e.revision = 0
        AND e.received_at >= $2 AND e.received_at < $3
    GROUP BY 1, 2)
SELECT day, channel, coalesce(r.received, 0)::bigint AS received,
    coalesce(s.billed, 0) AS billed, coalesce(s.free, 0) AS free,
    coalesce(r.rejected, 0)::bigint AS rejected, coalesce(s.parked, 0) AS parked,
    coalesce(s.open, 0) AS open, coalesce(r.duplicate, 0)::bigint AS duplicate
FROM received r FULL JOIN stored s USING (day, channel)
ORDER BY day, channel
"""


@dataclass(frozen=True, slots=True)
class DayOfChannel:
    """What became of what was received on one day on one channel, counted in events.

    `channel` is empty for what named no channel that there is. A duplicate is not received
    again, and neither is a void or an amendment: what it changes was received before.
    """

    day: date
    channel: str
    received: int
    billed: int
    free: int
    rejected: int
    parked: int
    open: int
    duplicate: int

    @property
    def is_balanced(self) -> bool:
        """True when everything received is accounted for, once."""
        known = self.billed + self.free + self.rejected + self.parked + self.open
        return self.received == known


async def events_page(
    tx: Tx,
    *,
    account_id: UUID,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    after: tuple[datetime, UUID, int] | None = None,
    limit: int = MAX_PAGE,
    descending: bool = False,
) -> list[StoredEvent]:
    """Return a page of an account's events, voids and amendments among them, by their time.

    `after` is the last one's (occurred_at, identity, revision); `[from_at, until_at)`
    bounds the time. Fetch one more than you show to know of a next page.
    """
    way, past = ("DESC", "<") if descending else ("ASC", ">")
    rule = "tenant_id = $1 AND account_id = $2"
    arguments: list[object] = [tx.tenant_id, account_id]
    for bound, sign in ((from_at, ">="), (until_at, "<")):
        if bound is not None:
            arguments.append(bound)
            rule += f" AND occurred_at {sign} ${len(arguments)}"
    if after is not None:
        arguments += after
        places = ", ".join(f"${len(arguments) - back}" for back in (2, 1, 0))
        rule += f" AND (occurred_at, identity, revision) {past} ({places})"
    arguments.append(max(0, min(limit, MAX_PAGE)))
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM usage_event WHERE {rule}"  # noqa: S608 - our own words
        f" ORDER BY occurred_at {way}, identity {way}, revision {way} LIMIT ${len(arguments)}",
        *arguments,
    )
    return [to_record(StoredEvent, dict(row)) for row in rows]


async def event_revisions(
    tx: Tx, *, account: Named, source: str, event_id: str
) -> Sequence[StoredEvent]:
    """Return all revisions of one event, the first one first; none where there is no event.

    The last one counts, unless its sign is -1: then the event is void.
    """
    accounts = await repository.accounts_named(tx, [account])
    if account not in accounts:
        return []
    identity = event_identity(accounts[account].id, source=source, event_id=event_id)
    rows = await tx.fetch(_REVISIONS, tx.tenant_id, identity, MAX_REVISIONS)
    return [to_record(StoredEvent, dict(row)) for row in rows]


async def reconciliation(
    tx: Tx, *, from_at: datetime, until_at: datetime, timezone: str = "UTC"
) -> list[DayOfChannel]:
    """Return by day and channel: received = billed + free + rejected + parked + open.

    Received and rejected are counted from the tallies of batches, the rest from the events
    themselves, so that a difference shows. An event is open until its billing period is
    billed, or parked.
    """
    rows = await tx.fetch(_RECONCILIATION, tx.tenant_id, from_at, until_at, timezone)
    return [to_record(DayOfChannel, dict(row)) for row in rows]
