"""What becomes of a task: times offered, one booked, the link sent, done, or cancelled.

| verb | from | to |
|---|---|---|
| offer | open, offered, booked | offered |
| book | offered, booked | booked |
| send the link | booked | booked |
| done | booked | done |
| cancel | open, offered, booked | cancelled |

Offering anew gives up what was booked, so that a time can be moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from core import outbox
from core.accounts import history
from core.accounts.clock import now_of_account
from core.db import Tx
from core.fulfilment import repository
from core.fulfilment.records import Task
from core.fulfilment.refusals import (
    InvalidLink,
    InvalidSlots,
    SlotNotOffered,
    TaskNotFound,
    WrongTaskState,
)
from core.kernel.clock import in_utc

Verb = Literal["offer", "book", "send_link", "done", "cancel"]
ALLOWED: Final[Mapping[Verb, frozenset[str]]] = {
    "offer": frozenset({"open", "offered", "booked"}),
    "book": frozenset({"offered", "booked"}),
    "send_link": frozenset({"booked"}),
    "done": frozenset({"booked"}),
    "cancel": frozenset({"open", "offered", "booked"}),
}
MAX_SLOTS: Final = 20
MAX_LINK: Final = 2_000
_NAME: Final = """
SELECT p.body ->> 'fulfils' FROM product p WHERE p.tenant_id = $1 AND p.id = $2
"""


async def offer(tx: Tx, task_id: UUID, slots: Sequence[datetime]) -> Task:
    """Offer the customer times to choose from; they replace those offered before."""
    task, now = await _at_hand(tx, task_id, "offer")
    times = [in_utc(slot) for slot in slots]
    if not 1 <= len(times) <= MAX_SLOTS or len(set(times)) < len(times):
        raise InvalidSlots(f"offer 1 to {MAX_SLOTS} times, each once", path=("slots",))
    for place, time in enumerate(times):
        if time <= max(now, task.opens_at):
            raise InvalidSlots("offer times to come", path=("slots", str(place)))
    written = tuple(time.isoformat() for time in sorted(times))
    changed = replace(
        task, state="offered", slots=written, booked_for=None, link=None, link_sent_at=None
    )
    return await _changed(tx, changed, "task.offered", slots=list(written))


async def book(tx: Tx, task_id: UUID, slot: datetime) -> Task:
    """Book one of the offered times; another one takes its place."""
    task, now = await _at_hand(tx, task_id, "book")
    time = in_utc(slot)
    if time not in task.times() or time <= now:
        raise SlotNotOffered("book one of the times that are offered", path=("slot",))
    if task.booked_for == time:
        return task
    changed = replace(task, state="booked", booked_for=time, link=None, link_sent_at=None)
    return await _changed(tx, changed, "task.booked", at=time.isoformat())


async def send_link(tx: Tx, task_id: UUID, link: str) -> Task:
    """Note the link that the customer is sent to join; a later one replaces it."""
    task, now = await _at_hand(tx, task_id, "send_link")
    checked = _checked_link(link)
    changed = replace(task, link=checked, link_sent_at=now)
    return await _changed(tx, changed, "task.link_sent", link=checked)


async def done(tx: Tx, task_id: UUID) -> Task:
    """Note that the work is done."""
    task, now = await _at_hand(tx, task_id, "done")
    return await _changed(tx, replace(task, state="done", done_at=now), "task.done")


async def cancel(tx: Tx, task_id: UUID) -> Task:
    """Give a task up; what was charged for it is another matter."""
    task, _now = await _at_hand(tx, task_id, "cancel")
    return await _changed(tx, replace(task, state="cancelled"), "task.cancelled")


async def _at_hand(tx: Tx, task_id: UUID, verb: Verb) -> tuple[Task, datetime]:
    """Lock a task; return it with its account's time, where its state allows the verb."""
    task = await repository.lock_task(tx, task_id)
    if task is None:
        raise TaskNotFound(
            "there is no such task; look at the list, query fulfilmentTasks", path=("task",)
        )
    if task.state not in ALLOWED[verb]:
        needed = ", ".join(sorted(ALLOWED[verb]))
        raise WrongTaskState(f"the task is {task.state}; it must be {needed}", path=("task",))
    return task, await now_of_account(tx, task.account_id)


def _checked_link(link: str) -> str:
    """Return a web address, or refuse it."""
    text = link.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    is_plain = text.isprintable() and " " not in text and len(text) <= MAX_LINK
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        raise InvalidLink("write a web address: https://example.com/room", path=("link",))
    return text


async def _changed(tx: Tx, changed: Task, action: str, **details: Any) -> Task:
    await repository.store(tx, changed)
    name = await tx.fetchval(_NAME, tx.tenant_id, changed.product_id)
    told = {"name": name, "subscription": changed.subscription_id, **details}
    await history.append(
        tx,
        account_id=changed.account_id,
        action=action,
        subject_type="fulfilment_task",
        subject_id=changed.id,
        details=told,
    )
    await outbox.append(
        tx,
        topic=action,
        subject_id=changed.id,
        payload={"account": changed.account_id, **told},
    )
    return changed
