"""Workers collect, retry, refund and remind; a bad gateway stops nobody else."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.db import Database
from core.payments.gateways import gateways_of
from core.payments.methods import AddMethod, add_method
from core.payments.recording import ReceivedPayment, record_payment
from core.payments.refunding import AskRefund, ask_refund
from core.plugin_api import PaymentOutcome, PaymentRequest, hookimpl
from core.plugin_host import PluginHost
from tests.building import Shop, open_shop, utc
from tests.integration.payments.conftest import CATALOGUE
from tests.invariants import broken
from tests.workers.conftest import Working
from workers.payments import claim_payments

NOW = utc(1, 1, 1)
SECONDS = 0.1


class Acquirer:
    """A gateway that keeps what it was asked; a token may be `raises` or `hangs`."""

    name = "acquirer"
    collects = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, Decimal]] = []
        self.given_back: list[tuple[str, Decimal]] = []

    async def collect(self, request: PaymentRequest) -> PaymentOutcome:
        """Take the money, once per key."""
        self.asked.append((request.idempotency_key, request.amount.amount))
        if request.method_token == "raises":
            raise RuntimeError("the provider is away")
        if request.method_token == "hangs":
            await asyncio.sleep(60)
        return PaymentOutcome("succeeded", f"tx-{request.idempotency_key}")

    async def refund(self, request: Any) -> PaymentOutcome:
        """Give money back."""
        self.given_back.append((request.payment_reference, request.amount.amount))
        return PaymentOutcome("succeeded", f"back-{request.idempotency_key}")


class Sleepy(Acquirer):
    """Another provider, which hangs."""

    name = "sleepy"


class Plugin:
    """What brings both."""

    __plugin_name__ = "acquirers"
    REQUIRES_API = (1, 0)

    def __init__(self) -> None:
        self.acquirer, self.sleepy = Acquirer(), Sleepy()

    @hookimpl
    def register_payment_gateways(self) -> list[Any]:
        """Contribute them."""
        return [self.acquirer, self.sleepy]


@pytest.fixture
def plugin() -> Plugin:
    """Two providers."""
    return Plugin()


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller whose terms bill in advance, with and without a policy."""
    return await open_shop(db, catalogue=CATALOGUE)


async def customer(
    shop: Shop, plugin: Plugin, *, token: str, gateway: str = "acquirer", terms: str = "plain"
) -> UUID:
    """An account in real time that pays 30.00 a month by a card."""
    client = await shop.customer(f"{gateway} {token}")
    command = AddMethod(
        account_id=client, gateway=gateway, kind="card", token=token, label="Visa"
    )
    async with shop.at(utc(1)) as tx:
        await add_method(tx, command, gateways=gateways_of(PluginHost([plugin])))
    await shop.subscribed(client, ("seats", "1"), terms=terms)
    return client


async def claim(working: Working, plugin: Plugin, now: datetime) -> int:
    """Let a worker claim what is due at an instant."""
    async with working(now, plugins=[plugin]) as context:
        return await claim_payments(context, seconds=SECONDS)


async def collections(shop: Shop) -> list[tuple[Any, ...]]:
    """State, attempts and reason of every collection."""
    return await shop.rows(
        "SELECT state, attempts, reason FROM collection WHERE tenant_id = $1 ORDER BY id"
    )


async def test_a_card_pays_at_once_and_a_transfer_when_it_is_received(
    shop: Shop, working: Working, plugin: Plugin
) -> None:
    """Both owe 30.00; the worker asks the card's gateway once, with the key of the attempt."""
    await customer(shop, plugin, token="card")
    transferring = await shop.customer("by transfer")
    await shop.subscribed(transferring, ("seats", "1"), terms="plain")
    await shop.close(NOW)

    assert await claim(working, plugin, NOW) == 1
    assert await claim(working, plugin, NOW + timedelta(minutes=2)) == 0

    ((key,),) = await shop.rows("SELECT id FROM collection WHERE tenant_id = $1")
    assert plugin.acquirer.asked == [(f"{key}:1", Decimal(30))]
    settled = "SELECT paid FROM invoice_settlement WHERE tenant_id = $1 ORDER BY paid"
    assert [f"{paid:.2f}" for (paid,) in await shop.rows(settled)] == ["0.00", "30.00"]
    async with shop.at(utc(1, 9)) as tx:
        await record_payment(
            tx, ReceivedPayment(account_id=transferring, amount=Decimal(30), reference="T-1")
        )
    assert [f"{paid:.2f}" for (paid,) in await shop.rows(settled)] == ["30.00", "30.00"]
    async with shop.at() as tx:
        assert await broken(tx) == []


async def test_a_gateway_that_raises_or_hangs_stops_nobody(
    shop: Shop, working: Working, plugin: Plugin
) -> None:
    """The sound one is paid; both others keep their attempt, and its key, for later."""
    for _turn in range(3):
        await customer(shop, plugin, token="hangs", gateway="sleepy")
    await customer(shop, plugin, token="raises")
    await customer(shop, plugin, token="card")
    await shop.close(NOW)

    await claim(working, plugin, NOW)

    states = [(state, attempts) for state, attempts, _why in await collections(shop)]
    assert sorted(states) == [("pending", 1)] * 4 + [("succeeded", 1)]
    reasons = {why for _state, _attempts, why in await collections(shop) if why}
    assert "acquirer: RuntimeError: the provider is away" in reasons
    assert "sleepy did not answer within 0.1 s" in reasons

    await claim(working, plugin, NOW + timedelta(minutes=6))

    keys = [key for key, _amount in plugin.acquirer.asked]
    assert len(keys) == 3
    assert len(set(keys)) == 2  # the one that raised came again under its key
    async with shop.at() as tx:
        assert await broken(tx) == []


async def test_an_attempt_that_nobody_noted_is_asked_again_under_its_key(
    shop: Shop, working: Working, plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost; after the lease the same key is asked for, and booked once."""
    await customer(shop, plugin, token="card")
    await shop.close(NOW)

    async def lost(*_given: Any) -> None:
        raise RuntimeError("the worker is gone")

    with monkeypatch.context() as patch:
        patch.setattr("workers.payments.note_answer", lost)
        await claim(working, plugin, NOW)
    assert (await collections(shop))[0][:2] == ("pending", 1)

    await claim(working, plugin, NOW + timedelta(minutes=2))

    first, second = plugin.acquirer.asked
    assert first == second
    ((count, paid),) = await shop.rows(
        "SELECT count(*), sum(amount) FROM payment WHERE tenant_id = $1"
    )
    assert (count, f"{paid:.2f}") == (1, "30.00")


async def test_money_goes_back_by_the_gateway_that_received_it(
    shop: Shop, working: Working, plugin: Plugin
) -> None:
    """12.00 of a payment that was kept; the gateway is told which payment it was."""
    client = await shop.customer("kept")
    command = ReceivedPayment(
        account_id=client, amount=Decimal(20), reference="tx-9", gateway="acquirer", invoices=()
    )
    async with shop.at(NOW) as tx:
        payment = await record_payment(tx, command)
        asked = AskRefund(credit_id=payment.id, amount=Decimal(12))
        refund = await ask_refund(tx, asked, gateways=gateways_of(PluginHost([plugin])))
    assert (refund.state, refund.gateway) == ("waiting", "acquirer")

    await claim(working, plugin, NOW)

    assert plugin.acquirer.given_back == [("tx-9", Decimal(12))]
    ((state, refunded),) = await shop.rows(
        "SELECT r.state, c.refunded FROM refund r JOIN account_credit c"
        " ON c.tenant_id = $1 AND c.id = r.credit_id WHERE r.tenant_id = $1"
    )
    assert (state, f"{refunded:.2f}") == ("done", "12.00")


async def test_reminders_leave_by_the_outbox_in_real_time(
    shop: Shop, working: Working, plugin: Plugin
) -> None:
    """To be paid by 15 January, and the first reminder 3 days later; never twice."""
    client = await shop.customer("late")
    await shop.subscribed(client, ("seats", "1"), terms="strict")
    await shop.close(NOW)

    assert await claim(working, plugin, utc(1, 17)) == 0
    assert await claim(working, plugin, utc(1, 18, 2)) == 1
    assert await claim(working, plugin, utc(1, 18, 3)) == 0

    told = await shop.rows(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND topic = 'invoice.reminded'"
    )
    assert [(one["reminder"], one["outstanding"]) for (one,) in told] == [(1, "30.00")]
