"""What GraphQL itself is measured with: one process that answers both ways, and a page's floor.

`in_memory` serves rows that lie in memory through the product's own endpoint, guard and
error policy, and the same rows through plain endpoints: no database, no authentication, so
that nothing but GraphQL differs. `page_floor` answers a page with one statement whose JSON
PostgreSQL makes: it computes no prices, knows no types and authenticates nobody.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from api.features.subscriptions.periods import PERIOD_ID, BillingPeriod, PeriodRecord
from api.graphql.context import Context
from api.graphql.cost import FieldCost
from api.graphql.plugin_schema import Contribution, build_schema
from api.graphql.view import GraphQLEndpoint
from core.bootstrap import settle_collector
from core.kernel.ids import new_id

ROWS: Final = 100
_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)

PAGE: Final = """
SELECT json_build_object(
  'id', s.id, 'ref', s.ref, 'state', s.state, 'currency', s.currency, 'startsAt', s.starts_at,
  'items', (SELECT json_agg(json_build_object('id', i.item_id, 'quantity', i.quantity::text,
      'product', p.code, 'name', p.name))
    FROM subscription_item i JOIN product p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
    WHERE i.tenant_id = $1 AND i.subscription_id = s.id AND i.until_at IS NULL),
  'usage', (SELECT json_agg(json_build_object('product', u.code, 'quantity', u.quantity::text))
    FROM (SELECT p.code, sum(e.quantity) AS quantity
      FROM billing_period b
      JOIN usage_event e ON e.tenant_id = $1 AND e.usage_period_id = b.id
      JOIN product p ON p.tenant_id = $1 AND p.id = e.product_id
      WHERE b.tenant_id = $1 AND b.subscription_id = s.id AND b.stream = 'usage'
        AND b.state = 'open'
      GROUP BY p.code) AS u),
  'invoice', (SELECT json_build_object('id', v.id, 'number', n.n, 'issueDate', v.issue_date,
      'total', v.total::text, 'tax', v.tax::text,
      'outstanding', (v.total - t.paid - t.credited)::text,
      'lines', (SELECT json_agg(json_build_object('number', l.number, 'kind', l.kind,
          'description', l.description, 'quantity', l.quantity::text,
          'amount', l.amount::text, 'net', l.net::text, 'tax', l.tax::text,
          'gross', l.gross::text, 'taxRate', l.tax_rate::text, 'working', l.working)
          ORDER BY l.number)
        FROM invoice_line l WHERE l.tenant_id = $1 AND l.invoice_id = v.id))
    FROM invoice v
    JOIN invoice_number n ON n.tenant_id = $1 AND n.invoice_id = v.id
    JOIN invoice_settlement t ON t.tenant_id = $1 AND t.invoice_id = v.id
    WHERE v.tenant_id = $1 AND v.account_id = s.account_id AND v.subscription_id = s.id
      AND v.kind = 'invoice'
    ORDER BY v.issue_date DESC, v.id DESC LIMIT 1)
)::text
FROM subscription s WHERE s.tenant_id = $1 AND s.id = ANY ($2::uuid[]) ORDER BY s.id
"""


@strawberry.type(description="Rows in memory.")
class RowsQuery:
    """The root of the schema that is measured."""

    @strawberry.field(description="One row.")
    async def period(self) -> BillingPeriod:
        """Return the first row."""
        return BillingPeriod.of(_RECORDS[0])

    @strawberry.field(description="Many rows.", metadata=FieldCost(sized_by="first").metadata())
    async def periods(
        self, first: Annotated[int, strawberry.argument(description="How many.")] = ROWS
    ) -> list[BillingPeriod]:
        """Return rows."""
        return [BillingPeriod.of(record) for record in _RECORDS[:first]]


def _record(number: int) -> PeriodRecord:
    starts_at = _FROM + timedelta(days=number)
    ends_at = starts_at + timedelta(days=1)
    stream, state = ("fees", "usage")[number % 2], ("open", "billed")[number % 2]
    return PeriodRecord(
        new_id(),
        new_id(),
        stream,
        number,
        starts_at,
        ends_at,
        ends_at,
        state,
        False,  # noqa: FBT003
    )


_RECORDS: Final = [_record(number) for number in range(ROWS)]


def _plain(record: PeriodRecord) -> dict[str, Any]:
    """Return what the documents ask for, of one row, in the same words."""
    return {
        "id": PERIOD_ID.encode(record.id), "stream": record.stream.upper(),
        "ordinal": record.ordinal, "startsAt": record.starts_at, "endsAt": record.ends_at,
        "state": record.state.upper(),
    }  # fmt: skip


async def _one(request: Request) -> Response:
    orjson.loads(await request.body())
    return _json({"period": _plain(_RECORDS[0])})


async def _many(request: Request) -> Response:
    first = orjson.loads(await request.body())["first"]
    return _json({"periods": [_plain(record) for record in _RECORDS[:first]]})


def _json(value: object) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), media_type="application/json")


async def _context(_request: Request, request_id: str) -> Context:
    return Context(request_id=request_id, viewer=None)


@asynccontextmanager
async def in_memory() -> AsyncIterator[ASGIApp]:
    """Open the application that answers with rows in memory."""
    schema = build_schema([Contribution(name="rows", query=RowsQuery)])
    settle_collector()
    yield Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(schema=schema, context_factory=_context)),
            Route("/one", _one, methods=["POST"]),
            Route("/many", _many, methods=["POST"]),
        ]
    )


@asynccontextmanager
async def page_floor(url: str) -> AsyncIterator[ASGIApp]:
    """Open the floor of a page, as the application's role of the only tenant."""
    owner = await asyncpg.connect(url)
    tenant_id: UUID = await owner.fetchval("SELECT id FROM bench.seller")
    await owner.close()

    async def enter(connection: asyncpg.Connection[asyncpg.Record]) -> None:
        await connection.execute("SELECT set_config('app.tenant', $1, false)", str(tenant_id))

    async with asyncpg.create_pool(url, min_size=2, max_size=4, setup=enter) as pool:
        settle_collector()

        async def page(request: Request) -> Response:
            asked = orjson.loads(await request.body())
            ids = [UUID(text) for text in asked["subscriptions"]]
            async with pool.acquire() as connection:
                rows = await connection.fetch(PAGE, tenant_id, ids)
            found = [orjson.Fragment(row[0]) for row in rows]
            return _json({"subscriptions": found})

        yield Starlette(routes=[Route("/page", page, methods=["POST"])])
