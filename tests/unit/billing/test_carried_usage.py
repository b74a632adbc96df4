"""A period that carries is settled without what its events cost; a later link bills it."""

from __future__ import annotations

from decimal import Decimal

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.inputs import inputs_to_json, part_from_inputs
from core.billing.snapshot import UsagePart
from core.billing.totals import totals_from_json, totals_to_json
from tests.unit.billing.sellers import EMAILS, PACKAGE, SMS, crm360, invoice, usage


def taken_along(first: InvoiceDraft, now: UsagePart) -> UsagePart:
    """The link that takes along what a period carried, rebuilt from what was stored of it."""
    (step,) = first.steps
    part = part_from_inputs(
        inputs_to_json(step.part),
        period_id=step.period_id,
        subscription_id=step.part.subscription_id,
        plans={step.part.plan.id: step.part.plan},
        products={one.id: one for one in (EMAILS, SMS)},
        tax_rates={"standard": Decimal(99)},
        usage=now.usage,
        billed=totals_from_json(totals_to_json(step.totals)),
        seq=step.seq + 1,
    )
    return part._replace(is_late=False, is_carried=True)


def test_a_period_that_carries_bills_all_but_its_events() -> None:
    """The package of 640.00 and its top-up of 360.00; 1,000 e-mails, 1.90, wait."""
    part = usage(crm360(3), (EMAILS, "1000"), gauges=PACKAGE)
    at_once = bill(invoice(part))
    draft = bill(invoice(part._replace(carries=True)))

    assert [line for line in at_once.lines if line.kind != "usage"] == list(draft.lines)
    assert [step.part.carries for step in draft.steps] == [True]
    assert all(total.key.kind != "usage" for total in draft.steps[0].totals.lines)


def test_what_was_carried_is_a_line_of_its_own_period_and_of_this_invoice() -> None:
    """1.90 with 20 % of tax, named by its days, and no correction of anything."""
    part = usage(crm360(3), (EMAILS, "1000"), gauges=PACKAGE)
    first = bill(invoice(part._replace(carries=True)))
    second = bill(invoice(taken_along(first, part)))

    (line,) = second.lines
    assert (line.kind, line.is_difference) == ("usage", False)
    assert (line.quantity, line.amount, line.tax) == (1000, Decimal("1.90"), Decimal("0.38"))
    assert line.description == "emails, 2026-01-01 to 2026-01-31"
    at_once = bill(invoice(part))
    assert set(second.steps[0].totals.lines) == set(at_once.steps[0].totals.lines)


def test_what_an_interim_invoice_billed_stays_billed() -> None:
    """1,000 of 2,500 e-mails are billed: 1.90 of three batches, 5.70; 3.80 wait."""
    before = usage(crm360(3), (EMAILS, "1000"))._replace(settles=False)
    (interim,) = bill(invoice(before)).steps
    part = usage(crm360(3), (EMAILS, "2500"))._replace(
        billed=interim.totals, seq=2, carries=True
    )
    closing = bill(invoice(part))
    assert [line.kind for line in closing.lines] == ["commitment"]

    taken = bill(invoice(taken_along(closing, part)))

    assert [line.amount for line in taken.lines] == [Decimal("3.80")]


def test_a_period_without_unbilled_events_carries_nothing() -> None:
    """Nothing was used, or all of it is billed: no later invoice needs to look at it."""
    unused = bill(invoice(usage(crm360(3), gauges=PACKAGE)._replace(carries=True)))
    before = usage(crm360(3), (EMAILS, "1000"))._replace(settles=False)
    (interim,) = bill(invoice(before)).steps
    part = usage(crm360(3), (EMAILS, "1000"))._replace(
        billed=interim.totals, seq=2, carries=True
    )
    billed = bill(invoice(part))

    assert [step.part.carries for step in unused.steps] == [False]
    assert [step.part.carries for step in billed.steps] == [False]
