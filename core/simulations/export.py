"""The results of a simulation as CSV, a page of accounts at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.db import Tx
from core.kernel.money import minor_digits

PAGE: Final = 2_000
HEADER: Final = (
    "account", "ref", "name", "currency", "subscriptions", "unbilled_periods", "invoiced_net",
    "credited_net", "corrected_net", "unused_net", "unexplained_net", "before_net", "after_net",
    "difference", "before_total", "after_total", "not_priced",
)  # fmt: skip

_RESULTS: Final = """
SELECT a.id, a.ref, a.name, coalesce(r.currency, '') AS currency, r.subscriptions,
    r.unbilled_periods, r.invoiced, r.credited, r.corrected, r.unused,
    r.invoiced - r.credited - r.unused - r.before AS unexplained, r.before, r.after,
    r.difference, r.before_total, r.after_total, f.reasons
FROM (
    SELECT account_id, currency FROM simulation_result
    WHERE tenant_id = $1 AND simulation_id = $2
    UNION ALL
    SELECT DISTINCT f.account_id, '' FROM simulation_failure f
    WHERE f.tenant_id = $1 AND f.simulation_id = $2 AND NOT EXISTS (
        SELECT FROM simulation_result x WHERE x.tenant_id = $1 AND x.simulation_id = $2
            AND x.account_id = f.account_id)
) AS k
JOIN account a ON a.tenant_id = $1 AND a.id = k.account_id
LEFT JOIN simulation_result r ON r.tenant_id = $1 AND r.simulation_id = $2
    AND r.account_id = k.account_id AND r.currency = k.currency
LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT code, ' ') AS reasons FROM simulation_failure
    WHERE tenant_id = $1 AND simulation_id = $2 AND account_id = k.account_id) AS f ON true
WHERE (k.account_id, k.currency) > ($3::uuid, $4)
ORDER BY k.account_id, k.currency LIMIT $5
"""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With what a spreadsheet begins a formula: a name must not become one."""


async def csv_pages(
    tx: Tx, simulation_id: UUID, *, shown: Callable[[UUID], str] = str
) -> AsyncIterator[str]:
    """Yield the header and every account, as text of some thousand lines at a time.

    `shown` writes the id of an account as clients know it.
    An account of which nothing could be priced has no amounts, and its reasons.
    """
    yield _text([HEADER])
    after, currency = UUID(int=0), ""
    while True:
        rows = await tx.fetch(_RESULTS, tx.tenant_id, simulation_id, after, currency, PAGE)
        if rows:
            yield _text(_line(row, shown) for row in rows)
        if len(rows) < PAGE:
            return
        after, currency = rows[-1]["id"], rows[-1]["currency"]


def _line(row: Any, shown: Callable[[UUID], str]) -> list[str]:
    account_id, ref, name, currency, *rest = row
    digits = minor_digits(currency) if currency else 0
    written = (_plain(value, digits) for value in rest)
    return [shown(account_id), _safe(ref), _safe(name), currency, *written]


def _plain(value: object, digits: int) -> str:
    if value is None:
        return ""
    # Amounts have no digits below the minor unit: nothing is rounded here.
    return f"{value:.{digits}f}" if isinstance(value, Decimal) else str(value)


def _safe(text: str | None) -> str:
    if text is None:
        return ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(lines: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue()
