"""Usage that was priced event by event, its credits, and invoices before the period's end."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.lines import ImplausibleInvoice
from core.billing.snapshot import UsagePart, UsageTotal
from core.rating.compile import CompiledPlan
from tests.unit.billing.sellers import (
    EMAILS,
    USERS,
    crm360,
    fees,
    invoice,
    plan,
    product,
    usage,
)
from tests.unit.rating.rates import rate

FILM = product(80, "braveheart", "usage_service")._replace(name="Braveheart")
BOOKED = product(81, "movies", "termed_service")
NIGHT = "00:01-06:59"


def plan_without_films() -> CompiledPlan:
    """A plan that prices the subscription and no film."""
    return plan((BOOKED, rate("flat", base="10", per_months=1)))


def films(*totals: tuple[str, str, str], **changes: object) -> UsagePart:
    """Films as (dimension, how many, amount), each of one event."""
    part = usage(plan_without_films(), products=(FILM, BOOKED))
    rows = tuple(
        UsageTotal(
            FILM.id, "view", dimension, 0, Decimal(count), int(count), Decimal(amount),
            Decimal(amount) / Decimal(count) if int(count) else None,
        )
        for dimension, count, amount in totals
    )  # fmt: skip
    return part._replace(usage=rows, **changes)  # type: ignore[arg-type]


def after(before: InvoiceDraft, part: UsagePart) -> UsagePart:
    """The next link of the same period."""
    (step,) = before.steps
    return part._replace(billed=step.totals, seq=step.seq + 1)


def test_amounts_are_taken_as_they_are_without_a_rate() -> None:
    """Three by day at 3.00, two at night at 2.00: 9.00 + 4.00; 20 % are 2.60."""
    draft = bill(invoice(films(("", "3", "9"), (NIGHT, "2", "4"))))
    assert [
        (line.description, line.kind, line.quantity, line.amount) for line in draft.lines
    ] == [
        ("Braveheart", "usage", 3, Decimal("9.00")),
        ("Braveheart, 00:01-06:59", "usage", 2, Decimal("4.00")),
    ]
    assert (draft.net, draft.tax) == (Decimal("13.00"), Decimal("2.60"))
    (step,) = json.loads(draft.lines[1].working)
    assert step == {
        "kind": "rated",
        "label": "priced event by event",
        "quantity": "2",
        "unitPrice": "2",
        "amount": "4",
        "facts": {"rate": NIGHT},
    }


def test_a_rate_of_the_plan_does_not_price_them_again() -> None:
    """The plan's 1.00 for a film is not asked, nor are the dimensions summed."""
    part = films(("", "1", "3"), (NIGHT, "1", "2"))
    of = plan((FILM, rate("flat", driver="usage", base="1")))
    draft = bill(invoice(part._replace(plan=of)))
    assert [line.amount for line in draft.lines] == [Decimal(3), Decimal(2)]


def test_a_credit_is_a_line_of_its_own() -> None:
    """Three films at 3.00 and one of them credited: 9.00 - 3.00 = 6.00, tax 1.20."""
    draft = bill(invoice(films(("", "3", "9"), (NIGHT, "1", "-3"))))
    assert [(line.kind, line.is_difference, line.amount) for line in draft.lines] == [
        ("usage", False, Decimal(9)),
        ("credit", False, Decimal(-3)),
    ]
    assert (draft.net, draft.tax, draft.total) == (6, Decimal("1.20"), Decimal("7.20"))


def test_nothing_else_may_be_negative() -> None:
    """A negative fee is refused as implausible, a credit is not."""
    assert bill(invoice(films(("", "1", "-3")))).total == Decimal("-3.60")
    bad = films(("", "1", "3"))
    broken = bad.usage[0]._replace(amount=Decimal("1e13"))
    with pytest.raises(ImplausibleInvoice):
        bill(invoice(bad._replace(usage=(broken,))))


def test_each_interim_invoice_bills_and_taxes_its_own_film() -> None:
    """3.00, then 2.00 more at night, then 3.00: taxes 0.60, 0.40, 0.60, and no difference."""
    first = bill(invoice(films(("", "1", "3"), settles=False)))
    second = bill(
        invoice(after(first, films(("", "1", "3"), (NIGHT, "1", "2"), settles=False)))
    )
    third = bill(invoice(after(second, films(("", "2", "6"), (NIGHT, "1", "2")))))
    bills = (first, second, third)
    assert [[line.amount for line in draft.lines] for draft in bills] == [[3], [2], [3]]
    assert [draft.tax for draft in bills] == [
        Decimal("0.60"), Decimal("0.40"), Decimal("0.60"),
    ]  # fmt: skip
    assert {line.is_difference for draft in bills for line in draft.lines} == {False}
    (line,) = third.lines
    assert (line.description, line.quantity) == ("Braveheart", 1)
    (step,) = json.loads(line.working)  # of this film alone
    assert (step["kind"], step["quantity"], step["unitPrice"], step["amount"]) == (
        "rated", "1", "3", "3",
    )  # fmt: skip
    ((_key, carry),) = third.steps[0].totals.taxes.items()
    assert carry == (800, 160)  # 3 + 2 + 3 and 0.60 + 0.40 + 0.60, in cents


def test_a_late_film_is_taxed_with_all_that_its_period_billed() -> None:
    """0.03 + 0.03 at 20 % are 0.01 + 0.01; with a late 0.03: 0.018 in all, so no tax more."""
    first = bill(invoice(films(("", "1", "0.03"), settles=False)))
    second = bill(invoice(after(first, films(("", "2", "0.06")))))
    assert [first.tax, second.tax] == [Decimal("0.01"), Decimal("0.01")]
    late = bill(invoice(after(second, films(("", "3", "0.09"), is_late=True))))
    (line,) = late.lines
    assert (line.is_difference, line.amount, line.tax) == (True, Decimal("0.03"), 0)
    assert line.description == "Braveheart, 2026-01-01 to 2026-01-31"


def test_a_void_between_interim_invoices_is_a_difference() -> None:
    """One of two films is voided: -3.00 names its period; so does a credit taken back."""
    first = bill(invoice(films(("", "2", "6"), (NIGHT, "1", "-2"), settles=False)))
    gone = films(("", "1", "3"), (NIGHT, "0", "0"))
    second = bill(invoice(after(first, gone)))
    assert [(line.kind, line.is_difference, line.amount) for line in second.lines] == [
        ("usage", True, Decimal(-3)),
        ("credit", True, Decimal(2)),
    ]
    assert [line.description for line in second.lines] == [
        "Braveheart, 2026-01-01 to 2026-01-31",
        "Braveheart, 00:01-06:59, 2026-01-01 to 2026-01-31",
    ]
    assert first.total + second.total == Decimal("3.60")


def test_what_the_period_s_end_adds_is_no_difference() -> None:
    """Users wait for the end; e-mails of a batch price are priced anew as a whole."""
    level = crm360(3)
    start = usage(level, (EMAILS, "1000"))._replace(settles=False)
    first = bill(invoice(start))
    end = usage(level, (EMAILS, "1001"), gauges=((USERS, "60"),))
    second = bill(invoice(after(first, end)))
    assert [(line.kind, line.is_difference, line.amount) for line in second.lines] == [
        ("gauge", False, Decimal("1200.00")),
        ("usage", True, Decimal("1.90")),
    ]


def test_a_fee_and_films_are_taxed_together() -> None:
    """One group for one invoice: 10.03 + 0.02 at 20 % is 2.01, whatever the lines alone."""
    of = plan((BOOKED, rate("flat", base="10.03", per_months=1)))
    draft = bill(invoice(fees(of, (BOOKED, "1")), films(("", "1", "0.02"))))
    assert (draft.net, draft.tax) == (Decimal("10.05"), Decimal("2.01"))
