"""Discounts on usage go into the chain of its period: interim invoices, late usage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.inputs import inputs_to_json, part_from_inputs
from core.billing.snapshot import Discount, Snapshot, UsagePart, UsageTotal
from core.billing.totals import totals_from_json, totals_to_json
from tests.unit.billing.reduced import applied, free, money, percent, taken_off
from tests.unit.billing.sellers import FEBRUARY, fees, invoice, plan, product, usage
from tests.unit.rating.rates import rate, tier

CALLS = product(70, "calls", "usage_service")
FILMS = product(71, "films", "usage_service", "reduced")
GOLD = product(72, "gold", "termed_service")
OF = plan(
    (CALLS, rate("flat", driver="usage", base="1")),
    (FILMS, rate("tiered", tier("1", "5", "0.37"), tier("6", None, "0.11"), driver="usage")),
    (GOLD, rate("flat", base="25", per_months=1)),
)


def period_of(calls: str, films: str = "0", **changes: Any) -> UsagePart:
    """What is known of January."""
    totals = ((CALLS, calls), (FILMS, films))
    rows = tuple(
        UsageTotal(one.id, "unit", "", 0, Decimal(quantity), 1)
        for one, quantity in totals
        if Decimal(quantity)
    )
    return usage(OF, products=(CALLS, FILMS))._replace(usage=rows, **changes)


def after(before: InvoiceDraft, part: UsagePart) -> UsagePart:
    """The next link of the period, before or at its end."""
    (step,) = before.steps
    billed = totals_from_json(totals_to_json(step.totals))
    return part._replace(billed=billed, seq=step.seq + 1)


def late(
    before: InvoiceDraft, part: UsagePart, settled: InvoiceDraft | None = None
) -> UsagePart:
    """The next link of the settled period, from its stored inputs."""
    (step,) = before.steps
    return part_from_inputs(
        inputs_to_json((settled or before).steps[0].part),
        period_id=step.period_id,
        subscription_id=part.subscription_id,
        plans={OF.id: OF},
        products=part.products,
        tax_rates=part.tax_rates,
        usage=part.usage,
        billed=totals_from_json(totals_to_json(step.totals)),
        seq=step.seq + 1,
    )


def reduced(part: UsagePart, *discounts: Discount) -> InvoiceDraft:
    """The draft of one link with the discounts of that time."""
    return bill(invoice(part)._replace(discounts=discounts))


def test_late_usage_is_discounted_like_its_period() -> None:
    """10 % of 100 calls; 50 more come late: 50 - 5, though the discount is gone by then."""
    first = reduced(period_of("100"), percent(1, "10"))
    assert (first.net, applied(first)) == (90, {"discount-1": Decimal(10)})
    second = bill(invoice(late(first, period_of("150"))))
    assert [(line.kind, line.is_difference, line.amount) for line in second.lines] == [
        ("usage", True, Decimal(50)),
        ("discount", True, Decimal(-5)),
    ]
    assert second.lines[1].description == "Discount 1: calls, 2026-01-01 to 2026-01-31"
    assert second.lines[1].quantity == 1
    assert second.discounts == ()  # it belongs to the use of the first invoice


def test_voided_usage_gives_its_discount_back() -> None:
    """100 calls less 10 %, all of them voided: -100 + 10."""
    first = reduced(period_of("100"), percent(1, "10"))
    second = bill(invoice(late(first, period_of("0"))))
    assert [(line.description.split(",")[0], line.amount) for line in second.lines] == [
        ("calls", Decimal(-100)),
        ("Discount 1: calls", Decimal(10)),
    ]
    assert first.total + second.total == 0
    third = bill(invoice(late(second, period_of("10"), settled=first)))
    assert third.net == 9


def test_a_discount_for_next_month_does_not_reduce_what_comes_late() -> None:
    """February's 50 % is on February; January's late 50 calls cost 50."""
    first = reduced(period_of("100"))
    part = late(first, period_of("150"))
    february = usage(OF, (CALLS, "10"), during=FEBRUARY)._replace(period_id=UUID(int=21))
    half = percent(1, "50")
    draft = bill(invoice(part, february)._replace(discounts=(half,)))
    assert draft.net == 50 + 5
    assert applied(draft) == {"discount-1": Decimal(5)}


def test_one_use_reduces_one_bill_and_stays_with_it() -> None:
    """Of 3.00 and again 3.00 the first is halved; the second one costs all of 3.00."""
    once = percent(1, "50", uses_left=1)
    first = reduced(period_of("3", settles=False), once)
    second = reduced(after(first, period_of("6")), once._replace(uses_left=0))
    assert [first.net, second.net] == [Decimal("1.50"), Decimal(3)]
    assert (taken_off(second), second.discounts) == ([], ())
    gone = bill(invoice(late(second, period_of("1"))))
    # of the one call that is left, 1.00 is covered by the 1.50 that were given
    assert first.net + second.net + gone.net == 0


def test_one_use_that_found_nothing_does_not_wait_for_late_usage() -> None:
    """Nothing was used, so nothing was reduced; later 10.00 are 10.00."""
    first = reduced(period_of("0"), percent(1, "50", uses_left=1))
    assert first.discounts == ()
    assert bill(invoice(late(first, period_of("10")))).net == 10
    always = reduced(period_of("0"), percent(1, "50"))
    assert bill(invoice(late(always, period_of("10")))).net == 5


def test_money_of_a_month_is_given_once_for_all_its_invoices() -> None:
    """5.00 a month: 3 of 3, 2 of the next 3, and nothing of the fee of 25 at the end."""
    monthly = money(1, "5")
    first = reduced(period_of("3", settles=False), monthly)
    second = reduced(after(first, period_of("6", settles=False)), monthly)
    end = invoice(fees(OF, (GOLD, "1"), during=FEBRUARY), after(second, period_of("6")))
    third = bill(end._replace(discounts=(monthly,)))
    assert [first.net, second.net, third.net] == [0, 1, 25]
    assert [applied(draft).get("discount-1") for draft in (first, second, third)] == [
        Decimal(3), Decimal(2), None,
    ]  # fmt: skip


def test_money_that_a_bill_did_not_need_is_there_for_late_usage() -> None:
    """40.00 take off 25.00 and 6.00; of late 10.00 more they take 9.00."""
    monthly = money(1, "40")
    both = invoice(fees(OF, (GOLD, "1"), during=FEBRUARY), period_of("6"))
    first = bill(both._replace(discounts=(monthly,)))
    assert (first.net, applied(first)) == (0, {"discount-1": Decimal(31)})
    second = bill(invoice(late(first, period_of("16"))))
    assert second.net == 1
    third = bill(invoice(late(second, period_of("3"), settled=first)))
    assert third.net == -1  # 3.00 are wholly covered


def test_a_discount_given_meanwhile_takes_no_more_than_a_bill_charges() -> None:
    """All is free from now on: 3.00 more cost nothing, and the 10.00 before stay paid."""
    first = reduced(period_of("10", settles=False))
    second = reduced(after(first, period_of("13")), percent(1, "100"))
    assert (first.net, second.net) == (10, 0)
    assert applied(second) == {"discount-1": Decimal(3)}


def test_an_automatic_discount_is_the_same_once_it_has_a_grant() -> None:
    """The first bill that it reduces makes its grant; the second knows it by that."""
    auto = percent(1, "10", grant_id=None)
    first = reduced(period_of("100", settles=False), auto)
    granted = auto._replace(grant_id=UUID(int=4000))
    second = reduced(after(first, period_of("200")), granted)
    assert (first.net, second.net) == (90, 90)
    assert taken_off(second) == [("Discount 1: calls", Decimal(-10))]


def test_credits_are_not_discounted() -> None:
    """Half of 9.00 is 4.50; the credit of 3.00 is given in full."""
    rated = usage(OF, products=(FILMS,))._replace(
        usage=(
            UsageTotal(FILMS.id, "view", "", 0, Decimal(3), 3, Decimal(9)),
            UsageTotal(FILMS.id, "view", "back", 0, Decimal(1), 1, Decimal(-3)),
        )
    )
    draft = reduced(rated, percent(1, "50"))
    assert draft.net == Decimal("1.50")
    assert reduced(rated, free(1, "3")).net == 6


AMOUNTS = st.tuples(st.integers(1, 60), st.integers(0, 60))
PERCENTS = st.lists(
    st.tuples(st.decimals("0.01", 100, places=2), st.integers(1, 3)), min_size=1, max_size=3
)


@given(
    grown=st.lists(AMOUNTS, min_size=2, max_size=4), percents=PERCENTS, is_late=st.booleans()
)
def test_a_period_billed_in_parts_is_discounted_as_if_at_once(
    grown: list[tuple[int, int]], percents: list[tuple[Decimal, int]], is_late: bool
) -> None:
    """Interim invoices with the discounts each time, or late links without them."""
    discounts = [
        percent(number, str(value), level) for number, (value, level) in enumerate(percents)
    ]
    cents = [(Decimal(calls) / 100, films) for calls, films in grown]
    sums = [
        (str(sum(one for one, _films in cents[:end])), str(sum(n for _one, n in cents[:end])))
        for end in range(1, len(cents) + 1)
    ]
    once = reduced(period_of(*sums[-1]), *discounts)
    drafts = [reduced(period_of(*sums[0], settles=is_late), *discounts)]
    for known in sums[1:]:
        if is_late:
            part = late(drafts[-1], period_of(*known), settled=drafts[0])
            drafts.append(bill(invoice(part)))
        else:
            drafts.append(
                reduced(after(drafts[-1], period_of(*known, settles=False)), *discounts)
            )
    assert sum(draft.net for draft in drafts) == once.net
    assert all(draft.net >= 0 for draft in drafts)
    if is_late:
        assert sum(draft.tax for draft in drafts) == once.tax


DISCOUNTS = st.lists(
    st.tuples(
        st.sampled_from(["percent", "money", "free_time"]),
        st.decimals("0.001", 100, places=3),
        st.integers(1, 3),
        st.sampled_from(["any", "usage", "other"]),
        st.sampled_from([None, (CALLS,), (GOLD, FILMS)]),
    ),
    max_size=5,
)


def whole_invoice(calls: int, films: int, seats: int) -> Snapshot:
    """A fee and the usage of a month."""
    part = period_of(str(Decimal(calls) / 100), str(films))
    return invoice(fees(OF, (GOLD, str(seats)), during=FEBRUARY), part)


@given(
    sizes=st.tuples(st.integers(0, 99), st.integers(0, 30), st.integers(0, 2)),
    rows=DISCOUNTS,
    shuffled=st.randoms(use_true_random=False),
)
def test_an_invoice_with_any_discounts_is_sound(
    sizes: tuple[int, int, int], rows: list[Any], shuffled: Any
) -> None:
    """Never below zero, whatever the order; lines, uses, taxes and the total agree."""
    discounts = []
    for number, (kind, value, level, scope, products) in enumerate(rows):
        make = {"percent": percent, "money": money, "free_time": free}[kind]
        more = {"level": level, "scope": scope}
        if products is not None:
            more["products"] = products
        discounts.append(make(number, str(value), **more))
    snapshot = whole_invoice(*sizes)
    draft = bill(snapshot._replace(discounts=tuple(discounts)))
    shuffled.shuffle(discounts)
    assert bill(snapshot._replace(discounts=tuple(discounts))) == draft
    left: dict[object, Decimal] = {}
    for line in draft.lines:
        key = (line.product_id, line.period_id)
        left[key] = left.get(key, Decimal(0)) + line.amount
    assert all(amount >= 0 for amount in left.values())
    assert draft.total >= 0
    off = -sum(line.amount for line in draft.lines if line.kind == "discount")
    assert off == sum(one.amount for one in draft.discounts)
    assert draft.net + draft.tax == draft.total
    assert sum(line.gross for line in draft.lines) == draft.total
    assert draft.net == bill(snapshot).net - off
