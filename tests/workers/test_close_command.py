"""`forfait close` bills what is due and says how it went."""

from __future__ import annotations

import pytest

from api.serving.close import close_tenant
from tests.building import Shop, utc
from tests.workers.conftest import Working


async def test_the_command_closes_what_is_due_and_counts_it(
    shop: Shop, working: Working, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three customers in chunks of 2; the second time nothing is due."""
    for number in range(3):
        await shop.subscribed(await shop.customer(f"c{number}"), ("seats", "1"))
    async with working(utc(2)) as context:
        await close_tenant(context.application, shop.tenant_id, by_workers=False)
        first = capsys.readouterr().out
        await close_tenant(context.application, shop.tenant_id, by_workers=False)

    assert "3 invoices, 0 parked, of 3 subscriptions" in " ".join(first.split())
    assert "Nothing is due." in capsys.readouterr().out
    assert len(await shop.invoices()) == 3
