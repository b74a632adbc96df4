# ruff: noqa: D102 - resolvers are described in the schema
"""A small schema, application and channel for the tests of the GraphQL face."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

import strawberry
from starlette.requests import Request

from api.graphql.connection import (
    Connection,
    CursorKeys,
    connection_of,
    page_request,
    row_values,
)
from api.graphql.context import Context
from api.graphql.cost import FieldCost
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.event_types import mirror_events
from api.graphql.ids import IdKind
from api.graphql.inputs import DryRunInput, IdempotentInput, idempotency_key_of
from api.graphql.money import Money
from api.graphql.nodes import Node, NodeRegistry, NodeSource, node_query
from api.graphql.plugin_schema import Contribution, build_schema, one_of_input
from api.graphql.scalars import CurrencyCode
from core.kernel.errors import ManyProblems, Problem, Refusal

TENANT = UUID("01900000-0000-7000-8000-000000000001")
ACCOUNT_ID = IdKind(prefix="acc", type_name="Account")
PLAN_ID = IdKind(prefix="plan", type_name="Plan")
KEYS = [UUID(int=(0x0190 << 112) | (7 << 76) | (8 << 60) | n) for n in range(1, 8)]
BY_NAME = CursorKeys("account.name", (str, UUID))


@dataclass(frozen=True)
class SampleViewer:
    """A viewer with one tenant."""

    tenant_id: UUID | None = TENANT
    label: str = "key_1"


class AlreadyEnded(Refusal):
    """The account has already been closed."""

    code: ClassVar[str] = "ALREADY_ENDED"


class NotListed(Refusal):
    """A refusal that no payload lists."""

    code: ClassVar[str] = "NOT_LISTED"


class NoCredentials(Refusal):
    """The caller is unknown."""

    code: ClassVar[str] = "UNAUTHENTICATED"


@strawberry.type(description="A customer.")
class Account(Node):
    """A customer; `key` and `name` are what its list is sorted by."""

    name: str = strawberry.field(description="Its name.")
    key: strawberry.Private[UUID]

    @strawberry.field(description="Itself, to nest without end.")
    def parent(self) -> Account:
        return self

    @strawberry.field(description="Its neighbours.")
    def siblings(self) -> list[Account]:
        return [self]

    @strawberry.field(description="What it owes.")
    def balance(self) -> Money:
        return Money(amount=Decimal("1234.50"), currency_code=CurrencyCode("EUR"))


def account(n: int) -> Account:
    """The n-th account, counted from 1."""
    key = KEYS[n - 1]
    return Account(id=ACCOUNT_ID.encode(key), name=f"Account {n}", key=key)


FETCHES: list[int] = []


async def fetch_accounts(_context: Any, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    """Find all but the last account, which belongs to another tenant."""
    FETCHES.append(len(keys))
    return {key: account(KEYS.index(key) + 1) for key in keys if key in KEYS[:-1]}


class Priority(enum.Enum):
    """How urgent a message is.

    Attributes:
        HIGH: At once.
        LOW: When there is time.
    """

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True)
class MailEvent:
    """Mail that was routed.

    Attributes:
        sender: Who sent it;
            an address.
        size: How large it is.
        at: When.
        priority: How urgent.
        copies: How many.
        tags: Labels.
        note: Anything.
    """

    sender: str
    size: Decimal
    at: datetime
    priority: Priority = Priority.LOW
    copies: int = 1
    tags: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class LetterEvent:
    """A letter."""

    day: date = field(metadata={"description": "The day it was sent."})


EVENTS = mirror_events({"mail": MailEvent, "letter": LetterEvent})
USAGE_EVENT = one_of_input(
    "UsageEventInput",
    variants={name: types.input_type for name, types in EVENTS.items()},
    descriptions={"mail": "A mail.", "letter": "A letter."},
    description="Exactly one channel's event.",
)


@strawberry.input(description="What to close.")
class AccountCloseInput(IdempotentInput, DryRunInput):
    """Input of accountClose."""

    account_id: strawberry.ID = strawberry.field(description="Which.")


@strawberry.type(description="What accountClose did.")
class AccountClosePayload:
    """Payload of accountClose."""

    account: Account | None = strawberry.field(description="The account.", default=None)
    user_errors: list[UserError] = user_errors("AccountClose", AlreadyEnded)


@strawberry.type(description="What became of an event.")
class Verdict:
    """A verdict."""

    text: str = strawberry.field(description="What was understood.")
    account: Account | None = strawberry.field(description="Whose.", default=None)


@strawberry.type(description="Reads.")
class CoreQuery:
    """Sample reads."""

    @strawberry.field(description="Greets.")
    def hello(
        self, name: Annotated[str, strawberry.argument(description="Whom.")] = "you"
    ) -> str:
        return f"Hello {name}"

    @strawberry.field(description="Who asks.")
    def tenant(self, info: strawberry.Info[Context, None]) -> str | None:
        return str(info.context.tenant_id) if info.context.tenant_id else None

    @strawberry.field(description="An account.")
    def account(self) -> Account:
        return account(1)

    @strawberry.field(description="Fails with a secret.")
    def secret(self) -> str | None:
        raise RuntimeError("password=hunter2")

    @strawberry.field(description="Answers a number that does not fit.")
    def broken(self) -> int | None:
        return 2**40

    @strawberry.field(description="Refuses.")
    def refused(self) -> str | None:
        raise NotListed("Do it otherwise.", path=("input", "name"))

    @strawberry.field(description="Sleeps.")
    async def slow(self) -> str | None:
        await asyncio.sleep(30)
        return "late"

    @strawberry.field(description="Returns an amount.")
    def amount(
        self, value: Annotated[Decimal, strawberry.argument(description="Any.")]
    ) -> Decimal:
        return value

    @strawberry.field(description="Returns an instant.")
    def instant(
        self, value: Annotated[datetime, strawberry.argument(description="Any.")]
    ) -> datetime:
        return value

    @strawberry.field(description="Returns a day.")
    def day(self, value: Annotated[date, strawberry.argument(description="Any.")]) -> date:
        return value

    @strawberry.field(description="Returns a currency.")
    def currency(
        self, value: Annotated[CurrencyCode, strawberry.argument(description="Any.")]
    ) -> CurrencyCode:
        return value

    @strawberry.field(description="Accounts by name.")
    def accounts(
        self,
        first: Annotated[int | None, strawberry.argument(description="At most.")] = None,
        after: Annotated[str | None, strawberry.argument(description="From.")] = None,
        last: Annotated[int | None, strawberry.argument(description="At most.")] = None,
        before: Annotated[str | None, strawberry.argument(description="To.")] = None,
    ) -> Connection[Account]:
        page = page_request(BY_NAME, first=first, after=after, last=last, before=before)
        rows = [account(n) for n in range(1, 6)]
        if page.after:
            rows = [row for row in rows if (row.name, row.key) > page.after]
        if page.before:
            rows = [row for row in rows if (row.name, row.key) < page.before]
        if page.backwards:
            rows.reverse()

        async def count_up_to(most: int) -> int:
            return min(most, 5)

        return connection_of(
            rows[: page.size + 1],
            keys=BY_NAME,
            page=page,
            values_of=row_values(("name", "key")),
            node_of=lambda row: row,
            count_up_to=count_up_to,
        )


def record(events: list[Any]) -> list[Verdict]:
    """Answer what the channel would get; typed where the input is assembled."""
    verdicts = []
    for given in events:
        name, value = USAGE_EVENT.chosen(given)
        arguments = EVENTS[name].arguments(value)
        verdicts.append(Verdict(text=repr(EVENTS[name].event(**arguments)), account=account(1)))
    return verdicts


record.__annotations__["events"] = Annotated[
    list[USAGE_EVENT.type], strawberry.argument(description="The events.")
]
record.__annotations__["return"] = list[Verdict]


@strawberry.type(description="Writes.")
class CoreMutation:
    """Sample writes."""

    usage_record: list[Verdict] = strawberry.mutation(
        resolver=record,
        description="Records usage.",
        metadata=FieldCost(flat=50).metadata(),
    )

    @strawberry.mutation(description="Closes an account.")
    @answers_refusals(AccountClosePayload)
    async def account_close(
        self,
        input: Annotated[  # noqa: A002 - by convention
            AccountCloseInput, strawberry.argument(description="What.")
        ],
    ) -> AccountClosePayload:
        key = ACCOUNT_ID.parse(input.account_id, path=("input", "accountId"))
        idempotency_key_of(input)
        number = KEYS.index(key) + 1
        if number == 2:
            raise AlreadyEnded(
                "It is closed. Nothing is left to do.", path=("input", "accountId")
            )
        if number == 3:
            raise NotListed("Do it otherwise.")
        if number == 4:
            raise ManyProblems(
                [Problem("ALREADY_ENDED", "One."), Problem("ALREADY_ENDED", "Two.", ("input",))]
            )
        return AccountClosePayload(account=account(number))


def sample_schema() -> Any:
    """Build the schema anew."""
    registry = NodeRegistry([NodeSource(ACCOUNT_ID, fetch_accounts)])
    return build_schema(
        [
            Contribution(name="core", query=CoreQuery, mutation=CoreMutation, types=[Account]),
            Contribution(name="nodes", query=node_query(registry)),
            Contribution(name="events", types=[types.output_type for types in EVENTS.values()]),
        ]
    )


async def sample_context(request: Request, request_id: str) -> Context:
    """Know one key, refuse a wrong one, and let strangers in without a viewer."""
    key = request.headers.get("authorization")
    if key not in {None, "Bearer good"}:
        raise NoCredentials("This key is unknown. Use a current one.")
    return Context(request_id=request_id, viewer=SampleViewer() if key else None)
