"""Settling new invoices takes as many statements for many as for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.billing_cycles import storing
from core.db import Tx
from core.payments.booking import settle_new
from tests.building import open_shop, utc
from tests.integration.payments.conftest import CATALOGUE, Till

STATEMENTS = ("fetch", "fetchrow", "fetchval", "execute", "copy_into")
PLAIN = CATALOGUE[: CATALOGUE.index("  strict:")]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """How many statements each settling took so far."""
    seen: list[int] = []
    is_on: list[bool] = []

    def counting(original: Any) -> Any:
        async def call(self: Tx, *args: Any, **options: Any) -> Any:
            if is_on:
                seen[-1] += 1
            return await original(self, *args, **options)

        return call

    async def settle(*args: Any, **options: Any) -> None:
        seen.append(0)
        is_on.append(True)
        await settle_new(*args, **options)
        is_on.clear()

    for name in STATEMENTS:
        monkeypatch.setattr(Tx, name, counting(getattr(Tx, name)))
    monkeypatch.setattr(storing, "settle_new", settle)
    return lambda: seen


@pytest.mark.parametrize("accounts", [1, 7])
async def test_eleven_statements_settle_any_number_with_everything(
    till: Till, counted: Callable[[], list[int]], accounts: int
) -> None:
    """Facts; two locks and three writes of credit; collections, policies, dates, dunning; wake.

    Each account has 5.00 left, a card, and terms with a policy.
    """
    for number in range(accounts):
        client = await till.customer(on_test_clock=False, name=f"c{number}")
        await till.card(client)
        await till.pay(client, "5.00", f"left-{number}")
        await till.subscribe(client, terms="strict")

    await till.shop.close(utc(1, 1, 1))

    assert counted() == [11]
    rows = await till.shop.rows(
        "SELECT count(*), min(amount), max(amount) FROM collection WHERE tenant_id = $1"
    )
    assert rows == [(accounts, 25, 25)]


async def test_one_statement_is_all_where_there_is_nothing_to_do(
    till: Till, counted: Callable[[], list[int]]
) -> None:
    """No method, no money left, and no policy in any terms of the seller."""
    shop = await open_shop(till.shop.db, catalogue=PLAIN)
    plain = Till(shop)
    for number in range(3):
        client = await plain.customer(on_test_clock=False, name=f"c{number}")
        await plain.subscribe(client)

    await shop.close(utc(1, 1, 1))

    assert counted() == [1]
