"""What the database holds after a run, read past row-level security, as plain values."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg

from tests.faults.price_model import Bill, Line
from tests.faults.seller import Seller

_EVENTS = """
SELECT a.ref AS account, e.source, e.event_id, e.revision, e.channel, e.dimension, e.quantity,
    e.occurred_at, u.starts_at AS month, b.starts_at AS billing_month, b.state
FROM usage_event e JOIN account a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
LEFT JOIN billing_period u ON u.tenant_id = e.tenant_id AND u.id = e.usage_period_id
LEFT JOIN billing_period b ON b.tenant_id = e.tenant_id AND b.id = e.billing_period_id
WHERE e.tenant_id = $1
"""
_LINES = """
SELECT a.ref, i.id, i.due_at, i.net AS whole_net, i.tax AS whole_tax, l.kind,
    coalesce(p.code, '') AS product, l.dimension, l.quantity, l.amount, q.starts_at AS month
FROM invoice i JOIN account a ON a.tenant_id = i.tenant_id AND a.id = i.account_id
JOIN invoice_line l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
LEFT JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
LEFT JOIN billing_period q ON q.tenant_id = l.tenant_id AND q.id = l.period_id
WHERE i.tenant_id = $1
"""
_PARKED = """
SELECT a.ref, count(*) AS times FROM parked_subscription k
JOIN account a ON a.tenant_id = k.tenant_id AND a.id = k.account_id
WHERE k.tenant_id = $1 AND k.healed_at IS NULL GROUP BY a.ref
"""
_TOLD = "SELECT count(*) FROM outbox WHERE tenant_id = $1 AND topic = 'invoice.finalised'"


class Stored(NamedTuple):
    """An event as it is stored."""

    account: str
    source: str
    event_id: str
    revision: int
    channel: str
    dimension: str
    quantity: Decimal
    occurred_at: datetime
    month: datetime | None
    billing_month: datetime | None
    state: str | None


@dataclass(slots=True)
class Books:
    """A seller's events and invoices; invoices by customer and due instant."""

    seller: Seller
    events: list[Stored] = field(default_factory=list)
    invoices: dict[tuple[str, datetime], list[Bill]] = field(default_factory=dict)
    parked: dict[str, int] = field(default_factory=dict)
    announced: int = 0

    @property
    def states(self) -> Counter[str]:
        """How many events are billed, parked or open."""
        return Counter(one.state or "free" for one in self.events)

    @property
    def late(self) -> int:
        """How many events are billed by another month than their own."""
        return sum(one.month != one.billing_month for one in self.events)


async def read_books(
    connection: asyncpg.Connection[Any], seller: Seller, starts: list[datetime]
) -> Books:
    """Read everything of a seller that the oracle judges."""
    books = Books(seller)
    rows = await connection.fetch(_EVENTS, seller.tenant_id)
    books.events = [Stored(*row) for row in rows]
    places = {start: place for place, start in enumerate(starts)}
    bills: dict[tuple[str, datetime, Any], Bill] = {}
    for row in await connection.fetch(_LINES, seller.tenant_id):
        net, tax = _cents(row["whole_net"]), _cents(row["whole_tax"])
        bill = bills.setdefault((row["ref"], row["due_at"], row["id"]), Bill([], net, tax))
        key = (row["kind"], row["product"], row["dimension"])
        month = places.get(row["month"], -1)
        bill.lines.append(Line(month, key, int(row["quantity"]), _cents(row["amount"])))
    found = defaultdict(list)
    for (ref, due_at, _id), bill in bills.items():
        found[ref, due_at].append(bill)
    books.invoices = dict(found)
    parked = await connection.fetch(_PARKED, seller.tenant_id)
    books.parked = {row["ref"]: row["times"] for row in parked}
    books.announced = await connection.fetchval(_TOLD, seller.tenant_id)
    return books


def _cents(amount: Decimal) -> int:
    cents = amount * 100
    assert cents == int(cents), f"{amount} has more than cents"
    return int(cents)
