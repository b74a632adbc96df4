"""Put another content in an event's place: a voiding row and a new revision."""

from __future__ import annotations

from core import audit
from core.db import Tx
from core.plugin_host import PluginHost
from core.pricing_pool.pool import PricingPool
from core.usage import repository
from core.usage.checking import check_events
from core.usage.corrections import already_void, present_revision, voiding_row
from core.usage.dirtied import dirty_closed
from core.usage.gate import Gate
from core.usage.records import (
    ACCEPTED,
    DUPLICATE,
    FREE,
    LIMITS,
    UsageLimits,
    UsageReport,
    Verdict,
)
from core.usage.rows import Refused, rows_of


async def usage_amend(
    tx: Tx,
    *,
    host: PluginHost,
    report: UsageReport,
    gate: Gate,
    pool: PricingPool | None = None,
    limits: UsageLimits = LIMITS,
) -> Verdict:
    """Amend the event that the report names (account, source, id) to what it says.

    The verdict is that of the new content: accepted; duplicate, when it is what is stored
    already; or rejected with a reason of `record_usage`, and then nothing has changed. The
    difference is billed with the period that is open now.

    Raises:
        EventNotFound: the account has no such event.
        AlreadyVoid: it is void, or was corrected at this moment.
    """
    (checked,) = await check_events([report], host=host, pool=pool)
    if isinstance(checked, Verdict):
        return checked
    event = await present_revision(
        tx, account=report.account, source=report.source, event_id=report.id
    )
    (row,) = await rows_of(tx, [checked], host=host, limits=limits)
    if isinstance(row, Verdict):
        return row
    if row.content_hash == event.content_hash:
        return DUPLICATE
    if isinstance(row, Refused):
        return row.verdict
    undoing = await voiding_row(tx, event)
    renewed = row._replace(revision=undoing.revision + 1)
    admitted = await gate.admit(tx, [undoing, renewed])
    refused = next((one for one in admitted.rows if isinstance(one, Refused)), None)
    if refused is not None:
        return refused.verdict
    # One after the other: whoever stores the voiding row first owns the revision behind it.
    if not await repository.insert_events(tx, [undoing]):
        raise already_void(event)
    await admitted.stored(tx, await repository.insert_events(tx, [renewed]))
    await dirty_closed(tx, [undoing, renewed], host=host)
    await audit.record(
        tx,
        action="usage.amended",
        subject_type="usage_event",
        subject_id=event.identity,
        details={"account": event.account_id, "source": report.source, "id": report.id},
    )
    return FREE if renewed.usage_period_id is None else ACCEPTED
