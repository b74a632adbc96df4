"""Numbers without a gap: each row points at the one before, and they are written last.

One series per tenant and kind of document: `INV` invoices, `CN` credit notes, `TEST`
whatever belongs to an account on a test clock. Dates never go back in a series, but in that
one. Two writers of a series take turns for as long as the rest of a transaction takes, which
is why numbering comes at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from typing import Final, Literal
from uuid import UUID

from core.db import Tx

Series = Literal["INV", "CN", "TEST"]

UNDATED: Final[Series] = "TEST"
"""Each account on a test clock has a time of its own: dates of this series go as they come."""

_LAST: Final = """
SELECT n, issue_date FROM invoice_number WHERE tenant_id = $1 AND series = $2
ORDER BY n DESC LIMIT 1
"""
_NUMBER: Final = """
INSERT INTO invoice_number (tenant_id, series, n, prev, invoice_id, issue_date)
SELECT $1, $2, $3 + place, nullif($3 + place - 1, 0), id, $5
FROM unnest($4::uuid[]) WITH ORDINALITY AS given (id, place)
"""


class SeriesMovedOn(Exception):
    """Another closing gave a number of a later date meanwhile; begin the transaction again.

    It happens at midnight: this one took its date before, the other one after.
    """


async def issue_date_for(tx: Tx, series: Series, *, today: date) -> date:
    """Return the date that the series' next numbers bear: today, or the last one's if later."""
    if series == UNDATED:
        return today
    last = await tx.fetchrow(_LAST, tx.tenant_id, series)
    return today if last is None else max(today, last["issue_date"])


async def number_invoices(
    tx: Tx, series: Series, *, invoice_ids: Sequence[UUID], issue_date: date
) -> int:
    """Give the next numbers of a series to invoices, in this order; return the first.

    Takes the series' lock until the transaction ends. Call it last.

    Raises:
        SeriesMovedOn: the series has a number of a later date by now.
    """
    if not invoice_ids:
        raise ValueError("there is nothing to number")
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _series_key(tx.tenant_id, series))
    # A statement of its own: it sees what the writer before us committed.
    last = await tx.fetchrow(_LAST, tx.tenant_id, series)
    if series != UNDATED and last is not None and last["issue_date"] > issue_date:
        raise SeriesMovedOn(f"{series} has reached {last['issue_date']}")
    before: int = last["n"] if last is not None else 0
    await tx.execute(_NUMBER, tx.tenant_id, series, before, list(invoice_ids), issue_date)
    return before + 1


def number_text(series: str, n: int) -> str:
    """Write a number as it is shown: INV-000042."""
    return f"{series}-{n:06d}"


def parse_number(text: str) -> tuple[str, int] | None:
    """Read a shown number back; None when it is none."""
    series, dash, digits = text.strip().upper().rpartition("-")
    if not dash or not digits.isascii() or not digits.isdecimal() or len(digits) > 18:
        return None
    return (series, int(digits)) if series in {"INV", "CN", "TEST"} else None


def _series_key(tenant_id: UUID, series: str) -> int:
    digest = blake2b(b"series" + series.encode() + tenant_id.bytes, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
