"""Forfait's own gateways, and how any gateway is asked."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from core.kernel.money import Money
from core.payments.asking import Answer, ask_to_collect, ask_to_refund
from core.payments.gateways import ManualGateway, TestGateway
from core.plugin_api import PaymentOutcome, PaymentRequest, RefundRequest


def request(token: str, *, attempt: int = 1, reference: str = "") -> PaymentRequest:
    """A request of 30.00."""
    return PaymentRequest(
        idempotency_key=f"c:{attempt}",
        account="a",
        invoice_number="INV-1",
        amount=Money(Decimal(30), "EUR"),
        method_token=token,
        attempt=attempt,
        reference=reference,
    )


@pytest.mark.parametrize(
    ("token", "attempt", "status"),
    [
        ("ok", 1, "succeeded"),
        ("declined", 7, "failed"),
        ("declined:2", 1, "failed"),
        ("declined:2", 2, "failed"),
        ("declined:2", 3, "succeeded"),
        ("pending:3", 1, "pending"),
        ("visa", 1, "failed"),
    ],
)
async def test_the_test_gateway_answers_as_the_token_says(
    token: str, attempt: int, status: str
) -> None:
    """By the number of the attempt, the same each time."""
    asked = request(token, attempt=attempt)

    answers = [await TestGateway().collect(asked) for _time in range(2)]

    assert [answer.status for answer in answers] == [status, status]
    assert answers[0] == answers[1]


async def test_a_pending_answer_counts_in_its_reference() -> None:
    """Pending twice, then succeeded, under one key."""
    seen, before = [], ""
    for _time in range(3):
        answer = await TestGateway().collect(request("pending:2", reference=before))
        seen.append(answer.status)
        before = answer.reference

    assert seen == ["pending", "pending", "succeeded"]
    assert before == "paid-c:1"


async def test_the_manual_gateway_collects_and_gives_back_nothing() -> None:
    """Both are refusals, with their reason."""
    gateways: Any = {"manual": ManualGateway()}
    refund = RefundRequest("r", "a", Money(Decimal(5), "EUR"), "T-1", "")

    collected = await ask_to_collect(gateways, "manual", request("any"))
    given_back = await ask_to_refund(gateways, "manual", refund)

    assert (collected.state, given_back.state) == ("failed", "failed")
    assert given_back.reason == "manual gives no money back; transfer it by hand"


class Bad:
    """A gateway that misbehaves as it is told."""

    name = "bad"
    collects = True

    def __init__(self, does: Any) -> None:
        self.does = does

    async def collect(self, asked: PaymentRequest) -> Any:
        """Misbehave."""
        return await self.does()


async def _raises() -> None:
    raise RuntimeError("away")


async def _exits() -> None:
    raise SystemExit(3)


async def _cancels() -> None:
    raise asyncio.CancelledError


async def _hangs() -> None:
    await asyncio.sleep(60)


async def _nonsense() -> Any:
    return PaymentOutcome("perhaps", "r")  # type: ignore[arg-type] # what a plugin may do


@pytest.mark.parametrize("does", [_raises, _exits, _cancels, _hangs, _nonsense])
async def test_whatever_a_gateway_does_is_an_answer(does: Any) -> None:
    """Nothing is known yet, the reference stays, and it is asked again."""
    gateways: Any = {"bad": Bad(does)}

    answer = await ask_to_collect(gateways, "bad", request("t", reference="r-1"), seconds=0.05)

    assert (answer.state, answer.reference) == ("pending", "r-1")
    assert answer.reason
    assert answer.did_hang is (does is _hangs)


async def test_a_gateway_that_is_gone_is_waited_for() -> None:
    """Its plugin may come back; nothing has failed."""
    answer = await ask_to_collect({}, "gone", request("t"))

    told = "no gateway 'gone' is installed; install its plugin"
    assert answer == Answer("pending", "", told)
