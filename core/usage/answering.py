"""Store the rows of a batch and tell what was new, what repeated, and what contradicts.

Equal identities within the batch are collapsed here: of two the first counts. Then one
insert leaves out what is stored, and a statement of its own reads what did not come back:
in one statement with the insert it would not see what a concurrent batch had committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from core.db import Tx
from core.plugin_host import PluginHost
from core.usage import repository
from core.usage.dirtied import dirty_closed
from core.usage.gate import Admitted
from core.usage.records import ACCEPTED, DUPLICATE, FREE, Content, EventRow, Verdict
from core.usage.rows import Refused, Row


async def answered(
    tx: Tx, admitted: Admitted, *, host: PluginHost, most_contents: int
) -> list[Verdict]:
    """Insert what is new of a batch and return every event's verdict, in order."""
    rows = admitted.rows
    first: dict[UUID, EventRow] = {}
    for row in rows:
        if isinstance(row, EventRow):
            first.setdefault(row.identity, row)
    new = await repository.insert_events(tx, list(first.values()))
    await admitted.stored(tx, new)
    await dirty_closed(tx, [row for key, row in first.items() if key in new], host=host)
    if len(new) == len(rows):  # the usual case: all of them are new
        return [_accepted(row) for row in first.values()]
    others = [
        index
        for index, row in enumerate(rows)
        if isinstance(row, Refused) or (isinstance(row, EventRow) and row.identity not in new)
    ]
    known = await _known(tx, rows, others)
    verdicts: list[Verdict] = []
    conflicts: list[int] = []
    for index, row in enumerate(rows):
        verdict = _verdict(row, first=first, new=new, known=known.get(index))
        if verdict is None:
            conflicts.append(index)
        verdicts.append(verdict or DUPLICATE)
    await _show_conflicts(
        tx, rows, conflicts, verdicts, first=first, new=new, most_contents=most_contents
    )
    return verdicts


async def _known(tx: Tx, rows: Sequence[Row], others: Sequence[int]) -> dict[int, bool]:
    wanted: list[tuple[UUID, bytes]] = []
    for index in others:
        row = rows[index]
        assert not isinstance(row, Verdict)
        wanted.append((row.identity, row.content_hash))
    found = await repository.known_contents(tx, wanted)
    return {others[place]: is_same for place, is_same in found.items()}


def _verdict(
    row: Row, *, first: dict[UUID, EventRow], new: set[UUID], known: bool | None
) -> Verdict | None:
    """Return a row's verdict, or None for a conflict."""
    if isinstance(row, Verdict):
        return row
    if isinstance(row, Refused):
        return DUPLICATE if known else row.verdict
    if row.identity not in new:
        return DUPLICATE if known else None
    kept = first[row.identity]
    if kept is row:
        return _accepted(row)
    return DUPLICATE if kept.content_hash == row.content_hash else None


def _accepted(row: EventRow) -> Verdict:
    return FREE if row.usage_period_id is None else ACCEPTED


async def _show_conflicts(
    tx: Tx,
    rows: Sequence[Row],
    conflicts: Sequence[int],
    verdicts: list[Verdict],
    *,
    first: dict[UUID, EventRow],
    new: set[UUID],
    most_contents: int,
) -> None:
    if not conflicts:
        return
    shown = conflicts[:most_contents]
    stored = await repository.contents_of(
        tx, {row.identity for row in _events(rows, shown) if row.identity not in new}
    )
    for index, row in zip(conflicts, _events(rows, conflicts), strict=True):
        kept = stored.get(row.identity)
        if kept is None and row.identity in new:
            kept = sent_content(first[row.identity])
        verdicts[index] = conflict(row, stored=kept)


def _events(rows: Sequence[Row], indexes: Sequence[int]) -> list[EventRow]:
    return [row for index in indexes if isinstance(row := rows[index], EventRow)]


def conflict(row: EventRow, *, stored: Content | None) -> Verdict:
    """Return the verdict of an event whose id is taken by another content; both are shown."""
    return Verdict(
        "rejected",
        "CONFLICT",
        f"{row.source} {row.event_id} is stored with another content; give it an id of its"
        " own, or amend what is stored",
        ("id",),
        stored=stored,
        sent=sent_content(row),
    )


def sent_content(row: EventRow) -> Content:
    """Return the content of a row that is, or would have been, stored."""
    return Content(row.channel, row.occurred_at, row.subscription_id, orjson.loads(row.payload))
