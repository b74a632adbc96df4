"""A preview is the invoice that the closing would make: the same code, without the commit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.billing_cycles.current_usage import current_usage
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.preview import invoice_preview
from core.kernel.ids import new_id
from core.kernel.periods import Period
from tests.building import Shop, utc


async def test_the_preview_at_the_end_of_a_month_equals_its_closing(shop: Shop) -> None:
    """Fees, gauge, usage, late usage, commitment and tax: line for line and cent for cent."""
    client = await shop.customer()
    subscription = await shop.subscribed(
        client, ("package", "1"), ("email", "1"), plan="level-3"
    )
    await shop.profiles(client, 90_001, on=utc(1, 2))
    await shop.close(utc(2))
    await shop.profiles(client, 70_000, on=utc(2, 2))
    await shop.emails(client, 12_345, on=utc(1, 30), now=utc(2, 3))
    await shop.emails(client, 2_345, on=utc(2, 5))

    async with shop.at(utc(2, 28)) as tx:
        preview = await invoice_preview(tx, subscription.id, pricing=shop.pricing)
    await shop.close(utc(3))

    invoice = (await shop.invoices())[-1]
    assert preview.due_at == utc(3)
    assert f"{preview.draft.total:.2f}" == invoice["total"]
    assert [
        (line.kind, line.description, f"{line.amount:.2f}") for line in preview.draft.lines
    ] == invoice["lines"]
    assert len(invoice["lines"]) == 4


async def test_a_preview_writes_nothing(shop: Shop) -> None:
    """Asked ten times, no period, invoice or step is there that was not before."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "2"))
    before = await shop.rows("SELECT id, state FROM billing_period WHERE tenant_id = $1")

    for _time in range(10):
        async with shop.at(utc(1, 15)) as tx:
            preview = await invoice_preview(tx, subscription.id, pricing=shop.pricing)
            assert preview.draft.total == Decimal("60.00")  # 2 x 25.00 + 20 %

    after = await shop.rows("SELECT id, state FROM billing_period WHERE tenant_id = $1")
    assert after == before
    assert await shop.invoices() == []


async def test_current_usage_is_what_was_used_so_far_priced(shop: Shop) -> None:
    """1,500 e-mails by the 5th are two started batches: 3.80 before tax, no fees."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"), ("email", "1"))
    await shop.emails(client, 1_500, on=utc(1, 4))

    async with shop.at(utc(1, 5)) as tx:
        current = await current_usage(tx, subscription.id, pricing=shop.pricing)

    assert current is not None
    assert current.period == Period(utc(1), utc(2))
    assert current.amount == Decimal("3.80")
    assert [line.quantity for line in current.lines] == [Decimal(1_500)]


async def test_what_has_no_open_period_has_no_preview(shop: Shop) -> None:
    """An unknown subscription, and a due time that is none."""
    client = await shop.customer()
    subscription = await shop.subscribed(client, ("seats", "1"))
    async with shop.at(utc(1, 5)) as tx:
        with pytest.raises(NothingToPreview):
            await invoice_preview(tx, new_id(), pricing=shop.pricing)
        with pytest.raises(NothingToPreview):
            await invoice_preview(tx, subscription.id, pricing=shop.pricing, due_at=utc(2, 2))
        assert await current_usage(tx, new_id(), pricing=shop.pricing) is None
