"""Take an event back: a row with the sign -1, billed with the period that is open now."""

from __future__ import annotations

from core import audit
from core.db import Tx
from core.plugin_host import PluginHost
from core.usage import repository
from core.usage.corrections import already_void, present_revision, voiding_row
from core.usage.dirtied import dirty_closed
from core.usage.gate import Gate
from core.usage.records import Named


async def usage_void(
    tx: Tx,
    *,
    account: Named,
    source: str,
    event_id: str,
    gate: Gate,
    host: PluginHost | None = None,
) -> None:
    """Void an event; what was billed of it comes back with the period that is open now.

    Its id stays taken. Of two that void it at the same time one wins. `host` is needed for
    events of windowed channels, whose neighbours it may change.

    Raises:
        EventNotFound: the account has no such event.
        AlreadyVoid: it is void already, or was corrected at this moment.
        PluginMissing: the channel has windows, and no plugin has it any more.
    """
    event = await present_revision(tx, account=account, source=source, event_id=event_id)
    row = await voiding_row(tx, event)
    admitted = await gate.admit(tx, [row])
    new = await repository.insert_events(tx, [row])
    if not new:
        raise already_void(event)
    await admitted.stored(tx, new)
    await dirty_closed(tx, [row], host=host)
    await audit.record(
        tx,
        action="usage.voided",
        subject_type="usage_event",
        subject_id=event.identity,
        details={"account": event.account_id, "source": source, "id": event_id},
    )
