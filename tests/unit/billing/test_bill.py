"""Invoices from snapshots: the suite's four levels, tax, fees, and what is refused."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.bill import bill, bill_all
from core.billing.draft import DraftLine, InvoiceDraft
from core.billing.lines import CONTENT, ImplausibleInvoice, PricedLine, TaxRateMissing
from core.billing.snapshot import FeeItem, LifeMonth, Terms
from core.kernel.frequency import Frequency
from core.kernel.money import CurrencyMismatch
from core.rating.price_model import RateMissing
from tests.unit.billing.sellers import (
    EMAILS,
    FEBRUARY,
    JANUARY,
    PACKAGE,
    PURCHASES,
    SMS,
    SMS_ZONES,
    YEARLY,
    crm360,
    fees,
    invoice,
    period,
    plan,
    product,
    usage,
)
from tests.unit.rating.rates import CHANNELS, GOODS, LABOUR, rate, tier

SEAT = product(30, "seat", "licence")
GOLD = product(31, "gold", "termed_service")
CALLS = product(32, "calls", "usage_service")
ANTENNA = product(33, "antenna", "physical_good")
BOOK = product(34, "book", "expense", "reduced")


def amounts(draft: InvoiceDraft) -> dict[tuple[str, str], Decimal]:
    """The lines' amounts by kind and description."""
    return {(line.kind, line.description): line.amount for line in draft.lines}


def test_level_three_tops_up_the_package_and_not_the_purchases() -> None:
    """640.00 + 360.00 + 410.00 = 1410.00 net; 20 % are 282.00, together 1692.00."""
    level = crm360(3)
    draft = bill(invoice(usage(level, *PURCHASES, gauges=PACKAGE)))
    assert amounts(draft) == {
        ("gauge", "profiles"): Decimal("500.00"),
        ("gauge", "users"): Decimal("140.00"),
        ("usage", "emails"): Decimal("228.00"),
        ("usage", "sms, FR"): Decimal("120.00"),
        ("usage", "corrected"): Decimal("40.00"),
        ("usage", "deduplicated"): Decimal("22.00"),
        ("commitment", "Minimum commitment"): Decimal("360.00"),
    }
    assert (draft.net, draft.tax, draft.total) == (
        Decimal("1410.00"),
        Decimal("282.00"),
        Decimal("1692.00"),
    )


@pytest.mark.parametrize(
    ("level", "package", "shortfall"),
    [
        (2, "775.00", None),  # 600 + 175, above 500
        (3, "640.00", "360.00"),
        (4, "512.00", "2488.00"),  # 400 + 112
        (5, "404.00", "4596.00"),  # 320 + 84
    ],
)
def test_each_level_tops_up_to_its_own_minimum(
    level: int, package: str, shortfall: str | None
) -> None:
    """100,000 profiles and 7 users on each level."""
    draft = bill(invoice(usage(crm360(level), gauges=PACKAGE)))
    found = amounts(draft)
    assert found[("gauge", "profiles")] + found[("gauge", "users")] == Decimal(package)
    expected = None if shortfall is None else Decimal(shortfall)
    assert found.get(("commitment", "Minimum commitment")) == expected


def test_a_package_worth_exactly_the_minimum_has_no_top_up() -> None:
    """200 batches at 5.00 are 1000.00: nothing is missing; one batch less misses 5.00."""
    level = crm360(3)
    profiles = PACKAGE[0][0]
    met = bill(invoice(usage(level, gauges=((profiles, "200000"),))))
    assert [line.kind for line in met.lines] == ["gauge"]
    missed = bill(invoice(usage(level, gauges=((profiles, "199000"),))))
    assert amounts(missed)[("commitment", "Minimum commitment")] == Decimal("5.00")


def test_the_minimum_is_prorated_like_the_fees_that_it_covers() -> None:
    """From 11 January 21 of 31 days: the package 433.548.., the minimum 677.419..."""
    rest = period("2026-01-11", "2026-02-01")
    draft = bill(invoice(usage(crm360(3), gauges=PACKAGE, during=rest, whole=JANUARY)))
    assert amounts(draft) == {
        ("gauge", "profiles"): Decimal("338.71"),  # 500 x 21/31 = 338.709..
        ("gauge", "users"): Decimal("94.84"),  # 140 x 21/31 = 94.838..
        ("commitment", "Minimum commitment"): Decimal("243.87"),  # 677.419.. - 433.55
    }


def test_a_fee_counts_towards_the_minimum_of_the_period_it_covers() -> None:
    """In arrears on the same invoice 640 of 1000 by a fee; next month's fee counts nothing."""
    level = plan(
        (SEAT, rate("flat", base="640", per_months=1)),
        commitment=crm360(3).commitment._replace(kinds=frozenset({"licence"})),  # type: ignore[union-attr]
    )
    own = bill(invoice(fees(level, (SEAT, "1")), usage(level, products=(SEAT,))))
    assert amounts(own)[("commitment", "Minimum commitment")] == Decimal("360.00")
    ahead = bill(
        invoice(fees(level, (SEAT, "1"), during=FEBRUARY), usage(level, products=(SEAT,)))
    )
    assert amounts(ahead)[("commitment", "Minimum commitment")] == Decimal("1000.00")
    assert [len(draft.steps[0].part.fees) for draft in (own, ahead)] == [1, 0]


@pytest.mark.parametrize(
    ("model", "tiers", "kind", "quantity", "gross"),
    [
        ("flat", GOODS, "physical_good", "3", "24.00"),
        ("tiered", GOODS, "physical_good", "3", "27.00"),
        ("flat", LABOUR, "one_time_service", "5", "75.00"),
        ("tiered", LABOUR, "one_time_service", "5", "80.00"),
        ("flat", CHANNELS, "termed_service", "4", "8.00"),
        ("tiered", CHANNELS, "termed_service", "4", "14.00"),
    ],
)
def test_the_guide_s_examples_are_billed_tax_included(
    model: str, tiers: tuple[object, ...], kind: str, quantity: str, gross: str
) -> None:
    """CRM.COM states prices with VAT: the total is the price."""
    sold = product(40, "sold", kind)
    of = plan((sold, rate(model, *tiers)), tax_mode="inclusive")  # type: ignore[arg-type]
    draft = bill(invoice(fees(of, (sold, quantity))))
    assert draft.total == Decimal(gross)
    assert [line.kind for line in draft.lines] == [
        "fee" if kind == "termed_service" else "one_off"
    ]


def test_tax_is_taken_out_of_a_gross_price() -> None:
    """24.00 at 19 %: 24 x 19/119 = 3.8319.., so 3.83 tax and 20.17 net."""
    of = plan((ANTENNA, rate("flat", *GOODS)), tax_mode="inclusive")
    draft = bill(invoice(fees(of, (ANTENNA, "3"), tax_rates={"standard": Decimal(19)})))
    (line,) = draft.lines
    assert (line.amount, line.net, line.tax, line.gross) == tuple(
        Decimal(text) for text in ("24.00", "20.17", "3.83", "24.00")
    )
    assert (draft.net, draft.tax, draft.total) == (line.net, line.tax, line.gross)


def test_tax_is_computed_once_for_each_rate_and_given_back_to_the_lines() -> None:
    """Three lines of 0.13 at 20 %: 0.078 is 0.08 together, 0.03 each would be 0.09."""
    goods = [product(50 + n, f"good{n}", "physical_good") for n in range(3)]
    of = plan(*((good, rate("flat", base="0.13")) for good in goods), (BOOK, book_rate()))
    draft = bill(invoice(fees(of, *((good, "1") for good in goods), (BOOK, "1"))))
    assert [str(line.tax) for line in draft.lines] == ["0.55", "0.03", "0.03", "0.02"]
    assert [(str(tax.rate), str(tax.net), str(tax.tax)) for tax in draft.taxes] == [
        ("5.5", "10.00", "0.55"),
        ("20", "0.39", "0.08"),
    ]
    assert draft.total == Decimal("11.02")  # 10.39 + 0.63


def book_rate() -> object:
    """A price of 10.00."""
    return rate("flat", base="10", driver=None)


@pytest.mark.parametrize(
    ("currency", "price", "net", "tax"),
    [
        ("EUR", "10.005", "10.01", "2.00"),
        ("JPY", "10.5", "11", "2"),  # 2.2
        ("JPY", "12.5", "13", "3"),  # 2.6
        ("KWD", "10.0005", "10.001", "2.000"),
        ("KWD", "10.0125", "10.013", "2.003"),  # 2.0026
    ],
)
def test_a_line_is_rounded_once_to_the_currency(
    currency: str, price: str, net: str, tax: str
) -> None:
    """Half up: no decimals for the yen, two for the euro, three for the dinar."""
    of = plan((ANTENNA, rate("flat", base=price)), currency=currency)
    draft = bill(invoice(fees(of, (ANTENNA, "1")), currency=currency))
    assert (str(draft.net), str(draft.tax)) == (net, tax)


@pytest.mark.parametrize(
    ("slice_", "amount"),
    [
        (("2026-01-01", "2026-02-01"), "31.00"),
        (("2026-01-11", "2026-02-01"), "21.00"),
        (("2026-01-01", "2026-01-11"), "10.00"),
        (("2026-01-31", "2026-02-01"), "1.00"),
    ],
)
def test_a_slice_owes_its_days_of_the_whole_period(
    slice_: tuple[str, str], amount: str
) -> None:
    """31.00 in a month of 31 days is 1.00 a day."""
    of = plan((SEAT, rate("flat", base="31", per_months=1)))
    item = FeeItem(UUID(int=7), 1, SEAT.id, Decimal(1), period(*slice_))
    draft = bill(invoice(fees(of, item, products=(SEAT,))))
    assert draft.net == Decimal(amount)
    (billed,) = draft.slices
    assert (billed.item_id, billed.kind, billed.amount) == (UUID(int=7), "fee", Decimal(amount))
    assert billed.slice == period(*slice_)


def test_a_monthly_price_costs_a_year_twelve_times_unless_the_year_has_its_own() -> None:
    """29 x 12 = 348; a yearly rate of 290 takes its place."""
    year = period("2026-01-01", "2027-01-01")
    terms = Terms(UUID(int=3), YEARLY)
    monthly = rate("flat", base="29", per_months=1)
    by_month = plan((SEAT, monthly))
    draft = bill(invoice(fees(by_month, (SEAT, "1"), during=year, terms=terms)))
    assert draft.net == Decimal("348.00")
    own = plan((SEAT, monthly), yearly=((SEAT, rate("flat", base="290")),))
    assert bill(invoice(fees(own, (SEAT, "1"), during=year, terms=terms))).net == 290
    assert bill(invoice(fees(own, (SEAT, "1")))).net == 29


def test_a_yearly_price_costs_a_month_a_twelfth_rounded_once() -> None:
    """100 / 12 x 10/31 = 2.688.. in one division."""
    of = plan((SEAT, rate("flat", base="100", per_months=12)))
    item = FeeItem(UUID(int=7), 1, SEAT.id, Decimal(1), period("2026-01-01", "2026-01-11"))
    draft = bill(invoice(fees(of, item, products=(SEAT,))))
    assert draft.net == Decimal("2.69")
    kinds = [step["kind"] for step in json.loads(draft.lines[0].working)]
    assert kinds == ["base", "months", "proration"]


def test_a_price_by_the_month_cannot_be_billed_by_the_week() -> None:
    """It needs a rate of its own, which the refusal says."""
    of = plan((SEAT, rate("flat", base="29", per_months=1)))
    terms = Terms(UUID(int=3), Frequency(1, "week"))
    with pytest.raises(RateMissing, match=r"seat.*every week"):
        bill(invoice(fees(of, (SEAT, "1"), terms=terms)))


def test_a_year_of_gold_by_maturity_is_180() -> None:
    """Months 1 to 3 at 0, nine at 20."""
    of = plan((GOLD, rate("tiered", tier("1", "3", "0"), tier("4", None, "20"),
                          driver="maturity")))  # fmt: skip
    year = period("2026-01-01", "2027-01-01")
    life = tuple(LifeMonth(number) for number in range(1, 13))
    item = FeeItem(UUID(int=7), 1, GOLD.id, Decimal(1), year, life)
    terms = Terms(UUID(int=3), YEARLY)
    draft = bill(invoice(fees(of, item, during=year, terms=terms, products=(GOLD,))))
    assert draft.net == 180


def test_a_usage_fee_is_owed_without_any_use() -> None:
    """The first tier's fee of 5.00 for a product on offer; with use it is part of the line."""
    of = plan((CALLS, rate("tiered", tier("1", None, "1", fee="5"), driver="usage")))
    part = usage(of, products=(CALLS,))._replace(offered=(CALLS.id,))
    assert bill(invoice(part)).net == 5
    used = usage(of, (CALLS, "2"))._replace(offered=(CALLS.id,))
    assert bill(invoice(used)).net == 7


def test_an_interim_invoice_leaves_gauges_and_the_commitment_for_the_end() -> None:
    """Only usage is billed: 1,000 e-mails, 1.90."""
    part = usage(crm360(3), (EMAILS, "1000"), gauges=PACKAGE)._replace(settles=False)
    assert amounts(bill(invoice(part))) == {("usage", "emails"): Decimal("1.90")}


def test_a_period_without_anything_makes_no_lines_but_a_step() -> None:
    """The close records that it was billed, and makes no invoice."""
    draft = bill(invoice(usage(plan((CALLS, rate("flat", driver="usage", base="1"))))))
    assert (draft.lines, draft.total, len(draft.steps)) == ((), 0, 1)


def test_two_currencies_never_meet_on_an_invoice() -> None:
    """A plan in dollars is refused on an invoice in euros."""
    dollars = plan((SEAT, rate("flat", base="30", per_months=1)), currency="USD")
    with pytest.raises(CurrencyMismatch, match=r"USD.*EUR"):
        bill(invoice(fees(dollars, (SEAT, "1"))))


def test_a_product_without_a_rate_is_refused_by_name() -> None:
    """The plan lacks it: nothing is billed as zero."""
    with pytest.raises(RateMissing, match="calls: price plan plan version 3"):
        bill(invoice(usage(crm360(3), (CALLS, "1"))))


def test_a_destination_without_a_row_is_refused_by_name() -> None:
    """A table without a default row lacks it."""
    with pytest.raises(RateMissing, match="seat"):
        bill(invoice(fees(crm360(3), (SEAT, "1"))))


def test_an_unknown_tax_class_is_refused() -> None:
    """A line is never taxed at zero because its class is unknown."""
    of = plan((BOOK, book_rate()))
    with pytest.raises(TaxRateMissing, match="reduced"):
        bill(invoice(fees(of, (BOOK, "1"), tax_rates={"standard": Decimal(20)})))


def test_an_amount_beyond_every_bound_is_refused() -> None:
    """9,999,999,999 x 9,999 is no sound charge; 999 x 10^10 still is."""
    of = plan((ANTENNA, rate("flat", base="9999999999")))
    with pytest.raises(ImplausibleInvoice):
        bill(invoice(fees(of, (ANTENNA, "9999"))))
    assert bill(invoice(fees(of, (ANTENNA, "800")))).net == Decimal("7999999999200.00")


@pytest.mark.parametrize(("count", "refused"), [(10_000, False), (10_001, True)])
def test_an_invoice_has_at_most_ten_thousand_lines(count: int, refused: bool) -> None:
    """The ten-thousandth passes."""
    of = plan((SMS, rate("flat", driver="usage", table=SMS_ZONES)))
    part = usage(of, *((SMS, "1", f"D{number}") for number in range(count)))
    if refused:
        with pytest.raises(ImplausibleInvoice, match="10001 lines"):
            bill(invoice(part))
    else:
        assert len(bill(invoice(part)).lines) == count


def test_a_row_given_twice_is_a_bug_and_rises() -> None:
    """Totals are summed by the database; two rows of one kind would be billed twice."""
    of = plan((CALLS, rate("flat", driver="usage", base="1")))
    with pytest.raises(ValueError, match="twice"):
        bill(invoice(usage(of, (CALLS, "1"), (CALLS, "1"))))


def test_the_order_of_rows_does_not_change_a_byte() -> None:
    """Every permutation of fees, gauges and usage gives the same draft."""
    level = crm360(3)
    seats = plan((SEAT, rate("flat", base="30", per_months=1)), (GOLD, rate("flat", base="1")))
    drafts = set()
    fee_items = ((SEAT, "1"), (GOLD, "2"))
    slices = fees(seats, *fee_items).items
    for order in permutations(range(4)):
        rows = [PURCHASES[index] for index in order]
        part = usage(level, *rows, gauges=PACKAGE[:: 1 if order[0] % 2 else -1])
        fixed = fees(seats, *fee_items)._replace(items=slices[:: 1 if order[1] % 2 else -1])
        draft = bill(invoice(fixed, part))
        drafts.add(repr((draft.lines, draft.taxes, draft.total, draft.slices)))
    assert len(drafts) == 1


def test_a_fresh_thread_bills_the_same() -> None:
    """New threads start with 28 digits; the engine brings its own 60."""
    snapshot = invoice(usage(crm360(3), *PURCHASES, gauges=PACKAGE))
    found: list[InvoiceDraft] = []
    thread = threading.Thread(target=lambda: found.append(bill(snapshot)))
    thread.start()
    thread.join()
    assert found == [bill(snapshot)] == bill_all([snapshot])


def test_a_line_starts_with_the_content_of_the_untaxed_one() -> None:
    """Lines are finished by adding net, tax and gross at the end."""
    assert DraftLine._fields == (*PricedLine._fields[CONTENT:], "net", "tax", "gross")


@given(
    quantities=st.lists(st.decimals(0, 10_000, places=3), min_size=4, max_size=4),
    prices=st.lists(st.decimals(0, 50, places=5), min_size=4, max_size=4),
    mode=st.sampled_from(["exclusive", "inclusive"]),
    classes=st.lists(st.sampled_from(["standard", "reduced", "zero"]), min_size=4, max_size=4),
)
def test_lines_tax_and_total_agree_to_the_cent(
    quantities: list[Decimal], prices: list[Decimal], mode: str, classes: list[str]
) -> None:
    """Whatever is sold: sums of lines, sums of rates and totals are the same numbers."""
    sold = [
        product(60 + n, f"p{n}", "physical_good", tax_class)
        for n, tax_class in enumerate(classes)
    ]
    of = plan(
        *(
            (one, rate("flat", base=str(price)))
            for one, price in zip(sold, prices, strict=True)
        ),
        tax_mode=mode,
    )
    items = [(one, str(q)) for one, q in zip(sold, quantities, strict=True)]
    draft = bill(invoice(fees(of, *items)))
    for name, total in (("net", draft.net), ("tax", draft.tax), ("gross", draft.total)):
        assert sum(getattr(line, name) for line in draft.lines) == total
        assert sum(getattr(tax, name) for tax in draft.taxes) == total
    assert draft.net + draft.tax == draft.total
    assert all(line.net + line.tax == line.gross for line in draft.lines)
    stated = "net" if mode == "exclusive" else "gross"
    assert all(line.amount == getattr(line, stated) for line in draft.lines)
