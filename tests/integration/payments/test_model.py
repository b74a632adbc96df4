"""Random sequences of payments, uses and refunds against a small model of an account."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import pytest

from core.kernel.errors import Refusal
from core.payments.applying import ApplyCredit, apply_credit
from core.payments.refunding import AskRefund, ask_refund
from tests.building import utc
from tests.integration.payments.conftest import Till

STEPS = 30
INVOICE = Decimal(30)


@dataclass
class Model:
    """What is open of each invoice, and left of each payment, the oldest first."""

    open: list[Decimal] = field(default_factory=list)
    left: list[Decimal] = field(default_factory=list)

    def use(self, amount: Decimal | None, money: list[int], invoices: list[int]) -> bool:
        """Settle invoices in order; False, and nothing, where an amount cannot be used."""
        could = min(sum(self.left[n] for n in money), sum(self.open[n] for n in invoices))
        if not could or (amount is not None and could < amount):
            return False
        rest = could if amount is None else amount
        for invoice in invoices:
            for each in money:
                part = min(self.open[invoice], self.left[each], rest)
                self.open[invoice] -= part
                self.left[each] -= part
                rest -= part
        return True


@pytest.mark.parametrize("seed", range(6))
async def test_an_account_holds_what_the_model_says(till: Till, seed: int) -> None:
    """Paying, applying, giving back and billing, in any order."""
    chance = random.Random(seed)
    client = await till.customer()
    await till.subscribe(client)
    await till.move(client, utc(1))
    model, payments, month = Model(open=[INVOICE]), list[UUID](), 1
    for step in range(STEPS):
        amount = Decimal(chance.randint(1, 4_500)) / 100
        match chance.choice(["pay", "keep", "apply", "refund", "bill"]):
            case "pay":
                payments.append((await till.pay(client, f"{amount}", f"p{step}")).id)
                model.left.append(amount)
                model.use(None, [len(payments) - 1], list(range(len(model.open))))
            case "keep":
                kept = await till.pay(client, f"{amount}", f"k{step}", invoices=())
                payments.append(kept.id)
                model.left.append(amount)
            case "apply":
                command = ApplyCredit(account_id=client, amount=amount)
                expected = model.use(
                    amount, list(range(len(payments))), list(range(len(model.open)))
                )
                assert await _allowed(till, command) is expected
            case "refund" if payments:
                chosen = chance.randrange(len(payments))
                wanted = AskRefund(credit_id=payments[chosen], amount=amount)
                expected = amount <= model.left[chosen]
                assert await _allowed(till, wanted) is expected
                if expected:
                    model.left[chosen] -= amount
            case "bill" if month < 12:
                month += 1
                await till.move(client, utc(month))
                model.open.append(INVOICE)
                model.use(None, list(range(len(payments))), [len(model.open) - 1])
        assert await _held(till, client) == (model.open, model.left)


async def _allowed(till: Till, command: ApplyCredit | AskRefund) -> bool:
    try:
        async with till.shop.at() as tx:
            if isinstance(command, ApplyCredit):
                await apply_credit(tx, command)
            else:
                await ask_refund(tx, command, gateways=till.gateways)
    except Refusal:
        return False
    return True


async def _held(till: Till, client: UUID) -> tuple[list[Decimal], list[Decimal]]:
    opened = await till.shop.rows(
        "SELECT s.total - s.paid - s.credited FROM invoice i JOIN invoice_settlement s"
        " ON s.tenant_id = $1 AND s.invoice_id = i.id"
        " WHERE i.tenant_id = $1 AND i.account_id = $2 ORDER BY i.due_at, i.id",
        client,
    )
    left = await till.shop.rows(
        "SELECT amount - used - refunded FROM account_credit"
        " WHERE tenant_id = $1 AND account_id = $2 ORDER BY id",
        client,
    )
    return [row[0] for row in opened], [row[0] for row in left]
