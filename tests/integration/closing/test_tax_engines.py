"""The tax engine that a seller has chosen decides rates; what it breaks stays its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.billing_cycles.preview import invoice_preview
from core.billing_cycles.pricing import Pricing
from core.bootstrap import installed_by
from core.db import Database
from core.plugin_host import PluginHost, PluginSource, installed_sources
from core.pricing_pool import PricingPool
from core.tenancy.choose_tax_engine import UnknownTaxEngine, choose_tax_engine
from tests.building import Shop, open_shop, utc
from tests.closings import all_parked
from tests.plugins import border_tax

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  book: {kind: licence, name: Books, tax_class: reduced}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates: {seats: {base: 25}, book: {base: 10}, email: {base: 1.90, package: {size: 1000}}}
billing_terms:
  monthly: {name: Monthly, plans: [simple], default_plan: simple}
"""
LATER = PluginSource("border_tax", "3.2", "tests.plugins.border_tax_later")


@pytest.fixture(scope="module")
def host() -> PluginHost:
    """The built-in plugins, and the engine as a third party's."""
    return PluginHost([*installed_sources(), border_tax])


@pytest.fixture(scope="module")
def pool(host: PluginHost) -> Iterator[PricingPool]:
    """One child that has a second."""
    with PricingPool(host, time_limit_seconds=1.0) as opened:
        yield opened


@pytest.fixture
async def taxed(db: Database, host: PluginHost, pool: PricingPool) -> Shop:
    """A shop that has chosen the engine."""
    shop = await open_shop(db, catalogue=CATALOGUE, installed=installed_by(host))
    shop.host, shop.pricing = host, Pricing(host, pool)
    async with shop.at() as tx:
        chosen = await choose_tax_engine(tx, "border_tax", known=host.tax_engines)
    assert chosen.tax_engine == "border_tax"
    return shop


async def subscribed(shop: Shop, *items: tuple[str, str], **facts: str | None) -> Any:
    """Subscribe a new customer of some country and tax number."""
    return await shop.subscribed(await shop.customer(**facts), *items)


async def taxes(shop: Shop) -> list[list[dict[str, str]]]:
    """The tax summary of every invoice, as it is stored, by number."""
    rows = await shop.rows(
        "SELECT i.taxes FROM invoice i JOIN invoice_number n"
        " ON n.tenant_id = i.tenant_id AND n.invoice_id = i.id"
        " WHERE i.tenant_id = $1 ORDER BY n.series, n.n"
    )
    return [row[0] for row in rows]


async def parked(shop: Shop) -> list[Any]:
    """What is parked now."""
    async with shop.at() as tx:
        return await all_parked(tx)


async def test_the_chosen_engine_decides_each_class_and_puts_its_words_on_the_invoice(
    taxed: Shop,
) -> None:
    """2 seats 50.00 at 20 % and 3 books 30.00 at 5.5 %: 10.00 + 1.65; total 91.65."""
    await subscribed(taxed, ("seats", "2"), ("book", "3"))

    await taxed.close(utc(2))

    (invoice,) = await taxed.invoices()
    assert (invoice["total"], invoice["tax"]) == ("91.65", "11.65")
    assert await taxes(taxed) == [
        [
            {"rate": "5.5", "net": "30.00", "tax": "1.65", "gross": "31.65",
             "label": "TVA", "note": ""},
            {"rate": "20", "net": "50.00", "tax": "10.00", "gross": "60.00",
             "label": "TVA", "note": ""},
        ]
    ]  # fmt: skip


async def test_a_buyer_abroad_bears_nothing_and_is_told_why(taxed: Shop) -> None:
    """A French seller bills a German buyer with a tax number 50.00 at 0 %, with the note."""
    await subscribed(taxed, ("seats", "2"), country="DE", tax_number="DE811907980")

    await taxed.close(utc(2))

    (invoice,) = await taxed.invoices()
    ((tax,),) = await taxes(taxed)
    assert (invoice["total"], tax["rate"], tax["note"]) == ("50.00", "0", border_tax.REVERSED)


async def test_a_preview_asks_the_engine_too(taxed: Shop) -> None:
    """3 books are 30.00 + 5.5 % = 31.65, where the table has 10 % for them: 33.00."""
    subscription = await subscribed(taxed, ("book", "3"))

    async with taxed.at(utc(1, 2)) as tx:
        preview = await invoice_preview(tx, subscription.id, pricing=taxed.pricing)

    assert f"{preview.draft.total:.2f}" == "31.65"
    assert [(tax.label, tax.note) for tax in preview.draft.taxes] == [("TVA", "")]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("RAISE", "LookupError: no rate is known for this buyer at border_tax.py:30"),
        ("HANG", "no answer within 1 s"),
        ("EXIT", "the process ended (exit code 7)"),
        ("NAN", "the tax rate NaN is not from 0 to 100"),
        ("FLOAT", "the tax rate is float and no Decimal"),
        ("NEGATIVE", "the tax rate -1.000000E+0 is not from 0 to 100"),
        ("HIGH", "the tax rate 1.000100E+2 is not from 0 to 100"),
        ("PLACES", "the tax rate has 5 decimals; 4 are stored"),
        ("LABEL", "the tax label has 101 characters; 100 are taken"),
        ("NOTE", "the tax note has characters that do not print"),
        ("PLAIN", "the tax is Decimal and no TaxAnswer"),
        ("FEW", "one question got 0 answers"),
    ],
)
async def test_an_engine_that_fails_on_a_buyer_parks_that_one_and_bills_its_neighbours(
    taxed: Shop, kind: str, reason: str
) -> None:
    """25.00 + 20 % = 30.00 for the neighbour; the other waits with plugin and reason."""
    await subscribed(taxed, ("seats", "1"))
    offender = await subscribed(taxed, ("seats", "1"), tax_number=kind)

    await taxed.close(utc(2))

    assert [invoice["total"] for invoice in await taxed.invoices()] == ["30.00"]
    (one,) = await parked(taxed)
    assert (one.subscription_id, one.code) == (offender.id, "PLUGIN_FAILED")
    assert one.plugin == "border_tax 3.1"
    assert one.reason == f"plugin border_tax 3.1 could not tax: {reason}"


async def test_what_an_engine_parked_heals_with_the_next_version(taxed: Shop) -> None:
    """Mended, it says 21 %: 25.00 + 5.25 = 30.25 where nothing was billed before."""
    await subscribed(taxed, ("seats", "1"), tax_number="RAISE")
    await taxed.close(utc(2))
    assert await taxed.invoices() == []

    later = PluginHost([*installed_sources(), LATER])
    with PricingPool(later) as pool:
        taxed.pricing = Pricing(later, pool)
        await taxed.sweep(utc(2, 2))

    assert [invoice["total"] for invoice in await taxed.invoices()] == ["30.25"]
    assert await parked(taxed) == []


async def test_a_rate_that_no_line_needs_keeps_nobody_from_being_billed(taxed: Shop) -> None:
    """The engine fails on books alone: a seat is billed, 25.00 + 5.00; a book is not."""
    await subscribed(taxed, ("seats", "1"), tax_number="NO BOOKS")
    await subscribed(taxed, ("book", "1"), tax_number="NO BOOKS")

    await taxed.close(utc(2))

    assert [invoice["total"] for invoice in await taxed.invoices()] == ["30.00"]
    (one,) = await parked(taxed)
    assert one.reason.endswith(
        "could not tax: LookupError: no rate is known for books at border_tax.py:32"
    )


async def test_usage_that_comes_late_bears_the_rate_of_its_time(taxed: Shop) -> None:
    """January: 1000 e-mails 1.90 + 20 % = 2.28. 2000 more in March: still 20 %, 3.80 + 0.76.

    By then the engine says 21 %: February's own 1.90 bears 0.40. 1.90 + 0.40 + 4.56 = 6.86.
    """
    account = await taxed.customer()
    await taxed.subscribed(account, ("email", "1"))
    await taxed.emails(account, 1000, on=utc(1, 10))
    await taxed.close(utc(2))
    assert [invoice["total"] for invoice in await taxed.invoices()] == ["2.28"]

    await taxed.emails(account, 2000, on=utc(1, 20), now=utc(2, 5))
    await taxed.emails(account, 1000, on=utc(2, 10))
    later = PluginHost([*installed_sources(), LATER])
    with PricingPool(later) as pool:
        taxed.pricing = Pricing(later, pool)
        await taxed.close(utc(3))

    _first, second = await taxed.invoices()
    assert (second["total"], second["tax"]) == ("6.86", "1.16")
    _before, words = await taxes(taxed)
    assert [(tax["rate"], tax["tax"], tax["label"]) for tax in words] == [
        ("20", "0.76", "TVA"),
        ("21", "0.40", "TVA 2026"),
    ]


async def test_an_engine_that_is_gone_parks_and_says_what_to_do(taxed: Shop) -> None:
    """Uninstalled: nobody is taxed by guesswork."""
    await subscribed(taxed, ("seats", "1"))
    taxed.pricing = Pricing(PluginHost())

    await taxed.close(utc(2))

    (one,) = await parked(taxed)
    assert (one.code, one.plugin) == ("TAX_ENGINE_MISSING", None)
    assert one.reason == (
        "tax engine border_tax is not there; install or enable the plugin that registers it, "
        "or choose another with tenantUpdate"
    )
    assert await taxed.invoices() == []


async def test_without_a_choice_the_table_decides_as_before(taxed: Shop) -> None:
    """Books have 10 % in France by the table: 30.00 + 3.00, and no words."""
    await subscribed(taxed, ("book", "3"))
    async with taxed.at() as tx:
        assert (await choose_tax_engine(tx, None, known=())).tax_engine is None

    await taxed.close(utc(2))

    assert await taxes(taxed) == [
        [{"rate": "10", "net": "30.00", "tax": "3.00", "gross": "33.00"}]
    ]


async def test_an_engine_that_nobody_registers_cannot_be_chosen(taxed: Shop) -> None:
    """The refusal names those that there are, and nothing has changed."""
    async with taxed.at() as tx:
        with pytest.raises(UnknownTaxEngine) as refused:
            await choose_tax_engine(tx, "guess", known=taxed.host.tax_engines)
    assert refused.value.message == (
        "no plugin registers a tax engine 'guess'; installed are: border_tax"
    )
    (kept,) = await taxed.rows("SELECT tax_engine FROM tenant WHERE id = $1")
    assert kept == ("border_tax",)


def test_a_third_partys_engine_without_a_pool_is_refused_at_the_start(host: PluginHost) -> None:
    """Rather than running it in the worker."""
    with pytest.raises(ValueError, match="border_tax"):
        Pricing(host)
