"""Correcting an invoice: whole, by line, by amount; never above what it says."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest

from core.credit_notes.credit_invoice import LineCredit, credit_invoice
from core.credit_notes.records import CreditNote, Scope
from core.credit_notes.refusals import (
    CreditExceedsInvoice,
    CreditScopeRefused,
    InvoiceLineUnknown,
    InvoiceNotFound,
    NothingToCredit,
)
from core.credit_notes.unused import Unused, give_back
from core.db import Database
from core.discounts.grant import GrantDiscount, grant_discount
from core.kernel.ids import new_id
from core.kernel.money import AmountTooFine
from tests.building import CATALOGUE, Shop, open_shop, utc

DISCOUNTED = (
    CATALOGUE.replace("      seats: {base: 25}\n", "      seats: {base: 9.99}\n").replace(
        "  level-3:\n",
        "  gross:\n    name: Gross\n    currency: EUR\n    tax: inclusive\n    rates:\n"
        "      seats: {base: 9.99}\n      support: {base: 31}\n  level-3:\n",
    )
    + """
  flexible:
    {name: Flexible, fixed_charges: advance, discounts: flexible, plans: [simple, gross]}
discounts:
  seventh: {name: A seventh, method: ad_hoc, of: subscription, percent: 14.2857}
"""
)


@pytest.fixture
async def shop(db: Database) -> Shop:
    """A seller in advance, net and gross, with a discount."""
    return await open_shop(db, catalogue=DISCOUNTED)


async def invoiced(shop: Shop, *, plan: str = "simple", discounted: bool = False) -> UUID:
    """Invoice three seats at 9.99 and support at 31.00 for April."""
    account = await shop.customer()
    subscription = await shop.subscribed(
        account, ("seats", "3"), ("support", "1"), terms="flexible", plan=plan, now=utc(4)
    )
    if discounted:
        command = GrantDiscount(definition="seventh", subscription=subscription.id)
        async with shop.at(utc(4)) as tx:
            await grant_discount(tx, command, unit_id=None)
    await shop.close(utc(4))
    (row,) = await shop.rows(
        "SELECT id FROM invoice WHERE tenant_id = $1 AND account_id = $2", account
    )
    return UUID(str(row[0]))


async def credited(
    shop: Shop,
    invoice: UUID,
    scope: Scope = "whole",
    *lines: LineCredit,
    amount: str | None = None,
) -> CreditNote:
    """Credit an invoice on 10 April."""
    async with shop.at(utc(4, 10)) as tx:
        return await credit_invoice(
            tx,
            invoice_id=invoice,
            scope=scope,
            lines=lines,
            amount=None if amount is None else Decimal(amount),
            reason="A complaint",
        )


async def corrected(shop: Shop, invoice: UUID) -> Decimal:
    """Return what was given back of an invoice so far."""
    (row,) = await shop.rows(
        "SELECT corrected FROM invoice_settlement WHERE tenant_id = $1 AND invoice_id = $2",
        invoice,
    )
    return Decimal(row[0])


async def totals(shop: Shop, document: UUID) -> tuple[Decimal, Decimal, Decimal]:
    """Return net, tax and total of a document."""
    (row,) = await shop.rows(
        "SELECT net, tax, total FROM invoice WHERE tenant_id = $1 AND id = $2", document
    )
    return row[0], row[1], row[2]


@pytest.mark.parametrize("discounted", [False, True], ids=["plain", "discounted"])
@pytest.mark.parametrize("plan", ["simple", "gross"])
async def test_a_whole_credit_is_the_invoice_to_the_cent(
    shop: Shop, plan: str, discounted: bool
) -> None:
    """Under net and gross prices, with and without discounts: net, tax and total."""
    invoice = await invoiced(shop, plan=plan, discounted=discounted)
    note = await credited(shop, invoice)
    assert (note.net, note.tax, note.total) == await totals(shop, invoice)
    assert await totals(shop, note.id) == await totals(shop, invoice)
    with pytest.raises(NothingToCredit):
        await credited(shop, invoice)


@pytest.mark.parametrize("discounted", [False, True], ids=["plain", "discounted"])
@pytest.mark.parametrize("plan", ["simple", "gross"])
async def test_parts_and_the_rest_sum_to_the_invoice(
    shop: Shop, plan: str, discounted: bool
) -> None:
    """By an amount, by a line, by an odd amount, and then all that is left."""
    invoice = await invoiced(shop, plan=plan, discounted=discounted)
    notes = [
        await credited(shop, invoice, "amount", amount="7.77"),
        await credited(shop, invoice, "lines", LineCredit(1, Decimal("3.33"))),
        await credited(shop, invoice, "amount", amount="0.01"),
        await credited(shop, invoice),
    ]
    net, tax, total = await totals(shop, invoice)
    assert sum(note.net for note in notes) == net
    assert sum(note.tax for note in notes) == tax
    assert sum(note.total for note in notes) == total
    assert await corrected(shop, invoice) == total


async def test_a_line_is_given_back_with_its_tax(shop: Shop) -> None:
    """Support at 31.00 net: 15.50 of it with 20 % are 3.10; then the other half."""
    invoice = await invoiced(shop)
    half = await credited(shop, invoice, "lines", LineCredit(2, Decimal("15.50")))
    assert (half.net, half.tax, half.total) == (
        Decimal("15.50"),
        Decimal("3.10"),
        Decimal("18.60"),
    )
    rest = await credited(shop, invoice, "lines", LineCredit(2))
    assert rest.total == Decimal("18.60")
    lines = await shop.rows(
        "SELECT l.quantity, l.unit, l.description, c.corrects_number FROM invoice_line l"
        " JOIN credit_note_line c ON c.tenant_id = l.tenant_id"
        " AND c.invoice_id = l.invoice_id AND c.number = l.number WHERE l.tenant_id = $1"
    )
    assert lines == [(Decimal(1), "", "Support", 2)] * 2


async def test_an_amount_is_spread_over_the_lines(shop: Shop) -> None:
    """12.19 of 73.16: 5.99 of 35.96 for seats, 6.20 of 37.20 for support.

    35.96 x 12.19 / 73.16 = 5.991..., 37.20 x 12.19 / 73.16 = 6.198...: the larger remainder
    has the cent. Of 6.20 the tax is 6.20 x 6.20 / 37.20 = 1.03, of 5.99 it is 1.00.
    """
    invoice = await invoiced(shop)
    note = await credited(shop, invoice, "amount", amount="12.19")
    assert (note.net, note.tax, note.total) == (
        Decimal("10.16"),
        Decimal("2.03"),
        Decimal("12.19"),
    )
    lines = await shop.rows(
        "SELECT gross, tax FROM invoice_line WHERE tenant_id = $1 AND invoice_id = $2"
        " ORDER BY number",
        note.id,
    )
    assert lines == [
        (Decimal("5.99"), Decimal("1.00")),
        (Decimal("6.20"), Decimal("1.03")),
    ]


async def test_what_an_invoice_has_not_is_refused(shop: Shop) -> None:
    """Above the invoice, above the line, unknown lines, odd scopes: nothing is stored."""
    invoice = await invoiced(shop)
    refused: list[tuple[type[Exception], Scope, tuple[LineCredit, ...], str | None]] = [
        (CreditExceedsInvoice, "amount", (), "73.17"),
        (CreditExceedsInvoice, "lines", (LineCredit(2, Decimal("31.01")),), None),
        (InvoiceLineUnknown, "lines", (LineCredit(3),), None),
        (InvoiceLineUnknown, "lines", (LineCredit(1), LineCredit(1)), None),
        (CreditScopeRefused, "whole", (LineCredit(1),), None),
        (CreditScopeRefused, "amount", (), None),
        (CreditScopeRefused, "amount", (), "0"),
        (CreditScopeRefused, "lines", (LineCredit(1, Decimal(-1)),), None),
        (AmountTooFine, "amount", (), "1.001"),
        (CreditScopeRefused, "unused", (), None),
    ]
    for refusal, scope, lines, amount in refused:
        with pytest.raises(refusal):
            await credited(shop, invoice, scope, *lines, amount=amount)
    with pytest.raises(InvoiceNotFound):
        await credited(shop, new_id())
    assert await corrected(shop, invoice) == 0
    assert await shop.rows("SELECT 1 FROM credit_note WHERE tenant_id = $1") == []


async def test_a_credit_note_is_not_an_invoice_to_correct(shop: Shop) -> None:
    """Its id answers as unknown."""
    note = await credited(shop, await invoiced(shop))
    with pytest.raises(InvoiceNotFound):
        await credited(shop, note.id)


async def test_sixteen_credits_at_once_never_give_back_more(shop: Shop) -> None:
    """Of 73.16, sixteen times 10.00: seven have room, nine are refused."""
    invoice = await invoiced(shop)
    answers = await asyncio.gather(
        *(credited(shop, invoice, "amount", amount="10") for _one in range(16)),
        return_exceptions=True,
    )
    made = [one for one in answers if isinstance(one, CreditNote)]
    refused = [one for one in answers if isinstance(one, CreditExceedsInvoice)]
    assert (len(made), len(refused)) == (7, 9)
    assert await corrected(shop, invoice) == Decimal(70)
    assert sorted(note.number for note in made) == [f"CN-{n:06d}" for n in range(1, 8)]


@pytest.mark.parametrize("plan", ["simple", "gross"])
async def test_unused_time_gives_discounts_back_too(shop: Shop, plan: str) -> None:
    """Half of April and then the other half: net, tax and total of the invoice.

    29.97 and 31.00 less 14.2857 % of each, halved line by line and discount by discount.
    """
    invoice = await invoiced(shop, plan=plan, discounted=True)
    (row,) = await shop.rows("SELECT id FROM subscription WHERE tenant_id = $1")
    items = [
        one[0]
        for one in await shop.rows("SELECT item_id FROM subscription_item WHERE tenant_id = $1")
    ]
    notes: list[CreditNote] = []
    for first, until in ((utc(4, 16), utc(5)), (utc(4), utc(4, 16))):
        unused = [Unused(item, first, until_at=until) for item in items]
        async with shop.at(first) as tx:
            notes += await give_back(
                tx, subscription_id=row[0], unused=unused, reason="Half", at=first
            )
    net, tax, total = await totals(shop, invoice)
    assert sum(note.net for note in notes) == net
    assert sum(note.tax for note in notes) == tax
    assert sum(note.total for note in notes) == total
    worth = await shop.rows(
        "SELECT sum(worth), sum(amount) FROM fee_credit WHERE tenant_id = $1"
    )
    assert worth[0][0] == Decimal("60.97")
    assert worth[0][1] == (net if plan == "simple" else total)


async def test_unused_time_gives_no_more_back_than_the_invoice_has_left(shop: Shop) -> None:
    """70.00 of 73.16 were given back for a complaint: unused April gives back 3.16."""
    invoice = await invoiced(shop)
    await credited(shop, invoice, "amount", amount="70")
    rows = await shop.rows(
        "SELECT subscription_id, item_id FROM subscription_item WHERE tenant_id = $1"
    )
    async with shop.at(utc(4)) as tx:
        (note,) = await give_back(
            tx,
            subscription_id=rows[0][0],
            unused=[Unused(item, utc(4)) for _subscription, item in rows],
            reason="Ended",
            at=utc(4),
        )
    assert note.total == Decimal("3.16")
    assert await corrected(shop, invoice) == Decimal("73.16")
