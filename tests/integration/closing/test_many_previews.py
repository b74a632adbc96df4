"""Previews and current usage of many subscriptions: read together, each as by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.billing_cycles.current_usage import CurrentUsage, current_usage, current_usages
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.preview import Preview, invoice_preview, invoice_previews
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from tests.building import Shop, utc

from .test_parking import unprice


@contextmanager
def statements(patch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note every statement that goes to the driver inside the block."""
    seen: list[str] = []

    def noting(original: Any) -> Any:
        async def fetch(self: Tx, sql: str, *args: Any) -> Any:
            seen.append(sql)
            return await original(self, sql, *args)

        return fetch

    with patch.context() as during:
        for name in ("fetch", "fetchrow"):
            during.setattr(Tx, name, noting(getattr(Tx, name)))
        yield seen


async def customers(shop: Shop, count: int) -> list[UUID]:
    """Subscribe that many customers; the n-th has n seats and sent n thousand e-mails."""
    found: list[UUID] = []
    for number in range(1, count + 1):
        client = await shop.customer(f"Client {number}")
        made = await shop.subscribed(client, ("seats", str(number)), ("email", "1"))
        await shop.emails(client, 1000 * number, on=utc(1, 4))
        found.append(made.id)
    return found


async def test_many_are_priced_as_each_by_itself(shop: Shop) -> None:
    """Three customers: 1.90, 3.80 and 5.70 of e-mails on 25.00, 50.00 and 75.00 of seats."""
    ids = await customers(shop, 3)
    async with shop.at(utc(1, 5)) as tx:
        usages = await current_usages(tx, ids, pricing=shop.pricing)
        previews = await invoice_previews(tx, ids, pricing=shop.pricing)
        assert usages == {
            one: await current_usage(tx, one, pricing=shop.pricing) for one in ids
        }
        assert previews == {
            one: await invoice_preview(tx, one, pricing=shop.pricing) for one in ids
        }

    assert [_used(usages[one]) for one in ids] == ["1.90", "3.80", "5.70"]
    # (25.00 + 1.90) x 1.2 = 32.28, and so on
    assert [_total(previews[one]) for one in ids] == ["32.28", "64.56", "96.84"]


async def test_one_that_cannot_be_priced_hinders_no_other(shop: Shop) -> None:
    """The second has a seat without a rate, the third is unknown: the first is previewed."""
    ids = [*(await customers(shop, 2)), new_id()]
    await unprice(shop, ids[1])
    async with shop.at(utc(1, 5)) as tx:
        previews = await invoice_previews(tx, ids, pricing=shop.pricing)
        usages = await current_usages(tx, ids, pricing=shop.pricing)

    assert _total(previews[ids[0]]) == "32.28"
    fault = previews[ids[1]]
    assert isinstance(fault, Refusal)
    assert fault.code == "RATE_MISSING"
    assert isinstance(previews[ids[2]], NothingToPreview)
    assert [_used(usages[one]) for one in ids[:2]] == ["1.90", "3.80"]  # e-mails have a rate
    assert usages[ids[2]] is None


async def test_twenty_cost_the_statements_of_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is read by lists: two statements for usage.

    Two more for previews: whether anything is bought ahead, and whether usage is carried.
    """
    ids = await customers(shop, 20)
    async with shop.at(utc(1, 5)) as tx:
        await invoice_previews(tx, ids, pricing=shop.pricing)  # the catalogue is known now
        counts: dict[str, list[int]] = {}
        for verb in (current_usages, invoice_previews):
            for chosen in (ids[:1], ids):
                with statements(monkeypatch) as seen:
                    assert len(await verb(tx, chosen, pricing=shop.pricing)) == len(chosen)
                counts.setdefault(verb.__name__, []).append(len(seen))

    assert counts == {"current_usages": [2, 2], "invoice_previews": [4, 4]}


async def test_what_an_account_has_due_at_two_times_is_read_in_two_turns(shop: Shop) -> None:
    """One subscription of an account ends its month on 1 February, another its year."""
    client = await shop.customer()
    monthly = await shop.subscribed(client, ("seats", "1"))
    yearly = await shop.subscribed(client, ("seats", "2"), terms="yearly")
    async with shop.at(utc(1, 5)) as tx:
        found = await invoice_previews(tx, [monthly.id, yearly.id], pricing=shop.pricing)
        for one in (monthly, yearly):
            assert found[one.id] == await invoice_preview(tx, one.id, pricing=shop.pricing)
    assert _total(found[monthly.id]) == "30.00"  # 25.00 + 20 %


async def test_nobody_is_no_statement(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list is answered at once."""
    async with shop.at(utc(1, 5)) as tx:
        with statements(monkeypatch) as seen:
            assert await invoice_previews(tx, [], pricing=shop.pricing) == {}
            assert await current_usages(tx, [], pricing=shop.pricing) == {}
    assert seen == []


def _used(usage: CurrentUsage | Exception | None) -> str:
    assert isinstance(usage, CurrentUsage), usage
    return f"{usage.amount:.2f}"


def _total(preview: Preview | Exception) -> str:
    assert isinstance(preview, Preview), preview
    assert preview.draft.total == sum(
        (line.amount for line in preview.draft.lines), Decimal(0)
    ) * Decimal("1.2")
    return f"{preview.draft.total:.2f}"
