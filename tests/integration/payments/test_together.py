"""Many at once: an invoice is never settled beyond its total, money never used twice."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest

from core.database_errors import retrying
from core.kernel.errors import Refusal
from core.payments.applying import ApplyCredit, apply_credit
from core.payments.recording import ReceivedPayment, record_payment
from core.payments.refunding import AskRefund, ask_refund
from tests.building import utc
from tests.integration.payments.conftest import Till

CLIENTS = 16


async def billed(till: Till, seats: str = "1") -> tuple[UUID, UUID]:
    """An account with one open invoice: 30.00 a seat."""
    client = await till.customer()
    await till.subscribe(client, seats)
    await till.move(client, utc(1))
    (invoice,) = await till.invoice_ids(client)
    return client, invoice


async def test_sixteen_payments_of_one_invoice_never_exceed_it(till: Till) -> None:
    """16 payments of 5.00 are 80.00: 30.00 settle the invoice, 50.00 are left."""
    client, invoice = await billed(till)

    await asyncio.gather(
        *(till.pay(client, "5.00", f"P{n}", invoices=(invoice,)) for n in range(CLIENTS))
    )

    assert await till.settled(client) == [("30.00", "30.00", "0.00")]
    assert await till.left(client) == "50.00"


async def test_the_same_reference_at_the_same_time_is_one_payment(till: Till) -> None:
    """All sixteen answer with the same payment; it is booked once."""
    client, _invoice = await billed(till)

    payments = await asyncio.gather(
        *(till.pay(client, "12.00", "same") for _client in range(CLIENTS))
    )

    assert len({payment.id for payment in payments}) == 1
    assert await till.settled(client) == [("30.00", "12.00", "0.00")]


async def test_sixteen_allocations_of_one_payment_use_it_once(till: Till) -> None:
    """20.00 are kept; sixteen want 3.00 each of them: six get it, and 2.00 are left."""
    client, invoice = await billed(till, "2")
    payment = await till.pay(client, "20.00", "kept", invoices=())

    @retrying
    async def allocate() -> bool:
        command = ApplyCredit(
            account_id=client, credits=(payment.id,), invoices=(invoice,), amount=Decimal(3)
        )
        try:
            async with till.shop.at() as tx:
                await apply_credit(tx, command)
        except Refusal:
            return False
        return True

    done = await asyncio.gather(*(allocate() for _client in range(CLIENTS)))

    assert sum(done) == 6
    assert await till.left(client) == "2.00"
    assert await till.settled(client) == [("60.00", "18.00", "0.00")]


async def test_money_is_given_back_or_used_and_never_both(till: Till) -> None:
    """10.00 are kept: eight refunds of 4.00 and eight uses of 3.00 share them."""
    client, invoice = await billed(till)
    payment = await till.pay(client, "10.00", "kept", invoices=())

    @retrying
    async def back() -> None:
        command = AskRefund(credit_id=payment.id, amount=Decimal(4))
        async with till.shop.at() as tx:
            await ask_refund(tx, command, gateways=till.gateways)

    @retrying
    async def use() -> None:
        command = ApplyCredit(account_id=client, invoices=(invoice,), amount=Decimal(3))
        async with till.shop.at() as tx:
            await apply_credit(tx, command)

    outcomes = await asyncio.gather(
        *(verb() for _turn in range(8) for verb in (back, use)), return_exceptions=True
    )

    wrong = [one for one in outcomes if one is not None and not isinstance(one, Refusal)]
    assert wrong == []
    ((used, refunded),) = await till.shop.rows(
        "SELECT used, refunded FROM account_credit WHERE tenant_id = $1"
    )
    assert used % 3 == 0
    assert refunded % 4 == 0
    assert 10 - 3 < used + refunded <= 10


async def test_a_reference_of_another_payment_is_refused(till: Till) -> None:
    """The same gateway and reference with another amount; nothing is booked."""
    client, _invoice = await billed(till)
    await till.pay(client, "12.00", "one")

    with pytest.raises(Refusal, match="another payment"):
        await till.pay(client, "13.00", "one")

    assert await till.settled(client) == [("30.00", "12.00", "0.00")]


async def test_a_payment_of_another_currency_settles_nothing(till: Till) -> None:
    """12.00 dollars stay; the invoice in euros owes what it owed."""
    client, _invoice = await billed(till)
    command = ReceivedPayment(
        account_id=client, amount=Decimal(12), reference="usd", currency="USD"
    )

    async with till.shop.at() as tx:
        await record_payment(tx, command)

    assert await till.settled(client) == [("30.00", "0.00", "0.00")]
    assert await till.left(client) == "12.00"
