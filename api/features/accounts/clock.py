"""accountClockAdvance: moving a test account's time; what falls due on the way is billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key
from api.features.accounts.clock_turns import in_turn
from api.features.accounts.types import Account
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import IdempotentInput
from api.mutations import StoredAnswer, refused, run
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.accounts import records, repository
from core.billing_cycles.advance_clock import advance_clock
from core.billing_cycles.errors import (
    ClockBackwards,
    ClockBusy,
    ClockTooFar,
    NoTestClock,
)
from core.billing_cycles.pricing import Pricing
from core.db import Tx
from core.tenancy import Capability


@strawberry.input(description="Where a test clock is to stand.")
class AccountClockAdvanceInput(IdempotentInput):
    """An account and an instant."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    to: datetime = strawberry.field(description="Not earlier than where it stands.")


@strawberry.type(description="The account at its new time, or why nothing changed.")
class AccountClockAdvancePayload:
    """What accountClockAdvance did."""

    account: Account | None = strawberry.field(description="The account.", default=None)
    invoice_count: int | None = strawberry.field(
        description="How many invoices were made on the way.", default=None
    )
    parked_count: int | None = strawberry.field(
        description="How many subscriptions could not be billed on the way.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "AccountClockAdvance",
        NoTestClock,
        ClockBackwards,
        ClockTooFar,
        ClockBusy,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@dataclass(frozen=True, slots=True)
class _Moved:
    account: records.Account
    invoices: int
    parked: int


@strawberry.type(description="Changes of test clocks.")
class ClockMutation:
    """The clock of an account."""

    @strawberry.mutation(
        description="Moves a test clock; what falls due on the way is closed, in order. Clocks "
        "of one seller are moved one after the other."
    )
    @requires(Capability.BILLING_RUN)
    @answers_refusals(AccountClockAdvancePayload)
    async def account_clock_advance(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            AccountClockAdvanceInput, strawberry.argument(description="Which, and where to.")
        ],
    ) -> AccountClockAdvancePayload:
        """Move a test clock."""
        application = info.context.application
        pricing = Pricing(application.host, application.pool)

        async def verb(tx: Tx) -> _Moved:
            key = await account_key(tx, input.account)
            moved = await advance_clock(
                tx, key, to=input.to, pricing=pricing, work=application.due_work
            )
            return await _read(tx, key, invoices=len(moved.invoice_ids), parked=moved.parked)

        async def attempt() -> _Moved:
            return await run(
                info, operation="accountClockAdvance", given=input, verb=verb, answer=_MOVED
            )

        try:
            moved = await in_turn(info.context.principal.tenant_id, attempt)
        except ClockBusy as busy:
            raise refused(busy) from busy
        return AccountClockAdvancePayload(
            account=Account.of(moved.account),
            invoice_count=moved.invoices,
            parked_count=moved.parked,
        )


async def _read(tx: Tx, key: UUID, *, invoices: int, parked: int) -> _Moved:
    account = await repository.account(tx, key)
    assert account is not None  # its clock has just been moved
    return _Moved(account, invoices, parked)


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> _Moved:
    return await _read(tx, UUID(kept["id"]), invoices=kept["invoices"], parked=kept["parked"])


_MOVED: Final = StoredAnswer(
    keep=lambda moved: {
        "id": str(moved.account.id),
        "invoices": moved.invoices,
        "parked": moved.parked,
    },
    recall=_recalled,
)
