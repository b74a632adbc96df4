"""Usage under rate tables of other dates: each event at the price of its own day."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from core.billing_cycles.pricing import Pricing
from core.catalogue.apply import BUILT_INS, apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Tx
from core.simulations.compare import compare
from core.simulations.start import StartSimulation, start_simulation
from tests.building import Shop, utc
from tests.integration.simulations.conftest import Simulate
from tests.integration.simulations.test_another_plan import CHEAPER, JANUARY, plan, results

TABLES = """
rate_tables:
  early:
    name: Early
    dimension: country
    applies: on_event_date
    slots: [{from: 2025-01-01, rows: {}, default: 1}, {from: 2026-01-16, rows: {}, default: 2}]
  late:
    name: Late
    dimension: country
    applies: on_event_date
    slots:
      - {from: 2025-01-01, rows: {}, default: 10}
      - {from: 2026-01-10, rows: {}, default: 20}
      - {from: 2026-01-25, rows: {}, default: 30}
  kept: {name: Kept, dimension: country, rows: {}, default: 5}
price_plans:
  early: {name: Early, currency: EUR, rates: {email: {table: early}}}
  late: {name: Late, currency: EUR, rates: {email: {table: late}}}
  kept: {name: Kept, currency: EUR, rates: {email: {table: kept}}}
  flat: {name: Flat, currency: EUR, rates: {email: {base: 7}}}
billing_terms:
  by-date: {name: By date, plans: [early, late, kept, flat]}
"""


@pytest.mark.parametrize(
    ("present", "other", "before", "after"),
    [
        # 3 on 5, 4 on 12 and 5 on 20 January. early: 7 x 1 + 5 x 2; late: 3 x 10 + 9 x 20.
        ("early", "late", "17.00", "210.00"),
        ("late", "early", "210.00", "17.00"),
        ("kept", "early", "60.00", "17.00"),  # 12 x 5
        ("early", "kept", "17.00", "60.00"),
        ("flat", "late", "84.00", "210.00"),  # 12 x 7
        ("late", "flat", "210.00", "84.00"),
    ],
)
async def test_each_event_has_the_price_of_its_day(
    *, shop: Shop, simulate: Simulate, present: str, other: str, before: str, after: str
) -> None:
    """Whatever tables the plans have, and whether they have any."""
    async with shop.at(utc(12, 2, year=2025)) as tx:
        await apply_catalogue(tx, load_catalogue(TABLES))
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"), terms="by-date", plan=present)
    for sent, day in ((3, 5), (4, 12), (5, 20)):
        await shop.emails(account, sent, on=utc(1, day))
    await shop.close(utc(2))
    async with shop.at() as tx:
        key = await plan(tx, other)

    done = await simulate(StartSimulation(JANUARY, price_plan_id=key), now=utc(2, 3))

    assert await results(shop, done.id) == {account: (before, before, after)}


async def test_the_statements_of_a_chunk_do_not_grow_with_its_accounts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many for six accounts as for two, under an edited catalogue."""
    accounts = [await shop.customer(f"C{number}") for number in range(6)]
    for account in accounts:
        await shop.subscribed(account, ("seats", "2"), ("email", "1"))
        await shop.emails(account, 1_500, on=utc(1, 20))
    await shop.close(utc(2))
    sent: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        original = getattr(Tx, name)

        async def noting(self: Tx, sql: str, *args: object, _run=original) -> object:  # type: ignore[no-untyped-def]
            sent.append(sql)
            return await _run(self, sql, *args)

        monkeypatch.setattr(Tx, name, noting)

    few = await _statements(shop, accounts[:2], sent)
    many = await _statements(shop, accounts, sent)

    assert few == many


async def _statements(shop: Shop, accounts: list[UUID], sent: list[str]) -> int:
    async with shop.at(utc(2, 3)) as tx:
        asked = StartSimulation(JANUARY, catalogue=CHEAPER)
        made = await start_simulation(tx, asked, installed=BUILT_INS)
        sent.clear()
        found = await compare(tx, made, accounts, pricing=Pricing(), installed=BUILT_INS)
        count = len(sent)
    # Each 2 x 25.00 + 2 x 1.90; 2 x 20.00 + 2 x 1.50.
    assert {(one.before, one.after) for one in found.results} == {
        (Decimal("53.80"), Decimal("43.00"))
    }
    assert len(found.results) == len(accounts)
    return count
