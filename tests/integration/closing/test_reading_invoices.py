"""Invoices are found by id, by number and by page, with lines that show their working."""

from __future__ import annotations

from decimal import Decimal

import asyncpg
import pytest

from core.invoices.records import InvoiceKey
from core.invoices.repository import (
    invoice,
    invoice_by_number,
    invoices_page,
    latest_invoices,
    lines_of,
)
from core.kernel.ids import new_id
from tests.building import Shop, utc


async def test_an_invoice_is_found_by_its_number_and_shows_its_working(shop: Shop) -> None:
    """Two started batches of 1000 at 1.90; seller and buyer are kept by value."""
    client = await shop.customer("Ada")
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 1_001, on=utc(1, 10))
    await shop.close(utc(2))

    async with shop.at() as tx:
        found = await invoice_by_number(tx, "inv-000001")
        assert found is not None
        assert await invoice(tx, found.id) == found
        (line,) = (await lines_of(tx, [found.id]))[found.id]

    assert (found.number, found.state, found.open_amount) == (
        "INV-000001",
        "open",
        Decimal("4.56"),  # 3.80 + 20 %
    )
    assert found.taxes == [{"rate": "20", "net": "3.80", "tax": "0.76", "gross": "4.56"}]
    assert found.parties["buyer"]["name"] == "Ada"
    assert found.parties["seller"] == {"name": "Shop", "country": "FR"}
    assert (line.quantity, line.unit, line.amount) == (1001, "email", Decimal("3.80"))
    assert [step["kind"] for step in line.working] == ["package"]


async def test_pages_go_from_the_newest_to_the_oldest(shop: Shop) -> None:
    """Three months of two accounts, read two at a time: 2, 2, 2, and nothing more."""
    clients = [await shop.customer(name) for name in ("a", "b")]
    for client in clients:
        await shop.subscribed(client, ("seats", "1"))
    for month in (2, 3, 4):
        await shop.close(utc(month))

    pages, after = [], None
    async with shop.at() as tx:
        for _page in range(4):
            page = await invoices_page(tx, after=after, limit=2)
            pages.append([str(one.issue_date) for one in page])
            if page:
                after = InvoiceKey(page[-1].issue_date, page[-1].id)
        own = await invoices_page(tx, account_id=clients[0])
        latest = await latest_invoices(tx, clients, each=2)

    assert pages == [["2026-04-01"] * 2, ["2026-03-01"] * 2, ["2026-02-01"] * 2, []]
    assert [str(one.issue_date) for one in own] == ["2026-04-01", "2026-03-01", "2026-02-01"]
    assert [str(one.issue_date) for one in latest[clients[1]]] == ["2026-04-01", "2026-03-01"]


async def test_a_number_that_is_none_finds_nothing(shop: Shop) -> None:
    """Another series, no digits, too many digits, an unknown id."""
    async with shop.at() as tx:
        for text in ("INV-000009", "XX-1", "INV-", "INV-x", "INV-" + "9" * 30, ""):
            assert await invoice_by_number(tx, text) is None
        assert await invoice(tx, new_id()) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE invoice SET total = 0",
        "DELETE FROM invoice_line",
        "UPDATE invoice_line SET amount = 0",
        "DELETE FROM invoice_number",
        "UPDATE fee_slice SET amount = 0",
        "UPDATE billing_step SET totals = '{}'",
        "SELECT * FROM invoice FOR UPDATE",
    ],
)
async def test_what_is_final_cannot_be_changed_by_the_application(
    shop: Shop, change: str
) -> None:
    """The privilege is missing; nothing is changed."""
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "1"))
    await shop.close(utc(2))
    before = await shop.invoices()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with shop.at() as tx:
            await tx.execute(change)

    assert await shop.invoices() == before
