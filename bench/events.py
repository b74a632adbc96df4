"""Events as senders write them: NDJSON lines, GraphQL variables, and the rows they become."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID, uuid4

import orjson
from uuid_utils.compat import uuid7

from bench.calendar import STARTS
from bench.place import Owner

Ids = Literal["random", "UUIDv7"]
BLOCK: Final = 64 * 1024
SOURCE: Final = "router"


class Sent(NamedTuple):
    """One e-mail event, as a sender knows it."""

    account: str
    id: str
    occurred_at: datetime
    recipients: int


class Customer(NamedTuple):
    """Whom an event is of, as it is stored."""

    account_id: UUID
    subscription_id: UUID
    product_id: UUID
    period_id: UUID


def make_events(count: int, *, customers: int, ids: Ids) -> list[Sent]:
    """Make e-mail events of that many customers in January 2026, with fresh ids."""
    chance = random.Random(count)
    fresh = uuid4 if ids == "random" else uuid7
    return [
        Sent(
            f"a{chance.randrange(1, customers + 1)}",
            str(fresh()),
            STARTS + timedelta(seconds=chance.randrange(0, 2_600_000)),
            chance.randrange(1, 50),
        )
        for _ in range(count)
    ]


def as_report(event: Sent) -> dict[str, Any]:
    """Write an event as the bulk endpoint and the typed mutation take it."""
    return {
        "account": event.account,
        "source": SOURCE,
        "id": event.id,
        "occurredAt": event.occurred_at.isoformat(),
        "event": {"email": {"recipients": event.recipients}},
    }


def as_ndjson(events: Sequence[Sent]) -> bytes:
    """Write events as lines."""
    return b"".join(orjson.dumps(as_report(event)) + b"\n" for event in events)


async def streamed(body: bytes) -> AsyncIterator[bytes]:
    """Give a body in blocks, as a server does."""
    for start in range(0, len(body), BLOCK):
        yield body[start : start + BLOCK]


async def customers_of(owner: Owner) -> dict[str, Customer]:
    """Read whom events are of, by the account's ref."""
    rows = await owner.fetch(
        """
        SELECT 'a' || i, account_id, subscription_id,
            (SELECT id FROM product WHERE code = 'email'), usage_period_id FROM bench.seed
        """
    )
    return {row[0]: Customer(*row[1:]) for row in rows}


def as_rows(
    events: Sequence[Sent], customers: dict[str, Customer], tenant_id: UUID
) -> list[tuple[Any, ...]]:
    """Write events as rows of `usage_event`, ready for COPY."""
    rows = []
    for event in events:
        whose = customers[event.account]
        rows.append(
            (
                tenant_id, uuid4(), 0, 1, whose.account_id, whose.subscription_id,
                whose.product_id, whose.period_id, whose.period_id, event.occurred_at,
                event.occurred_at, Decimal(event.recipients), 0, "email", "email", "",
                SOURCE, event.id, bytes(16), f'{{"recipients":{event.recipients}}}', None, None,
                None, None,
            )
        )  # fmt: skip
    return rows
