"""Asking a gateway: within its time, and so that nothing it does ends who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal, NamedTuple

from core.payments.gateways import MANUAL
from core.plugin_api import (
    PaymentGateway,
    PaymentOutcome,
    PaymentRequest,
    RefundingGateway,
    RefundRequest,
)
from core.plugin_host.refusals import described_exception, readable

GATEWAY_SECONDS: Final = 10.0
"""Time for a gateway to answer one request."""
MAX_TEXT: Final = 200

Gateways = Mapping[str, PaymentGateway]
AnswerState = Literal["succeeded", "pending", "failed", "waiting", "cancelled"]


class Answer(NamedTuple):
    """What came of asking. `pending`: nothing is known yet, and it is asked again."""

    state: AnswerState
    reference: str
    reason: str = ""
    did_hang: bool = False


async def ask_to_collect(
    gateways: Gateways, name: str, request: PaymentRequest, *, seconds: float = GATEWAY_SECONDS
) -> Answer:
    """Ask a gateway for money; whatever it does becomes an answer."""
    gateway = gateways.get(name)
    if gateway is None:
        return _missing(name, request.reference)
    return await _asked(
        name, lambda: gateway.collect(request), before=request.reference, seconds=seconds
    )


async def ask_to_refund(
    gateways: Gateways, name: str, request: RefundRequest, *, seconds: float = GATEWAY_SECONDS
) -> Answer:
    """Ask a gateway to give money back; one that cannot has refused."""
    gateway = gateways.get(name)
    if gateway is None:
        return _missing(name, request.reference)
    if name == MANUAL or not isinstance(gateway, RefundingGateway):
        return Answer("failed", "", f"{name} gives no money back; transfer it by hand")
    return await _asked(
        name, lambda: gateway.refund(request), before=request.reference, seconds=seconds
    )


def _missing(name: str, before: str) -> Answer:
    return Answer("pending", before, f"no gateway {name!r} is installed; install its plugin")


class _Stopped(Exception):
    """A gateway tried to end its worker, or gave itself up."""


async def _asked(
    name: str, ask: Callable[[], Awaitable[PaymentOutcome]], *, before: str, seconds: float
) -> Answer:
    try:
        return _read(await asyncio.wait_for(_guarded(ask), seconds))
    except TimeoutError:
        told = f"{name} did not answer within {seconds:g} s"
        return Answer("pending", before, told, did_hang=True)
    except Exception as error:  # noqa: BLE001 - a gateway's failure is noted, and repeated
        cause = error.__cause__ if isinstance(error, _Stopped) else error
        told = f"{name}: {described_exception(cause or error)}"
        return Answer("pending", before, readable(told, limit=MAX_TEXT))


async def _guarded(ask: Callable[[], Awaitable[PaymentOutcome]]) -> PaymentOutcome:
    """Ask, so that nothing but the worker itself can end the worker."""
    try:
        return await ask()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise _Stopped from error
    except (SystemExit, KeyboardInterrupt) as error:
        raise _Stopped from error


def _read(outcome: PaymentOutcome) -> Answer:
    """Read an answer; what is none rises, and is asked again."""
    if outcome.status not in ("succeeded", "pending", "failed"):
        raise ValueError(f"status {outcome.status!r} is none of succeeded, pending, failed")
    reference = readable(outcome.reference, limit=MAX_TEXT)
    reason = readable(outcome.reason, limit=MAX_TEXT)
    if outcome.status == "failed":
        reason = reason or "the provider refused"
    return Answer(outcome.status, reference, reason)
