"""The film seller's books against its viewers' ledger: films, wallets, jobs, providers.

A film is 3.00, with 20 % tax 3.60; an antenna 8.00. The arithmetic here is its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg

from api.features.jobs.ids import JOB_ID
from api.features.orders.types import ORDER_ID
from tests.faults.oracle import Findings
from tests.faults.viewers import AT_MOST, TOP_UP, Asked, FilmSeller

FILM, GROSS, ANTENNA = Decimal(3), Decimal("3.60"), Decimal(8)

_ORDERS: Final = """
SELECT o.id, s.ref, o.state, o.reason,
    (SELECT count(*) FROM usage_event e WHERE e.tenant_id = $1 AND e.event_id = o.id::text)
        AS events,
    (SELECT sum(amount) FROM usage_event e WHERE e.tenant_id = $1 AND e.event_id = o.id::text)
        AS amount,
    (SELECT array_agg(r.state) FROM provisioning_request r
        WHERE r.tenant_id = $1 AND r.order_id = o.id) AS asked,
    (SELECT count(*) FROM provisioning_log g JOIN provisioning_request r
        ON r.tenant_id = $1 AND r.id = g.request_id
        WHERE g.tenant_id = $1 AND r.order_id = o.id) AS logged
FROM usage_order o JOIN subscription s ON s.tenant_id = $1 AND s.id = o.subscription_id
WHERE o.tenant_id = $1
"""
_BILLED: Final = """
SELECT s.ref, coalesce(sum(l.quantity), 0) AS films, coalesce(sum(l.amount), 0) AS net,
    coalesce(sum(l.tax), 0) AS tax, count(l.invoice_id) AS invoices
FROM subscription s LEFT JOIN invoice_line l ON l.tenant_id = $1 AND l.subscription_id = s.id
    AND l.kind = 'usage'
WHERE s.tenant_id = $1 GROUP BY s.ref
"""
_WALLETS: Final = """
SELECT s.ref, w.balance, sum(e.amount) AS moved, min(e.balance) AS least,
    coalesce(-sum(e.amount) FILTER (WHERE e.kind = 'usage'), 0) AS used,
    count(*) FILTER (WHERE e.kind = 'top_up') AS top_ups
FROM wallet w JOIN subscription s ON s.tenant_id = $1 AND s.id = w.subscription_id
JOIN wallet_entry e ON e.tenant_id = $1 AND e.wallet_id = w.id
WHERE w.tenant_id = $1 GROUP BY s.ref, w.balance
"""
_JOBS: Final = """
SELECT j.id, j.state, array_agg(i.net) FILTER (WHERE i.id IS NOT NULL) AS nets
FROM job j
LEFT JOIN (SELECT DISTINCT job_id, invoice_id FROM invoice_line WHERE tenant_id = $1) l
    ON l.job_id = j.id
LEFT JOIN invoice i ON i.tenant_id = $1 AND i.id = l.invoice_id
WHERE j.tenant_id = $1 GROUP BY j.id, j.state
"""


async def compare_films(
    connection: asyncpg.Connection[Any],
    seller: FilmSeller,
    asked: Mapping[str, Asked],
    findings: Findings,
) -> None:
    """Note everything in which the books and the ledger disagree."""
    films = await _orders(connection, seller, asked, findings)
    await _billed(connection, seller, films, findings)
    await _wallets(connection, seller, asked, films, findings)
    await _jobs(connection, seller, asked, findings)


def _ids(asked: Mapping[str, Asked], verb: str, scheme: Any) -> tuple[set[UUID], int]:
    """Return the ids that were answered, and how many requests have no answer."""
    of_verb = [one for one in asked.values() if one.verb == verb]
    ids = [scheme.parse(one.id, path=()) for one in of_verb if one.id is not None]
    assert len(set(ids)) == len(ids), f"{verb}: two keys got one id"
    return set(ids), sum(one.errors is None for one in of_verb)


async def _orders(
    connection: asyncpg.Connection[Any],
    seller: FilmSeller,
    asked: Mapping[str, Asked],
    findings: Findings,
) -> Counter[str]:
    """Each answered order is there once, as one film of 3.00 that its provider was asked for.

    Return how many films each subscription has.
    """
    answered, open_ = _ids(asked, "usageOrder", ORDER_ID)
    films: Counter[str] = Counter()
    found = await connection.fetch(_ORDERS, seller.tenant_id)
    findings.counts["films asked"] += len(answered) + open_
    for row in found:
        if row["state"] == "refused" and "WALLET_SHORT" in row["reason"]:
            findings.counts["films refused"] += 1
            wanted: tuple[Any, ...] = (0, None, None, 0)
        else:
            films[row["ref"]] += 1
            wanted = (1, FILM, ["done"], 1)
        if (row["events"], row["amount"], row["asked"], row["logged"]) != wanted or (
            row["state"] not in ("posted", "refused")
        ):
            findings.note("an order that is not one film, asked for once", dict(row))
    ids = {row["id"] for row in found}
    for missing in answered - ids:
        findings.note("an order that was answered, and is not stored", missing)
    if len(ids - answered) > open_:
        findings.note("orders that nobody gave", f"{len(ids - answered)}, {open_} unanswered")
    findings.counts["films"] += films.total()
    return films


async def _billed(
    connection: asyncpg.Connection[Any],
    seller: FilmSeller,
    films: Counter[str],
    findings: Findings,
) -> None:
    """Every film is billed once at 3.00, all but the last one below the threshold."""
    for row in await connection.fetch(_BILLED, seller.tenant_id):
        if seller.terms[row["ref"]] == "prepaid":
            continue
        findings.counts["interim invoices"] += row["invoices"]
        unbilled = films[row["ref"]] - row["films"]
        if not 0 <= unbilled < AT_MOST:
            findings.note("films billed otherwise than once", f"{dict(row)}, not {films}")
        if (row["net"], row["tax"]) != (row["films"] * FILM, row["films"] * (GROSS - FILM)):
            findings.note("films billed at another price", dict(row))


async def _wallets(
    connection: asyncpg.Connection[Any],
    seller: FilmSeller,
    asked: Mapping[str, Asked],
    films: Counter[str],
    findings: Findings,
) -> None:
    """A wallet holds what was put in less what was taken, never less than nothing.

    Gold for this month is billed in advance by a closing, whenever the wallet suffices; what
    films cost is taken at once, and each payment that was answered came in once.
    """
    for row in await connection.fetch(_WALLETS, seller.tenant_id):
        told = [
            one
            for one in asked.values()
            if (one.verb, one.given.get("subscription")) == ("walletTopUp", row["ref"])
        ]
        sure = sum(one.id is not None for one in told)
        open_ = sum(one.errors is None for one in told)
        findings.counts["top-ups"] += row["top_ups"]
        if not sure <= row["top_ups"] <= sure + open_:
            findings.note("a payment lost or counted twice", f"{dict(row)}, {sure}+{open_}")
        if row["balance"] != row["moved"] or row["least"] < 0:
            findings.note("a wallet that does not add up", dict(row))
        if row["used"] != films[row["ref"]] * GROSS:
            findings.note("a wallet that paid otherwise than each film once", dict(row))
    findings.counts["paid in"] = findings.counts["top-ups"] * TOP_UP


async def _jobs(
    connection: asyncpg.Connection[Any],
    seller: FilmSeller,
    asked: Mapping[str, Asked],
    findings: Findings,
) -> None:
    """Each completed job is on one invoice of 8.00 net; each answered one is there."""
    completed, _open = _ids(asked, "jobComplete", JOB_ID)
    for row in await connection.fetch(_JOBS, seller.tenant_id):
        is_done = row["state"] == "completed"
        findings.counts["jobs billed"] += is_done
        if (row["nets"] or []) != ([ANTENNA] if is_done else []):
            findings.note("a job billed otherwise than once", dict(row))
        if is_done:
            completed.discard(row["id"])
    for missing in completed:
        findings.note("a job that was answered as completed, and is not", missing)
