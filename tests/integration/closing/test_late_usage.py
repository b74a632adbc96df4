"""Usage that arrives after its period was billed becomes a difference that names the period."""

from __future__ import annotations

from core.billing_cycles.chunks import claim_chunk
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.usage.void import usage_void
from tests.building import CATALOGUE, Shop, open_shop, utc


async def test_late_usage_is_a_difference_line_that_names_its_period(shop: Shop) -> None:
    """January: 600 e-mails, one started batch of 1000, 1.90. Reported in February: 900 more
    of January make 1500, two batches, 3.80; the difference is 1.90.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 600, on=utc(1, 10))
    await shop.close(utc(2))
    await shop.emails(client, 900, on=utc(1, 31), now=utc(2, 3))

    await shop.close(utc(3))

    january, february = await shop.invoices()
    assert january["lines"] == [("usage", "E-mails", "1.90")]
    assert february["lines"] == [("usage", "E-mails, 2026-01-01 to 2026-01-31", "1.90")]


async def test_late_purchases_shrink_the_top_up_they_count_for(shop: Shop) -> None:
    """The package of 640.00 left 360.00 to the minimum of 1000.00. A module's 100.00 of
    January that arrives in February counts for it: + 100.00 and - 100.00.
    """
    late = await open_shop(
        shop.db,
        catalogue=CATALOGUE.replace(
            "covers: {kinds: [module]}", "covers: {kinds: [module], products: [email]}"
        ).replace("email: {base: 1.90, package: {size: 1000}}", "email: {base: 1}", 1),
    )
    client = await late.customer()
    await late.subscribed(client, ("package", "1"), ("email", "1"), plan="level-3")
    await late.profiles(client, 100_000, on=utc(1, 2))
    await late.close(utc(2))
    await late.emails(client, 100, on=utc(1, 31), now=utc(2, 3))

    await late.close(utc(3))

    january, february = await late.invoices()
    assert january["lines"] == [
        ("gauge", "Package", "640.00"),
        ("commitment", "Minimum commitment", "360.00"),
    ]
    assert february["lines"] == [
        ("gauge", "Package", "640.00"),
        ("commitment", "Minimum commitment", "360.00"),
        ("usage", "E-mails, 2026-01-01 to 2026-01-31", "100.00"),
        ("commitment", "Minimum commitment, 2026-01-01 to 2026-01-31", "-100.00"),
    ]


async def test_a_price_changed_meanwhile_does_not_touch_a_late_event(shop: Shop) -> None:
    """January was priced at 1.90 a batch; its late batch still is, after a new version."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 1_000, on=utc(1, 10))
    await shop.close(utc(2))
    async with shop.at(utc(2, 2)) as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE.replace("1.90", "5.00")))
    await shop.emails(client, 1_000, on=utc(1, 31), now=utc(2, 3))

    await shop.close(utc(3))

    _january, february = await shop.invoices()
    assert february["lines"] == [("usage", "E-mails, 2026-01-01 to 2026-01-31", "1.90")]


async def test_a_void_gives_back_what_was_billed(shop: Shop) -> None:
    """Two batches of January were 3.80; without the second event it is 1.90 again."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"), ("seats", "1"))
    await shop.emails(client, 1_000, on=utc(1, 10))
    await shop.emails(client, 1_000, on=utc(1, 11))
    await shop.close(utc(2))
    async with shop.at(utc(2, 5)) as tx:
        await usage_void(tx, account=client, source="router", event_id="e2", gate=shop.gate)

    await shop.close(utc(3))

    _january, february = await shop.invoices()
    assert february["lines"] == [
        ("fee", "Seats", "25.00"),
        ("usage", "E-mails, 2026-01-01 to 2026-01-31", "-1.90"),
    ]


async def test_a_second_late_event_bills_only_what_it_adds(shop: Shop) -> None:
    """January in three links of its chain: 1.90, + 1.90, + 1.90; 2,001 e-mails in all."""
    client = await shop.customer()
    await shop.subscribed(client, ("email", "1"))
    await shop.emails(client, 1_000, on=utc(1, 10))
    await shop.close(utc(2))
    await shop.emails(client, 1_000, on=utc(1, 11), now=utc(2, 3))
    await shop.close(utc(3))
    await shop.emails(client, 1, on=utc(1, 12), now=utc(3, 3))
    await shop.close(utc(4))

    amounts = [invoice["lines"] for invoice in await shop.invoices()]
    name = "E-mails, 2026-01-01 to 2026-01-31"
    assert amounts == [
        [("usage", "E-mails", "1.90")],
        [("usage", name, "1.90")],
        [("usage", name, "1.90")],
    ]
    steps = await shop.rows(
        "SELECT max(seq)::int FROM billing_step WHERE tenant_id = $1 GROUP BY period_id"
        " ORDER BY 1"
    )
    assert steps == [(1,), (1,), (3,)]


async def test_a_delayed_closing_leaves_late_usage_to_the_period_that_bills_it(
    shop: Shop,
) -> None:
    """900 e-mails in January, 200 more that come in February for January.

    January's closing is delayed until February is frozen too. Its invoice still has the
    first batch alone, 1.90; the second one is on February's, as if nothing had waited.
    """
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "1"), ("email", "1"))
    await shop.emails(client, 900, on=utc(1, 10))
    await shop.sweep(utc(2))
    await shop.emails(client, 200, on=utc(1, 20), now=utc(2, 2))
    await shop.sweep(utc(3))

    await shop.close(utc(3))

    january, february = await shop.invoices(client)
    assert [line[2] for line in january["lines"]] == ["25.00", "1.90"]
    assert [line[2] for line in february["lines"]] == ["25.00", "1.90"]


async def test_an_account_is_closed_in_the_order_of_its_months(shop: Shop) -> None:
    """While January's chunk is under way, nobody begins with February's of the account."""
    client = await shop.customer()
    await shop.subscribed(client, ("seats", "1"))
    await shop.sweep(utc(2))
    await shop.sweep(utc(3))
    async with shop.at(utc(3)) as tx:
        january = await claim_chunk(tx)
        assert january is not None
        async with shop.at(utc(3)) as other:
            assert await claim_chunk(other) is None

    await shop.close(utc(3))

    assert [one["total"] for one in await shop.invoices(client)] == ["30.00", "30.00"]
