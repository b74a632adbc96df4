"""A period billed in several links costs the same as billed at once."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.inputs import InputsUnreadable, inputs_to_json, part_from_inputs, plan_ids_of
from core.billing.snapshot import UsagePart, UsageTotal
from core.billing.totals import (
    NOTHING_BILLED,
    Totals,
    TotalsUnreadable,
    totals_from_json,
    totals_to_json,
)
from core.kernel.decimals import exact
from core.kernel.money import round_money
from core.rating.compile import compile_plan
from core.rating.price_models import BUILT_IN
from tests.unit.billing.sellers import (
    EMAILS,
    FEBRUARY,
    PACKAGE,
    PROFILES,
    PURCHASES,
    SMS,
    USERS,
    crm360,
    fees,
    invoice,
    plan,
    product,
    usage,
)
from tests.unit.rating.rates import rate, tier

CALLS = product(70, "calls", "usage_service")
DATA = product(71, "data", "usage_service", "reduced")
SEAT = product(72, "seat", "licence")


def late(first: InvoiceDraft, *totals: UsageTotal, plans: object = None) -> UsagePart:
    """The next link of a period, rebuilt from what was stored of the one before."""
    (step,) = first.steps
    return part_from_inputs(
        inputs_to_json(step.part),
        period_id=step.period_id,
        subscription_id=step.part.subscription_id,
        plans={step.part.plan.id: step.part.plan} if plans is None else plans,  # type: ignore[arg-type]
        products={one.id: one for one in (EMAILS, SMS, CALLS, DATA)},
        tax_rates={"standard": Decimal(99)},
        usage=totals,
        billed=totals_from_json(totals_to_json(step.totals)),
        seq=step.seq + 1,
    )


def total(one: object, quantity: str, dimension: str = "") -> UsageTotal:
    """Everything known of a product now."""
    return UsageTotal(one.id, "unit", dimension, 0, Decimal(quantity), 1)  # type: ignore[attr-defined]


def package_counting_emails() -> UsagePart:
    """Level 3 whose minimum counts e-mails too: 640.00 + 228.00, 132.00 short."""
    level = crm360(3)
    commitment = level.commitment._replace(products=frozenset({"profiles", "users", "emails"}))  # type: ignore[union-attr]
    source = level.source._replace(commitment=commitment)
    counting = compile_plan(source, BUILT_IN)
    return usage(counting, (EMAILS, "120000"), gauges=PACKAGE)


def test_late_usage_makes_a_line_that_names_its_period() -> None:
    """1,000 e-mails, later 1,001: one batch more, 1.90, and the quantity is 1."""
    first = bill(invoice(usage(crm360(3), (EMAILS, "1000"), gauges=PACKAGE)))
    second = bill(invoice(late(first, total(EMAILS, "1001"))))
    (line,) = second.lines
    assert (line.kind, line.is_difference) == ("usage", True)
    assert (line.quantity, line.amount, line.tax) == (1, Decimal("1.90"), Decimal("0.38"))
    assert line.description == "emails, 2026-01-01 to 2026-01-31"
    last_step = json.loads(line.working)[-1]
    assert (last_step["kind"], last_step["amount"]) == ("difference", "-1.9")
    assert [step.seq for step in second.steps] == [2]


def test_a_late_charge_shrinks_the_top_up_that_it_counts_for() -> None:
    """100.70 more of e-mails (53 batches) takes 100.70 off the shortfall of 132.00."""
    first = bill(invoice(package_counting_emails()))
    assert first.net == 1000
    second = bill(invoice(late(first, total(EMAILS, "173000"))))
    assert [(line.kind, line.amount) for line in second.lines] == [
        ("usage", Decimal("100.70")),
        ("commitment", Decimal("-100.70")),
    ]
    assert (second.net, second.tax, second.total) == (0, 0, 0)


def test_a_shortfall_that_a_late_charge_closes_is_given_back_in_full() -> None:
    """190.00 more: the 132.00 come back, 58.00 are owed."""
    first = bill(invoice(package_counting_emails()))
    second = bill(invoice(late(first, total(EMAILS, "220000"))))
    assert [line.amount for line in second.lines] == [Decimal("190.00"), Decimal("-132.00")]
    third = bill(invoice(late(second, total(EMAILS, "120000"))))
    assert [line.amount for line in third.lines] == [Decimal("-190.00"), Decimal("132.00")]
    assert first.total + second.total + third.total == first.total


def test_voiding_everything_gives_everything_back_with_its_tax() -> None:
    """A negative invoice made of differences is sound."""
    of = plan((CALLS, rate("flat", driver="usage", base="0.13")))
    first = bill(invoice(usage(of, (CALLS, "1", "a"), (CALLS, "1", "b"), (CALLS, "1", "c"))))
    assert (first.net, first.tax) == (Decimal("0.39"), Decimal("0.08"))
    gone = [total(CALLS, "0", dimension) for dimension in "abc"]
    second = bill(invoice(late(first, *gone)))
    assert (second.net, second.tax, second.total) == (-first.net, -first.tax, -first.total)
    assert [line.tax for line in second.lines] == [-line.tax for line in first.lines]


def test_a_total_that_vanished_is_given_back() -> None:
    """A row that is no longer there at all counts as nothing."""
    first = bill(invoice(usage(crm360(3), (EMAILS, "1000"), gauges=PACKAGE)))
    second = bill(invoice(late(first)))
    assert [(line.description, line.quantity, line.amount) for line in second.lines] == [
        ("emails, 2026-01-01 to 2026-01-31", Decimal(-1000), Decimal("-1.90"))
    ]


def test_nothing_new_makes_no_line() -> None:
    """The same totals again: an empty draft, and a step of the same totals."""
    first = bill(invoice(usage(crm360(3), *PURCHASES, gauges=PACKAGE)))
    second = bill(invoice(late(first, *first.steps[0].part.usage)))
    assert (second.lines, second.total) == ((), 0)
    assert totals_to_json(second.steps[0].totals) == totals_to_json(first.steps[0].totals)


def test_a_late_part_keeps_the_tax_and_names_of_its_first_billing() -> None:
    """The standard rate is 99 % by now and the product renamed; the difference knows 20 %."""
    first = bill(invoice(usage(crm360(3), (EMAILS, "1000"), gauges=PACKAGE)))
    renamed = EMAILS._replace(name="mailings", tax_class="zero")
    part = late(first, total(EMAILS, "2000"))
    assert part.products[EMAILS.id] == EMAILS != renamed
    (line,) = bill(invoice(part)).lines
    assert line.tax_rate == 20
    assert part.products.keys() >= {EMAILS.id, PROFILES.id, USERS.id, CALLS.id}
    assert part.is_late


def test_a_late_part_stands_beside_the_fees_of_its_invoice() -> None:
    """The seat of February is taxed by itself, January's difference with January."""
    first = bill(invoice(usage(crm360(3), (EMAILS, "1000"), gauges=PACKAGE)))
    seats = plan((SEAT, rate("flat", base="30", per_months=1)))
    both = bill(
        invoice(fees(seats, (SEAT, "1"), during=FEBRUARY), late(first, total(EMAILS, "1001")))
    )
    assert [(line.kind, line.is_difference) for line in both.lines] == [
        ("fee", False),
        ("usage", True),
    ]
    assert both.total == Decimal("38.28")  # 36.00 + 2.28


def test_inputs_of_an_interim_invoice_or_another_version_are_refused() -> None:
    """Only the inputs of the period's end say what the period is."""
    part = usage(crm360(3), (EMAILS, "1000"))._replace(settles=False)
    interim = bill(invoice(part))
    with pytest.raises(InputsUnreadable, match="interim"):
        late(interim, total(EMAILS, "1001"))
    settled = bill(invoice(part._replace(settles=True)))
    with pytest.raises(InputsUnreadable, match="must be read"):
        late(settled, plans={})
    with pytest.raises(InputsUnreadable, match="version 3"):
        plan_ids_of('{"v": 3}')
    with pytest.raises(TotalsUnreadable, match="version 3"):
        totals_from_json('{"v": 3}')
    assert plan_ids_of(inputs_to_json(part)) == (part.plan.id,)


PRICED = plan(
    (
        CALLS,
        rate(
            "tiered",
            tier("1", "5", "0.333", fee="0.07"),
            tier("6", "50", "0.117"),
            tier("51", None, "0.0555"),
            driver="usage",
            free_units="2",
        ),
    ),
    (DATA, rate("package", driver="usage", base="0.77", package_size="7")),
    (SEAT, rate("flat", base="1.23", per_months=1)),
)
COMMITTED = compile_plan(
    PRICED.source._replace(
        commitment=crm360(3).commitment._replace(  # type: ignore[union-attr]
            minimum=Decimal("9.99"), kinds=frozenset({"usage_service"})
        )
    ),
    BUILT_IN,
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from([(CALLS, ""), (CALLS, "x"), (DATA, ""), (DATA, "y")]),
        st.decimals("0.001", 40, places=3),
    ),
    min_size=1,
    max_size=8,
)


def summed(events: list[tuple[tuple[object, str], Decimal]]) -> tuple[UsageTotal, ...]:
    """What the database sums of events."""
    sums: dict[tuple[object, str], list[Decimal]] = {}
    with exact():
        for (one, dimension), quantity in events:
            sums.setdefault((one.id, dimension), []).append(quantity)  # type: ignore[attr-defined]
        return tuple(
            UsageTotal(product_id, "unit", dimension, 0, sum(parts, Decimal(0)), len(parts))  # type: ignore[arg-type]
            for (product_id, dimension), parts in sums.items()
        )


def billed_up_to(
    cuts: list[int], events: list[tuple[tuple[object, str], Decimal]], tax_mode: str
) -> list[InvoiceDraft]:
    """Bill a period link by link, each knowing the events up to its cut."""
    source = COMMITTED.source._replace(tax_mode=tax_mode)  # type: ignore[arg-type]
    of = compile_plan(source, BUILT_IN)
    part = usage(of, gauges=((SEAT, "3"),), products=(CALLS, DATA))
    drafts = [bill(invoice(part._replace(usage=summed(events[: cuts[0]]))))]
    for cut in cuts[1:]:
        rebuilt = late(drafts[0], *summed(events[:cut]))
        before = drafts[-1].steps[0]
        drafts.append(bill(invoice(rebuilt._replace(billed=before.totals, seq=before.seq + 1))))
    return drafts


def sums_of(drafts: list[InvoiceDraft]) -> list[Decimal]:
    """Net, tax and total over all invoices."""
    return [sum(getattr(draft, name) for draft in drafts) for name in ("net", "tax", "total")]


def by_key(totals: Totals) -> dict[object, object]:
    """Totals without what vanished again."""
    return {
        line.key: (line.quantity, line.amount)
        for line in totals.lines
        if line.quantity or line.amount
    }


@given(
    events=EVENTS,
    data=st.data(),
    tax_mode=st.sampled_from(["exclusive", "inclusive"]),
)
def test_a_period_billed_in_parts_bills_the_same_as_once(
    events: list[tuple[tuple[object, str], Decimal]], data: st.DataObject, tax_mode: str
) -> None:
    """Any split, any order of arrival: usage, commitment, tax and totals are equal."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), min_size=1, max_size=3)))
    arrival = data.draw(st.permutations(events))
    at_once = billed_up_to([len(events)], events, tax_mode)
    in_parts = billed_up_to([*cuts, len(events)], arrival, tax_mode)
    assert sums_of(in_parts) == sums_of(at_once)
    once, parts = at_once[-1].steps[0].totals, in_parts[-1].steps[0].totals
    assert by_key(parts) == by_key(once)
    assert parts.taxes == once.taxes
    for draft in in_parts:
        assert draft.net + draft.tax == draft.total
        assert sum(line.gross for line in draft.lines) == draft.total


@given(events=EVENTS, cut=st.integers(0, 8))
def test_an_interim_invoice_changes_no_cent_of_the_period(
    events: list[tuple[tuple[object, str], Decimal]], cut: int
) -> None:
    """The period's end bills the rest with next month's fee; each invoice has its own tax."""
    part = usage(COMMITTED, gauges=((SEAT, "3"),), products=(CALLS, DATA))
    next_fee = fees(COMMITTED, (SEAT, "1"), during=FEBRUARY)
    once = bill(invoice(next_fee, part._replace(usage=summed(events))))
    interim = bill(invoice(part._replace(usage=summed(events[:cut]), settles=False)))
    end = part._replace(usage=summed(events), billed=interim.steps[0].totals, seq=2)
    rest = bill(invoice(next_fee, end))
    assert interim.net + rest.net == once.net
    for draft in (interim, rest):
        by_rate = {row.rate: row.net for row in draft.taxes}
        with exact():
            taxes = [round_money(rate * net / 100, "EUR") for rate, net in by_rate.items()]
            assert draft.tax == sum(taxes)


@given(events=EVENTS)
def test_totals_and_inputs_survive_their_storage(
    events: list[tuple[tuple[object, str], Decimal]],
) -> None:
    """What is written is read back equal."""
    part = usage(COMMITTED, gauges=((SEAT, "3"),), products=(CALLS, DATA))
    draft = bill(invoice(part._replace(usage=summed(events))))
    totals = draft.steps[0].totals
    assert totals_to_json(totals_from_json(totals_to_json(totals))) == totals_to_json(totals)
    rebuilt = late(draft, *summed(events))._replace(billed=NOTHING_BILLED, seq=1)
    again = bill(invoice(rebuilt))
    assert [line.amount for line in again.lines] == [line.amount for line in draft.lines]
    assert inputs_to_json(rebuilt) == inputs_to_json(draft.steps[0].part)


def test_two_late_links_in_a_row_keep_their_place() -> None:
    """Each link bills only what came since the one before."""
    of = plan((CALLS, rate("flat", driver="usage", base="1")))
    drafts = [bill(invoice(usage(of, (CALLS, "1"))))]
    for quantity in ("3", "6", "10"):
        drafts.append(bill(invoice(late(drafts[-1], total(CALLS, quantity)))))
    assert [draft.net for draft in drafts] == [1, 2, 3, 4]
    assert [draft.steps[0].seq for draft in drafts] == [1, 2, 3, 4]
    assert all(after.steps[0].seq > before.steps[0].seq for before, after in pairwise(drafts))
