"""Discounts: what they take off, in which order, and off which lines."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import permutations

import pytest

from core.billing.bill import bill
from core.billing.snapshot import Discount, FeeItem, Snapshot
from core.kernel.conditions import ConditionFailed
from core.kernel.frequency import Frequency
from tests.unit.billing.reduced import applied, discount, money, percent, taken_off
from tests.unit.billing.sellers import (
    FEBRUARY,
    JANUARY,
    PACKAGE,
    SUBSCRIPTION,
    TERMS,
    YEARLY,
    crm360,
    fees,
    invoice,
    period,
    plan,
    product,
    usage,
)
from tests.unit.billing.test_jobs import COMPLETED, INSTALLATION, JOB, job, job_invoice
from tests.unit.rating.rates import rate

GOLD = product(60, "gold", "termed_service")
SPORT = product(61, "sport", "termed_service", "reduced")
DECODER = product(62, "decoder", "physical_good")
START = product(63, "start-up", "expense")
CALLS = product(64, "calls", "usage_service")
OF = plan(
    (GOLD, rate("flat", base="100", per_months=1)),
    (SPORT, rate("flat", base="10", per_months=1)),
    (DECODER, rate("flat", base="40")),
    (START, rate("flat", driver=None, base="5")),
    (CALLS, rate("flat", driver="usage", base="0.10")),
)


def reduced(snapshot: Snapshot, *discounts: Discount, **contexts: object) -> Snapshot:
    """The same invoice with discounts."""
    facts = {SUBSCRIPTION: {"subscription": contexts}} if contexts else {}
    return snapshot._replace(discounts=discounts, contexts=facts)  # type: ignore[arg-type]


GOLD_MONTH = invoice(fees(OF, (GOLD, "1")))


@pytest.mark.parametrize(
    ("levels", "net"),
    [
        ((1, 2), "85.50"),  # 100 - 5 = 95; 95 - 9.50
        ((2, 1), "85.50"),  # 100 - 10 = 90; 90 - 4.50
        ((1, 1), "85.00"),  # 15 % of 100
        ((3, 3), "85.00"),
    ],
)
def test_levels_follow_each_other_and_one_level_is_summed(
    levels: tuple[int, int], net: str
) -> None:
    """CRM.COM's example: 100 with 5 % and 10 %."""
    draft = bill(reduced(GOLD_MONTH, percent(1, "5", levels[0]), percent(2, "10", levels[1])))
    assert draft.net == Decimal(net)
    assert draft.total == draft.net * Decimal("1.2")


def test_every_discount_is_a_line_of_its_own_with_its_working() -> None:
    """5 % of 100 at level 1, then 10 % of 95 at level 2."""
    draft = bill(reduced(GOLD_MONTH, percent(1, "5"), percent(2, "10", 2)))
    fee, first, second = draft.lines
    assert taken_off(draft) == [
        ("Discount 1: gold", Decimal("-5.00")),
        ("Discount 2: gold", Decimal("-9.50")),
    ]
    for line in (first, second):
        assert (line.kind, line.is_difference, line.quantity) == ("discount", False, 1)
        assert (line.product_id, line.tax_class, line.tax_rate) == (GOLD.id, "standard", 20)
        assert (line.subscription_id, line.period_id) == (SUBSCRIPTION, fee.period_id)
        assert (line.from_at, line.until_at) == (JANUARY.start, JANUARY.end)
    assert json.loads(second.working) == [
        {
            "kind": "discount",
            "label": "10 % of 95",
            "quantity": None,
            "unitPrice": None,
            "amount": "-9.5",
            "facts": {"discount": "discount-2", "percent": "10", "level": "2"},
        }
    ]
    assert applied(draft) == {"discount-1": Decimal("5.00"), "discount-2": Decimal("9.50")}


def test_a_discount_is_taxed_like_what_it_reduces() -> None:
    """10 % off 100 at 20 % and off 10 at 5.5 %: 90 x 20 % = 18.00, 9 x 5.5 % = 0.495."""
    draft = bill(reduced(invoice(fees(OF, (GOLD, "1"), (SPORT, "1"))), percent(1, "10")))
    assert [(row.rate, row.net, row.tax) for row in draft.taxes] == [
        (Decimal("5.5"), Decimal(9), Decimal("0.50")),
        (Decimal(20), Decimal(90), Decimal(18)),
    ]


def test_a_level_is_rounded_once_over_its_lines() -> None:
    """5 % of 0.10, 0.10 and 0.10 is 0.015, so 0.02 and not three times 0.01."""
    cheap = product(65, "cheap", "termed_service")
    of = plan((cheap, rate("flat", base="0.10", per_months=1)))
    items = [
        FeeItem(product(i, "x", "x").id, 1, cheap.id, Decimal(1), JANUARY) for i in (1, 2, 3)
    ]
    draft = bill(reduced(invoice(fees(of, *items, products=(cheap,))), percent(1, "5")))
    assert [amount for _text, amount in taken_off(draft)] == [Decimal("-0.01")] * 2
    assert draft.net == Decimal("0.28")


def test_more_than_everything_is_everything() -> None:
    """60 % and 70 % of one level, then 20.00 that find nothing left."""
    draft = bill(reduced(GOLD_MONTH, percent(1, "60"), percent(2, "70"), money(3, "20")))
    assert (draft.net, draft.total) == (0, 0)
    # 100.00 shared by 60 and 70: 46.15 and 53.85
    assert applied(draft) == {"discount-1": Decimal("46.15"), "discount-2": Decimal("53.85")}


def test_money_comes_after_percentages_and_is_shared_over_the_lines() -> None:
    """110 less 10 % is 99; 20.00 are shared 90 to 9: 18.18 and 1.82."""
    draft = bill(
        reduced(invoice(fees(OF, (GOLD, "1"), (SPORT, "1"))), money(2, "20"), percent(1, "10"))
    )
    assert taken_off(draft) == [
        ("Discount 1: gold", Decimal(-10)),
        ("Discount 2: gold", Decimal("-18.18")),
        ("Discount 1: sport", Decimal(-1)),
        ("Discount 2: sport", Decimal("-1.82")),
    ]
    assert draft.net == 79


@pytest.mark.parametrize(
    ("currency", "price", "off", "percent_off", "left"),
    [
        ("JPY", "1000", "333", "3.3", "634"),  # 1000 - 33 - 333
        ("KWD", "10.005", "0.001", "3.3", "9.674"),  # 10.005 - 0.330 (0.330165) - 0.001
    ],
)
def test_amounts_are_of_the_currency_s_minor_unit(
    currency: str, price: str, off: str, percent_off: str, left: str
) -> None:
    """Yen have no decimals and dinars three."""
    of = plan((GOLD, rate("flat", base=price, per_months=1)), currency=currency)
    snapshot = invoice(fees(of, (GOLD, "1")), currency=currency)
    draft = bill(reduced(snapshot, percent(1, percent_off), money(2, off)))
    assert draft.net == Decimal(left)


@pytest.mark.parametrize(
    ("spans", "during", "per", "off"),
    [
        ("1", JANUARY, "month", "20.00"),
        ("12", period("2026-01-01", "2027-01-01"), "month", "240.00"),
        ("1", JANUARY, "year", "1.67"),  # 20 / 12
        ("1", JANUARY, "week", "88.57"),  # 31 days / 7 x 20
        ("1", period("2026-01-21", "2026-02-01"), "month", "7.10"),  # 11 / 31
    ],
)
def test_money_is_for_its_own_unit_of_time(
    spans: str, during: object, per: str, off: str
) -> None:
    """20 a month whatever the billing frequency; of a part of January, its days."""
    dear = plan((GOLD, rate("flat", base="1000", per_months=1)))
    whole = JANUARY if during.start > JANUARY.start else during  # type: ignore[attr-defined]
    part = fees(dear, (GOLD, "1"), during=during, whole=whole)._replace(  # type: ignore[arg-type]
        spans=type(fees(OF).spans)(spans)
    )
    draft = bill(reduced(invoice(part), money(1, "20", per=Frequency.parse(per))))
    assert applied(draft) == {"discount-1": Decimal(off)}


def test_a_bill_of_last_month_s_usage_and_next_month_s_fee_is_one_month_long() -> None:
    """20.00 off 100.00 and 60.00 of calls: 12.50 and 7.50."""
    both = invoice(fees(OF, (GOLD, "1"), during=FEBRUARY), usage(OF, (CALLS, "600")))
    draft = bill(reduced(both, money(1, "20")))
    assert taken_off(draft) == [
        ("Discount 1: calls", Decimal("-7.50")),
        ("Discount 1: gold", Decimal("-12.50")),
    ]


def test_goods_of_a_subscription_are_never_discounted() -> None:
    """50 % off a month of 100 and an expense of 5, and not off a decoder of 40."""
    draft = bill(
        reduced(invoice(fees(OF, (GOLD, "1"), (DECODER, "1"), (START, "1"))), percent(1, "50"))
    )
    assert draft.net == Decimal("92.50")
    assert [text for text, _amount in taken_off(draft)] == [
        "Discount 1: gold", "Discount 1: start-up",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "off"),
    [
        ({}, ["-50.00", "-30.00", "-5.00"]),
        ({"scope": "usage"}, ["-30.00"]),
        ({"scope": "other"}, ["-50.00", "-5.00"]),
        ({"products": (SPORT, CALLS)}, ["-30.00", "-5.00"]),
        ({"products": ()}, []),
        ({"uses_left": 0}, []),
        ({"uses_left": 1}, ["-50.00", "-30.00", "-5.00"]),
        ({"until_at": FEBRUARY.start}, ["-30.00"]),  # the fees are February's
        ({"from_at": FEBRUARY.start}, ["-50.00", "-5.00"]),
        ({"until_at": JANUARY.start}, []),
        ({"from_at": FEBRUARY.end}, []),
        ({"from_at": period("2026-02-28", "2026-03-01").start}, ["-50.00", "-5.00"]),
        ({"subscription_id": GOLD.id}, []),
    ],
)
def test_scope_products_and_time_choose_the_lines(
    changes: dict[str, object], off: list[str]
) -> None:
    """50 % off 100 and 10 of February, and 60 of January's calls."""
    both = invoice(
        fees(OF, (GOLD, "1"), (SPORT, "1"), during=FEBRUARY), usage(OF, (CALLS, "600"))
    )
    draft = bill(reduced(both, percent(1, "50", **changes)))
    found = dict(taken_off(draft))
    in_order = [found[f"Discount 1: {name}"] for name in ("gold", "calls", "sport")
                if f"Discount 1: {name}" in found]  # fmt: skip
    assert in_order == [Decimal(amount) for amount in off]
    assert (draft.discounts == ()) is (off == [])


def test_gauges_are_no_usage_and_the_minimum_is_not_discounted() -> None:
    """10 % off 640.00; the 360.00 to the minimum of 1000.00 stay, which counts 640.00."""
    package = invoice(usage(crm360(3), gauges=PACKAGE))
    draft = bill(reduced(package, percent(1, "10", scope="other")))
    assert {line.description: line.amount for line in draft.lines} == {
        "profiles": Decimal(500),
        "users": Decimal(140),
        "Minimum commitment": Decimal(360),
        "Discount 1: profiles": Decimal(-50),
        "Discount 1: users": Decimal(-14),
    }
    assert bill(reduced(package, percent(1, "10", scope="usage"))).lines == bill(package).lines


@pytest.mark.parametrize(
    ("criteria", "holds"),
    [
        ("bill.subtotal == 17000", True),  # 100 + 10 + 60 in cents, before discounts
        ("bill.subtotal > 17000", False),
        ('bill.usage_count["calls"] == 1 && bill.usage_total["calls"] == 600', True),
        ('"films" in bill.usage_count', False),
        ('bill.months == 1 && bill.days == 28 && bill.currency == "EUR"', True),
        ('bill.start == timestamp("2026-02-01T00:00:00Z")', True),
        ('bill.end == timestamp("2026-03-01T00:00:00Z")', True),
        ("subscription.bound", True),
        ('subscription.bound && subscription.type == "home"', False),
    ],
)
def test_criteria_read_the_bill_and_the_subscription(criteria: str, holds: bool) -> None:
    """Fees of February, calls of January; `bill` is about the fees' time."""
    both = invoice(
        fees(OF, (GOLD, "1"), (SPORT, "1"), during=FEBRUARY), usage(OF, (CALLS, "600"))
    )
    draft = bill(reduced(both, percent(1, "50", criteria=criteria), bound=True, type="office"))
    assert (draft.net == Decimal("85.00")) is holds
    assert (draft.net == Decimal("170.00")) is not holds


def test_criteria_may_ask_when_the_bill_fell_due() -> None:
    """Due on 1 February; where nobody says when, it cannot be decided."""
    asked = percent(1, "50", criteria='bill.at < timestamp("2026-02-02T00:00:00Z")')
    assert bill(reduced(GOLD_MONTH, asked)._replace(at=JANUARY.end)).net == 50
    assert bill(reduced(GOLD_MONTH, asked)._replace(at=FEBRUARY.end)).net == 100
    with pytest.raises(ConditionFailed):
        bill(reduced(GOLD_MONTH, asked))


def test_criteria_that_cannot_be_decided_keep_the_invoice_from_being_made() -> None:
    """A fact that is not there is not guessed."""
    with pytest.raises(ConditionFailed):
        bill(reduced(GOLD_MONTH, percent(1, "5", criteria="subscription.bound"), type="x"))
    with pytest.raises(ConditionFailed):
        bill(reduced(GOLD_MONTH, percent(1, "5", criteria="subscription.bound")))


def test_installation_after_the_expected_date_costs_twenty() -> None:
    """5 h = 80; 50 % granted leaves 40; 20 for being late leaves 20."""
    late = discount(1, "money", "20", job_id=JOB, criteria="job.completed_at > job.expected_at")
    half = percent(2, "50", job_id=JOB)
    facts = {
        "job": {"completed_at": COMPLETED, "expected_at": JANUARY.start.replace(year=2015)}
    }
    work = job_invoice(job((INSTALLATION, "5")))._replace(contexts={JOB: facts})
    for discounts, net in (((late,), 60), ((half,), 40), ((late, half), 20)):
        draft = bill(work._replace(discounts=discounts))
        assert draft.net == net
        assert {line.job_id for line in draft.lines} == {JOB}
    assert applied(draft) == {"discount-1": Decimal(20), "discount-2": Decimal(40)}
    missed = half._replace(until_at=COMPLETED)
    assert bill(work._replace(discounts=(missed,))).net == 80


def test_the_order_in_which_discounts_are_read_changes_nothing() -> None:
    """Every order of four gives the same bytes."""
    snapshot = invoice(fees(OF, (GOLD, "1"), (SPORT, "3")), usage(OF, (CALLS, "333")))
    discounts = (percent(1, "3.3"), percent(2, "7.7"), percent(3, "1", 2), money(4, "0.77"))
    drafts = {repr(bill(reduced(snapshot, *order))) for order in permutations(discounts)}
    assert len(drafts) == 1


def test_each_subscription_s_discounts_are_its_own() -> None:
    """Two on one invoice, one of them at half price: 100 + 50."""
    other = fees(OF, (GOLD, "1"))._replace(subscription_id=GOLD.id, period_id=SPORT.id)
    item = other.items[0]._replace(item_id=GOLD.id)
    both = invoice(fees(OF, (GOLD, "1")), other._replace(items=(item,)))
    draft = bill(reduced(both, percent(1, "50", subscription_id=GOLD.id)))
    assert draft.net == 150
    assert {line.subscription_id for line in draft.lines if line.kind == "discount"} == {
        GOLD.id
    }


def test_yearly_terms_make_a_year_of_money() -> None:
    """20 a month is 240 on a bill of a year at 1200."""
    year = period("2026-01-01", "2027-01-01")
    part = fees(OF, (GOLD, "1"), during=year, terms=TERMS._replace(frequency=YEARLY))
    assert bill(reduced(invoice(part), money(1, "20"))).net == 960
