"""Credits beside charges: what is taken back is taken back once."""

from __future__ import annotations

from decimal import Decimal

from core.billing_cycles.wallet_top_up import TopUp, wallet_top_up
from core.usage.void import usage_void
from core.wallets.repository import wallet_of
from tests.building import Shop, utc
from tests.integration.money.conftest import charged, films


async def test_a_voided_credit_takes_nothing_off_later_invoices(shop: Shop) -> None:
    """A film of 3.00, a credit of it, the credit voided; late films come twice.

    January costs 3.00, then 6.00, then 9.00 altogether: 3 films.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("support", "1"))
    assert await films(shop, client, ("f1", "bill"), ("c1", "credit"), on=utc(1, 5)) == [
        "accepted", "accepted",
    ]  # fmt: skip
    async with shop.at(utc(1, 6)) as tx:
        await usage_void(tx, account=client, source="portal", event_id="c1", gate=shop.gate)
    await shop.close(utc(2))
    assert await charged(shop, client, "usage", "credit") == Decimal("3.00")

    await films(shop, client, ("f2", "bill"), on=utc(1, 7), now=utc(2, 2))
    await shop.close(utc(3))
    assert await charged(shop, client, "usage", "credit") == Decimal("6.00")

    await films(shop, client, ("f3", "bill"), on=utc(1, 8), now=utc(3, 2))
    await shop.close(utc(4))
    assert await charged(shop, client, "usage", "credit") == Decimal("9.00")


async def test_a_voided_credit_leaves_the_wallet_what_the_film_cost(shop: Shop) -> None:
    """50.00 less 3.00 x 1.20; credit + 3.60, voided again, and another film: 42.80 are left.

    The fee of 31.00 and its tax are paid by the invoice of January: 42.80 - 37.20 = 5.60.
    """
    client = await shop.customer(country="FR")
    subscription = await shop.subscribed(client, ("support", "1"), terms="prepaid")
    async with shop.at(utc(1)) as tx:
        await wallet_top_up(tx, TopUp(subscription.id, Decimal(100)), pricing=shop.pricing)
    assert await films(shop, client, ("f1", "bill"), ("c1", "credit"), on=utc(1, 5)) == 2 * [
        "accepted"
    ]
    async with shop.at(utc(1, 6)) as tx:
        await usage_void(tx, account=client, source="portal", event_id="c1", gate=shop.gate)
    await films(shop, client, ("f2", "bill"), on=utc(1, 7))
    async with shop.at(utc(1, 8)) as tx:
        wallet = await wallet_of(tx, subscription.id)
    assert wallet is not None
    assert wallet.balance == Decimal("92.80")
