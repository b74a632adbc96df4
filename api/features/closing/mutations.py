"""Starting a closing, and trying again what is parked."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import ApiContext, Info
from api.features.closing.queries import PARKED
from api.features.closing.types import CloseRun, ParkedSubscription
from api.features.subscriptions.answers import seen_subscription_key
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.mutations import StoredAnswer, run
from api.refusals import NAME_REFUSALS
from core import audit
from core.billing_cycles import repository
from core.billing_cycles.due import wake
from core.billing_cycles.errors import FreezeBusy, NotParked
from core.billing_cycles.freeze import freeze_due
from core.billing_cycles.park import unpark
from core.billing_cycles.sweep import FIRST_BACK_OFF_SECONDS, FREEZE_TRIES
from core.billing_cycles.tables import ParkedSubscriptionRow
from core.database_errors import Unavailable
from core.db import Tx
from core.rows import all_records
from core.tenancy import Capability

_MOST_PARKED: Final = 100
"""Due times of one subscription that are shown; more of them wait all the same."""


@strawberry.type(description="The closing that was started, if something was due.")
class CloseStartPayload:
    """What closeStart did."""

    run: CloseRun | None = strawberry.field(
        description="The run, which the workers close from now on; null: nothing was due.",
        default=None,
    )


@strawberry.input(description="What to try again.")
class ParkedRetryInput:
    """A parked subscription."""

    subscription: strawberry.ID = strawberry.field(
        description="The subscription, by id or ref."
    )


@strawberry.type(description="What is tried again, or why nothing is.")
class ParkedRetryPayload:
    """What parkedRetry did."""

    parked: list[ParkedSubscription] = strawberry.field(
        description="The billing dates that are tried again by the next sweep.",
        default_factory=list,
    )
    user_errors: list[UserError] = user_errors("ParkedRetry", *NAME_REFUSALS, NotParked)


@strawberry.type(description="Changes of closing.")
class ClosingMutation:
    """Changes of closing."""

    @strawberry.mutation(
        description="Freezes the billing periods that are due now and wakes the workers, which "
        "make the invoices; of many thousands it freezes the first, and the workers go on. "
        "Done twice, the second time finds nothing due."
    )
    @requires(Capability.BILLING_RUN)
    async def close_start(self, info: Info) -> CloseStartPayload:
        """Freeze what is due; accounts on a test clock are closed by moving it."""
        started = await _started(info.context)
        return CloseStartPayload(run=None if started is None else CloseRun.of(started))

    @strawberry.mutation(
        description="Lets the next sweep of the workers try a parked subscription again, in "
        "a second or two; until then it is parked as before."
    )
    @answers_refusals(ParkedRetryPayload)
    @requires(Capability.BILLING_RUN)
    async def parked_retry(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ParkedRetryInput, strawberry.argument(description="What.")
        ],
    ) -> ParkedRetryPayload:
        """Bring the next try forward."""

        async def verb(tx: Tx) -> list[repository.ParkedSubscription]:
            key = await seen_subscription_key(tx, input.subscription)
            await unpark(tx, key)
            await audit.record(
                tx, action="parked.retry_asked", subject_type="subscription", subject_id=key
            )
            return await _parked(tx, key)

        found = await run(
            info, operation="parkedRetry", given=input, verb=verb, answer=_NOT_KEPT
        )
        return ParkedRetryPayload(parked=[ParkedSubscription.of(each) for each in found])


async def _started(context: ApiContext) -> repository.RunProgress | None:
    """Freeze what is due, and back off while usage is being stored."""
    pause = FIRST_BACK_OFF_SECONDS
    for _try in range(FREEZE_TRIES):
        try:
            async with context.tenants_transaction() as tx:
                return await _frozen(tx, context.application.settings.close_chunk_size)
        except FreezeBusy:
            await asyncio.sleep(pause)
            pause *= 2
    raise Unavailable("usage is being stored all the time; nothing could be frozen")


async def _frozen(tx: Tx, chunk_size: int) -> repository.RunProgress | None:
    begun = await freeze_due(tx, chunk_size=chunk_size)
    if begun is None:
        return None
    await wake(tx)
    await audit.record(
        tx,
        action="close.started",
        subject_type="close_run",
        subject_id=begun.id,
        details={"periods": begun.periods, "subscriptions": begun.subscriptions},
    )
    return await repository.run_progress(tx, begun.id)


async def _parked(tx: Tx, subscription_id: UUID) -> list[repository.ParkedSubscription]:
    row = ParkedSubscriptionRow
    waiting = PARKED.statement(
        tx.tenant_id,
        col(row.subscription_id) == subscription_id,
        col(row.healed_at).is_(None),
    )
    bounded = waiting.order_by(col(row.due_at)).limit(_MOST_PARKED)
    return await all_records(tx, repository.ParkedSubscription, bounded)


async def _never_kept(_tx: Tx, _kept: object) -> list[repository.ParkedSubscription]:
    raise AssertionError("parkedRetry takes no key, so no answer of it is kept")


_NOT_KEPT: Final[StoredAnswer[list[repository.ParkedSubscription]]] = StoredAnswer(
    keep=lambda _found: {}, recall=_never_kept
)
