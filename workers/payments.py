"""Claiming money: collections, refunds and reminders, tenant by tenant.

An attempt is begun in one transaction, asked for outside of any, and noted in another. A
gateway that does not answer is not asked again in the same round, so that it keeps nobody
else's money waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from core.changes.end_unpaid import end_unpaid
from core.database_errors import is_unavailable, retrying
from core.fault_points import reached
from core.logging import bind_context, get_logger
from core.payments.asking import GATEWAY_SECONDS, Answer, ask_to_collect, ask_to_refund
from core.payments.collecting import Attempt, begin_attempts, note_answer
from core.payments.dunning import do_next_step
from core.payments.refunding import RefundAttempt, begin_refunds, note_refund
from core.payments.waking import PAYMENTS_DUE, rest_payments
from core.tenant_due import due_tenants
from workers.context import WorkerContext, context_of

PAYMENTS_JOB: Final = "claim_payments"
ACTOR: Final = "system:payments"
TENANTS_AT_ONCE: Final = 100
TENANTS_TOGETHER: Final = 4
AT_ONCE: Final = 8
"""Gateways that are asked at the same time for one tenant."""
BATCH: Final = 40
"""Attempts of one round; with all gateways hanging it ends within their time."""
MOST_STEPS: Final = 1_000

_log = get_logger(__name__)
T = TypeVar("T", Attempt, RefundAttempt)


async def claim_payments_job(ctx: dict[str, Any]) -> None:
    """Claim what is due, tenant by tenant."""
    await claim_payments(context_of(ctx))


async def claim_payments(context: WorkerContext, *, seconds: float = GATEWAY_SECONDS) -> int:
    """Claim what is due of every tenant; return how many answers and steps were noted.

    `seconds` is the time that a gateway has for each request.
    """
    application = context.application
    async with application.transaction(None, actor=ACTOR) as tx:
        tenants = await due_tenants(tx, PAYMENTS_DUE, limit=TENANTS_AT_ONCE)
    turns = asyncio.Semaphore(TENANTS_TOGETHER)

    async def one(tenant_id: UUID) -> int:
        async with turns:
            with bind_context(tenant_id=tenant_id):
                return await _of_tenant(context, tenant_id, seconds=seconds)

    return sum(await asyncio.gather(*(one(tenant_id) for tenant_id in tenants)))


async def _of_tenant(context: WorkerContext, tenant_id: UUID, *, seconds: float) -> int:
    try:
        done = await _collect(context, tenant_id, seconds=seconds)
        done += await _refund(context, tenant_id, seconds=seconds)
        done += await _remind(context, tenant_id)
        async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
            await rest_payments(tx)
    except Exception as error:
        if is_unavailable(error):
            raise
        # One tenant's trouble is not the others'.
        _log.exception("payments_wait")
        return 0
    return done


async def _collect(context: WorkerContext, tenant_id: UUID, *, seconds: float) -> int:
    gateways = context.application.gateways

    @retrying
    async def begin() -> list[Attempt]:
        async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
            return await begin_attempts(tx, limit=BATCH)

    async def ask(attempt: Attempt) -> Answer:
        return await ask_to_collect(gateways, attempt.gateway, attempt.request, seconds=seconds)

    @retrying
    async def note(attempt: Attempt, answer: Answer) -> None:
        async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
            await note_answer(tx, attempt, answer)

    return await _carry(await begin(), ask=ask, note=note)


async def _refund(context: WorkerContext, tenant_id: UUID, *, seconds: float) -> int:
    gateways = context.application.gateways

    @retrying
    async def begin() -> list[RefundAttempt]:
        async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
            return await begin_refunds(tx, limit=BATCH)

    async def ask(attempt: RefundAttempt) -> Answer:
        return await ask_to_refund(gateways, attempt.gateway, attempt.request, seconds=seconds)

    @retrying
    async def note(attempt: RefundAttempt, answer: Answer) -> None:
        async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
            await note_refund(tx, attempt, answer)

    return await _carry(await begin(), ask=ask, note=note)


async def _carry(
    begun: Sequence[T],
    *,
    ask: Callable[[T], Awaitable[Answer]],
    note: Callable[[T, Answer], Awaitable[None]],
) -> int:
    """Ask for each attempt and note its answer; what is skipped keeps its key and its turn."""
    hanging: set[str] = set()
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(attempt: T) -> int:
        async with turns:
            if attempt.gateway in hanging:
                return 0
            answer = await ask(attempt)
            if answer.did_hang:
                hanging.add(attempt.gateway)
        reached("gateway_answered")
        try:
            await note(attempt, answer)
        except Exception as error:
            if is_unavailable(error):
                raise
            # It is asked again under the same key; the others are noted.
            _log.exception("answer_not_noted", gateway=attempt.gateway)
            return 0
        return 1

    return sum(await asyncio.gather(*(one(attempt) for attempt in begun)))


async def _remind(context: WorkerContext, tenant_id: UUID) -> int:
    done = 0
    for _step in range(MOST_STEPS):
        if context.is_stopping or not await _next_step(context, tenant_id):
            break
        done += 1
    return done


@retrying
async def _next_step(context: WorkerContext, tenant_id: UUID) -> bool:
    async with context.application.transaction(tenant_id, actor=ACTOR) as tx:
        return await do_next_step(tx, end=end_unpaid)
