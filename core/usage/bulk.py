"""Take usage as NDJSON or CSV: one event a line in, one verdict a line out, a summary last.

A stream of any length needs the memory of two chunks: while one chunk is stored, the next
one is read and measured. A chunk is one transaction; its verdicts are given out when that
has committed. Where the stream breaks off, what was answered stays, and the rest may be
sent again: what was stored already is then a duplicate.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from core.database_errors import Unavailable, retrying
from core.db import Database
from core.plugin_host import PluginHost, schema_name
from core.pricing_pool.pool import PricingPool
from core.usage.checking import check_events
from core.usage.codec import codecs_of
from core.usage.csv_rows import RowReader
from core.usage.gate import Gate
from core.usage.lines import Line, LineReader, Names, cut_lines
from core.usage.record import store_checked
from core.usage.records import (
    BULK_LIMITS,
    Checked,
    Content,
    UsageLimits,
    UsageReport,
    Verdict,
)

_SLICE: Final = 250
"""Lines that are read at once; then others in this process have their turn."""


WRONG_HEADER: Final = "WRONG_HEADER"
"""The problem of CSV of which no row was read; the verdict of line 1 says what is wrong."""

_TAKEN: Final = {
    "accepted": b'{"line":%d,"verdict":"ACCEPTED"}\n',
    "duplicate": b'{"line":%d,"verdict":"DUPLICATE"}\n',
}


class BrokenOff(Exception):
    """Raised by the body: the sender has gone in the middle of it."""


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """Bounds of one stream."""

    most_lines: int = 1_000_000
    line_bytes: int = 64 * 1024
    chunk_rows: int = 10_000
    chunk_bytes: int = 8 * 1024 * 1024
    batch: UsageLimits = BULK_LIMITS


@dataclass(frozen=True, slots=True)
class BulkIngest:
    """What a stream is ingested with: where to, by whose plugins, how names are read."""

    database: Database
    host: PluginHost
    gate: Gate
    pool: PricingPool | None = None
    names: Names = field(default_factory=Names)
    limits: BulkLimits = field(default_factory=BulkLimits)
    is_csv: bool = False


class _Chunk(NamedTuple):
    """Lines in order, each checked; `channels` are those that they name."""

    numbers: list[int]
    checked: list[Checked | Verdict]
    channels: list[str]


async def ingest_lines(
    body: AsyncIterator[bytes],
    ingest: BulkIngest,
    *,
    tenant_id: UUID,
    actor: str,
    unit_id: UUID | None = None,
    only_problems: bool = False,
) -> AsyncIterator[bytes]:
    """Store a stream of NDJSON and yield blocks of verdict lines, then the summary line.

    `unit_id` is that of the staff member who sends, to whom accounts that their unit may not
    see are unknown. `only_problems` leaves out the lines of accepted events and duplicates,
    for senders that read nothing before they have sent everything.

    A line that cannot be read has a verdict with its number. The stream ends early, with a
    summary that says why and from which line to send again, when the database cannot take
    more, the stream has more lines than one may have, or the header of CSV is wrong.
    """
    stored: asyncio.Task[list[Verdict]] | None = None
    waiting: _Chunk | None = None
    count: Counter[str] = Counter()
    chunks = _Chunks(body, ingest)
    try:
        async for chunk in chunks:
            if stored is not None and waiting is not None:
                yield _answered(waiting, await stored, count, only_problems=only_problems)
            waiting = chunk
            stored = asyncio.create_task(
                _store(ingest, chunk, tenant_id=tenant_id, actor=actor, unit_id=unit_id)
            )
        if stored is not None and waiting is not None:
            yield _answered(waiting, await stored, count, only_problems=only_problems)
        yield _summary(count, problem=chunks.problem, resume_at=chunks.next_line)
    except BrokenOff:
        return  # half a line may have come last; what is not answered is sent again
    except Unavailable:
        assert waiting is not None
        yield _summary(count, problem="UNAVAILABLE", resume_at=waiting.numbers[0])
    finally:
        if stored is not None and not stored.done():
            # The sender has gone: let the transaction end, and with it its connection.
            await asyncio.gather(stored, return_exceptions=True)


@retrying
async def _store(
    ingest: BulkIngest, chunk: _Chunk, *, tenant_id: UUID, actor: str, unit_id: UUID | None
) -> list[Verdict]:
    async with ingest.database.transaction(tenant_id, actor=actor, unit_id=unit_id) as tx:
        return await store_checked(
            tx,
            chunk.checked,
            channels=chunk.channels,
            host=ingest.host,
            gate=ingest.gate,
            limits=ingest.limits.batch,
        )


class _Chunks:
    """Reads a stream into chunks of checked events."""

    def __init__(self, body: AsyncIterator[bytes], ingest: BulkIngest) -> None:
        self._blocks = cut_lines(body, longest=ingest.limits.line_bytes)
        self._ingest = ingest
        lines = LineReader(codecs_of(ingest.host), ingest.names)
        self._rows = RowReader(codecs_of(ingest.host), lines)
        self._read: Callable[[Line], UsageReport | Verdict | None] = (
            self._rows.read if ingest.is_csv else lines.read
        )
        self._chunk, self._bytes = _Chunk([], [], []), 0
        self._slice: list[Line] = []
        self.next_line = 1
        self.problem = ""

    async def __aiter__(self) -> AsyncIterator[_Chunk]:
        async for lines in self._blocks:
            for line in lines:
                if line.number > self._ingest.limits.most_lines:
                    self.problem = "TOO_MANY_LINES"
                    break
                if await self._took(line):
                    yield self._full()
                if self.problem:
                    break
            if self.problem:
                break
        await self._check_slice()
        if self._chunk.numbers:
            yield self._full()

    async def _took(self, line: Line) -> bool:
        """Take a line into the chunk, and tell whether the chunk is full by it."""
        limits = self._ingest.limits
        self.next_line = line.number + 1
        self._slice.append(line)
        self._bytes += len(line.text)
        rows = len(self._chunk.numbers) + len(self._slice)
        is_full = rows >= limits.chunk_rows or self._bytes >= limits.chunk_bytes
        if is_full or len(self._slice) >= _SLICE:
            await self._check_slice()
        return is_full

    def _full(self) -> _Chunk:
        chunk, self._chunk, self._bytes = self._chunk, _Chunk([], [], []), 0
        return chunk

    async def _check_slice(self) -> None:
        """Read and measure the lines at hand, and put them to the chunk."""
        lines, self._slice = self._slice, []
        chunk = self._chunk
        told = [(line.number, one) for line in lines if (one := self._read(line)) is not None]
        reports = [one for _number, one in told if isinstance(one, UsageReport)]
        checked = iter(
            await check_events(reports, host=self._ingest.host, pool=self._ingest.pool)
        )
        for number, one in told:
            chunk.numbers.append(number)
            chunk.channels.append(_channel_of(one))
            chunk.checked.append(next(checked) if isinstance(one, UsageReport) else one)
        if self._rows.has_wrong_header:
            self.problem, self.next_line = WRONG_HEADER, 1
        await asyncio.sleep(0)


def _channel_of(read: UsageReport | Verdict) -> str:
    """Return the channel that a line names; of an unreadable one, where its path leads."""
    if isinstance(read, UsageReport):
        return read.channel
    return read.path[1] if len(read.path) > 1 else ""


def _answered(
    chunk: _Chunk, verdicts: list[Verdict], count: Counter[str], *, only_problems: bool
) -> bytes:
    lines: list[bytes] = []
    for number, verdict in zip(chunk.numbers, verdicts, strict=True):
        outcome = verdict.outcome
        count[outcome] += 1
        if outcome == "rejected":
            lines.append(orjson.dumps(_rejection(number, verdict)) + b"\n")
        elif not only_problems:
            lines.append(_TAKEN[outcome] % number)
    return b"".join(lines)


def _rejection(number: int, verdict: Verdict) -> dict[str, object]:
    told: dict[str, object] = {
        "line": number,
        "verdict": "REJECTED",
        "reason": verdict.reason,
        "message": verdict.message,
        "path": verdict.sent_path,
    }
    if verdict.stored is not None and verdict.sent is not None:
        told |= {"stored": _shown(verdict.stored), "sent": _shown(verdict.sent)}
    return told


def _shown(content: Content) -> dict[str, object]:
    return {
        "occurredAt": content.occurred_at,
        "event": {schema_name(content.channel): content.payload},
    }


def _summary(count: Counter[str], *, problem: str, resume_at: int) -> bytes:
    summary: dict[str, object] = {
        "received": count.total(),
        "accepted": count["accepted"],
        "duplicate": count["duplicate"],
        "rejected": count["rejected"],
        "complete": not problem,
    }
    if problem:
        summary |= {"problem": problem, "resumeAtLine": resume_at}
    return orjson.dumps({"summary": summary}) + b"\n"
