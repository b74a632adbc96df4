"""Which money settles which invoice."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from core.payments.spreading import Debt, Funds, spread

CLIENT, OTHER = UUID(int=1), UUID(int=2)


def debt(number: int, amount: str, *, account: UUID = CLIENT, currency: str = "EUR") -> Debt:
    """An invoice with so much open."""
    return Debt(UUID(int=100 + number), account, currency, Decimal(amount))


def funds(number: int, amount: str, *, account: UUID = CLIENT, currency: str = "EUR") -> Funds:
    """A payment of which so much is left."""
    return Funds(UUID(int=200 + number), account, currency, "payment", Decimal(amount))


def test_the_first_money_settles_the_first_invoice() -> None:
    """30 and 20 are owed, 40 and 25 are there: 30 + 10 of the first, 10 of the second."""
    uses = spread([debt(1, "30"), debt(2, "20")], [funds(1, "40"), funds(2, "25")])

    assert [(use.invoice_id.int, use.credit_id.int, use.amount) for use in uses] == [
        (101, 201, 30),
        (102, 201, 10),
        (102, 202, 10),
    ]


def test_money_stays_with_its_account_and_currency() -> None:
    """Neither another account's money nor dollars pay an invoice in euros."""
    there = [funds(1, "40", account=OTHER), funds(2, "40", currency="USD")]

    assert spread([debt(1, "30")], there) == []


AMOUNTS = st.lists(st.integers(min_value=0, max_value=10_000), max_size=8)


@given(owed=AMOUNTS, there=AMOUNTS)
def test_all_is_settled_that_can_be_and_nothing_twice(
    owed: list[int], there: list[int]
) -> None:
    """What is used is the lesser of what is owed and what is there, to the cent."""
    debts = [debt(number, str(amount)) for number, amount in enumerate(owed)]
    money = [funds(number, str(amount)) for number, amount in enumerate(there)]

    uses = spread(debts, money)

    assert sum(use.amount for use in uses) == min(sum(owed), sum(there))
    assert all(use.amount > 0 for use in uses)
    assert [one.open for one in debts] == [
        amount - sum(use.amount for use in uses if use.invoice_id == one.invoice_id)
        for one, amount in zip(debts, owed, strict=True)
    ]
    assert all(one.open >= 0 for one in debts)
    assert all(one.left >= 0 for one in money)
