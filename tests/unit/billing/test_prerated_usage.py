"""Usage that a third party has priced: its amount and its tax stay to the cent as given."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import UUID

import pytest

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Discount, Snapshot, UsagePart, UsageTotal
from core.billing.totals import totals_from_json, totals_to_json
from core.rating.prerated import Prerated, prerated
from tests.unit.billing.sellers import invoice, plan, product, usage
from tests.unit.rating.rates import rate

FILM = product(80, "braveheart", "usage_service")._replace(name="Braveheart")
BOOKED = product(81, "movies", "termed_service")
BY = "pre-rated by partner"
TAXED = Prerated(has_tax=True, takes_discounts=False)
UNTAXED = Prerated(has_tax=False, takes_discounts=False)
DISCOUNTED = Prerated(has_tax=True, takes_discounts=True)


def rated(how: Prerated, count: int, amount: str, tax: str | None = None) -> UsageTotal:
    """Films of the partner."""
    return UsageTotal(
        FILM.id, "view", BY, how.slot, Decimal(count), count, Decimal(amount), None,
        None if tax is None else Decimal(tax),
    )  # fmt: skip


def ours(count: int, amount: str) -> UsageTotal:
    """Films at our own price."""
    price = Decimal(amount) / count
    return UsageTotal(FILM.id, "view", "", 0, Decimal(count), count, Decimal(amount), price)


def part(*totals: UsageTotal, tax: str = "exclusive", **changes: object) -> UsagePart:
    """A month with these films; 20 % is the rate of their class."""
    of = plan((BOOKED, rate("flat", base="10", per_months=1)), tax_mode=tax)
    made = usage(of, products=(FILM, BOOKED))
    return made._replace(usage=totals, **changes)  # type: ignore[arg-type]


def after(before: InvoiceDraft, following: UsagePart, *, is_late: bool = False) -> UsagePart:
    """The next link of the same period, from totals that went through the database."""
    (step,) = before.steps
    billed = totals_from_json(totals_to_json(step.totals))
    assert billed == step.totals
    return following._replace(billed=billed, seq=step.seq + 1, is_late=is_late)


def half_off(number: int, percent: str = "50") -> Discount:
    """A percentage on usage of everything, at the level of its number."""
    return Discount(
        UUID(int=900 + number), UUID(int=800 + number), UUID(int=700 + number),
        f"off-{number}", "Off", part().subscription_id, None, "percent", Decimal(percent),
        part().period.start, level=number, scope="usage",
    )  # fmt: skip


def figures(draft: InvoiceDraft) -> list[tuple[str, Decimal, Decimal, Decimal, Decimal]]:
    """The lines as kind, amount, net, tax, gross."""
    return [(line.kind, line.amount, line.net, line.tax, line.gross) for line in draft.lines]


def exact(draft: InvoiceDraft) -> bool:
    """Whether the totals are the sums of the lines."""
    return (
        draft.total == sum(line.gross for line in draft.lines) == draft.net + draft.tax
        and draft.tax == sum(line.tax for line in draft.lines)
        and draft.tax == sum(one.tax for one in draft.taxes)
        and draft.total == sum(one.gross for one in draft.taxes)
    )


@pytest.mark.parametrize("slot", [-1, -2, -3, -4])
def test_a_slot_says_how_usage_was_priced(slot: int) -> None:
    """Four kinds, four numbers below those of a rate table's rows; 0 and above are ours."""
    found = prerated(slot)
    assert found is not None
    assert found.slot == slot
    assert prerated(0) is None
    assert prerated(-slot) is None


def test_given_tax_is_not_computed_again() -> None:
    """On top of 10.00 net came 2.45: not 20 % (2.00). Ours of 3.00 has its 0.60."""
    draft = bill(invoice(part(ours(1, "3"), rated(TAXED, 1, "10", "2.45"))))
    assert figures(draft) == [
        ("usage", 3, 3, Decimal("0.60"), Decimal("3.60")),
        ("usage", 10, 10, Decimal("2.45"), Decimal("12.45")),
    ]
    assert (draft.net, draft.tax, draft.total) == (13, Decimal("3.05"), Decimal("16.05"))
    assert [tuple(one)[:4] for one in draft.taxes] == [
        (20, 13, Decimal("3.05"), Decimal("16.05")),
    ]
    assert exact(draft)


def test_within_a_gross_amount_it_lowers_the_net() -> None:
    """6.20 with 1.20 in it: net 5.00. Of 6.20 without tax 20/120 are 1.03."""
    totals = rated(TAXED, 1, "6.20", "1.20"), rated(UNTAXED, 1, "6.20")
    draft = bill(invoice(part(*totals, tax="inclusive")))
    assert [(line.net, line.tax, line.gross) for line in draft.lines] == [
        (5, Decimal("1.20"), Decimal("6.20")),
        (Decimal("5.17"), Decimal("1.03"), Decimal("6.20")),
    ]
    assert exact(draft)


def test_the_working_says_who_priced_it() -> None:
    """One line for each way of pricing, and no unit price that was never stated."""
    totals = rated(TAXED, 2, "7", "1.40"), rated(UNTAXED, 1, "2")
    draft = bill(invoice(part(*totals)))
    assert [line.description for line in draft.lines] == [f"Braveheart, {BY}"] * 2
    assert [json.loads(line.working) for line in draft.lines] == [
        [{
            "kind": "prerated", "label": BY, "quantity": "2", "unitPrice": None,
            "amount": "7", "facts": {"tax": "as given"},
        }],
        [{
            "kind": "prerated", "label": BY, "quantity": "1", "unitPrice": None,
            "amount": "2", "facts": {"tax": "by the tax class"},
        }],
    ]  # fmt: skip


def test_a_credit_gives_its_tax_back() -> None:
    """-2.00 with -0.48: gross -2.48."""
    draft = bill(invoice(part(rated(TAXED, 1, "-2", "-0.48"))))
    assert figures(draft) == [("credit", -2, -2, Decimal("-0.48"), Decimal("-2.48"))]
    assert exact(draft)


def test_late_usage_bills_the_tax_that_came_with_it() -> None:
    """10.00 with 2.45, then 4.00 with 0.99 more; ours is taxed as if billed at once."""
    first = bill(invoice(part(ours(1, "0.02"), rated(TAXED, 1, "10", "2.45"))))
    late = part(ours(2, "0.04"), rated(TAXED, 2, "14", "3.44"))
    second = bill(invoice(after(first, late, is_late=True)))
    assert figures(first)[0][3] == Decimal("0.00")  # 20 % of 0.02 is 0.004
    assert figures(second) == [  # and 20 % of 0.04 is 0.008
        ("usage", Decimal("0.02"), Decimal("0.02"), Decimal("0.01"), Decimal("0.03")),
        ("usage", 4, 4, Decimal("0.99"), Decimal("4.99")),
    ]
    assert exact(second)
    assert all(line.is_difference for line in second.lines)


def test_what_is_taken_back_takes_its_tax_along() -> None:
    """Nothing is left of 10.00 with 2.45: -10.00 and -2.45."""
    first = bill(invoice(part(rated(TAXED, 1, "10", "2.45"))))
    second = bill(invoice(after(first, part(), is_late=True)))
    assert figures(second) == [("usage", -10, -10, Decimal("-2.45"), Decimal("-12.45"))]
    assert exact(second)


@pytest.mark.parametrize("is_late", [True, False])
def test_another_tax_on_the_same_amount_is_a_correction(*, is_late: bool) -> None:
    """2.45 was wrong, 2.40 is right: a line of 0.00 with -0.05 of tax, late or not."""
    first = bill(invoice(part(rated(TAXED, 1, "10", "2.45"), settles=is_late)))
    again = part(rated(TAXED, 1, "10", "2.40"))
    second = bill(invoice(after(first, again, is_late=is_late)))
    assert figures(second) == [("usage", 0, 0, Decimal("-0.05"), Decimal("-0.05"))]
    assert [line.is_difference for line in second.lines] == [True]
    assert exact(second)


def test_interim_invoices_bill_each_its_own_tax() -> None:
    """3.50 with 0.68, then 4.10 with 0.79: each as it came."""
    first = bill(invoice(part(rated(TAXED, 1, "3.50", "0.68"), settles=False)))
    second = bill(invoice(after(first, part(rated(TAXED, 2, "7.60", "1.47")))))
    taxes = [(draft.lines[0].amount, draft.tax) for draft in (first, second)]
    assert taxes == [(Decimal("3.50"), Decimal("0.68")), (Decimal("4.10"), Decimal("0.79"))]


def test_discounts_leave_it_alone_unless_they_apply() -> None:
    """Half of 8.00 with 1.90 is 4.00 with 0.95; the other 10.00 stays whole."""
    totals = rated(TAXED, 1, "10", "2.45"), rated(DISCOUNTED, 1, "8", "1.90")
    snapshot: Snapshot = invoice(part(*totals))._replace(discounts=(half_off(1),))
    draft = bill(snapshot)
    assert figures(draft) == [
        ("usage", 8, 8, Decimal("1.90"), Decimal("9.90")),
        ("usage", 10, 10, Decimal("2.45"), Decimal("12.45")),
        ("discount", -4, -4, Decimal("-0.95"), Decimal("-4.95")),
    ]
    assert exact(draft)


def test_discounts_that_take_all_take_all_of_its_tax() -> None:
    """Half, then all that is left, of 1.00 with 0.05: 0.03 (0.025) and 0.02 of the tax."""
    snapshot = invoice(part(rated(DISCOUNTED, 1, "1", "0.05")))
    draft = bill(snapshot._replace(discounts=(half_off(1), half_off(2, "100"))))
    assert [(line.amount, line.tax) for line in draft.lines] == [
        (1, Decimal("0.05")),
        (Decimal("-0.50"), Decimal("-0.03")),
        (Decimal("-0.50"), Decimal("-0.02")),
    ]
    assert draft.total == 0
    assert exact(draft)


def test_a_later_link_discounts_no_more_than_it_may() -> None:
    """Of a later 2.00 with discounts half is taken off, whatever came without discounts."""
    first = bill(invoice(part(rated(TAXED, 1, "10", "2.45"), settles=False)))
    more = part(rated(TAXED, 2, "20", "4.90"), rated(DISCOUNTED, 1, "2", "0.48"))
    snapshot = invoice(after(first, more))._replace(discounts=(half_off(1),))
    draft = bill(snapshot)
    assert [(line.kind, line.amount, line.tax) for line in draft.lines] == [
        ("usage", 2, Decimal("0.48")),
        ("usage", 10, Decimal("2.45")),
        ("discount", -1, Decimal("-0.24")),
    ]
    assert exact(draft)
