"""Jobs on invoices: charged once, with their own plan, beside subscriptions or alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.billing.bill import bill
from core.billing.lines import TaxRateMissing
from core.billing.snapshot import JobLine, JobPart, Product, Snapshot
from core.kernel.money import CurrencyMismatch
from core.rating.compile import CompiledPlan
from core.rating.price_model import RateMissing
from tests.unit.billing.sellers import (
    ACCOUNT,
    SUBSCRIPTION,
    TWENTY,
    fees,
    invoice,
    plan,
    product,
)
from tests.unit.rating.rates import GOODS, LABOUR, rate

INSTALLATION = product(90, "installation", "one_time_service")
DECODER = product(91, "decoder", "physical_good", "reduced")
CALL_OUT = product(92, "call-out", "expense")
CHANNEL = product(93, "channel", "termed_service")
COMPLETED = datetime(2015, 3, 20, 15, 0, tzinfo=UTC)
JOB = UUID(int=700)
FIELD_WORK = plan(
    (INSTALLATION, rate("tiered", *LABOUR, driver="duration")),
    (DECODER, rate("tiered", *GOODS)),
    (CALL_OUT, rate("flat", driver=None, base="12.50")),
)


def job(*lines: tuple[Product, str], of: CompiledPlan = FIELD_WORK, number: int = 0) -> JobPart:
    """A completed job of lines as (product, quantity)."""
    return JobPart(
        UUID(int=JOB.int + number),
        COMPLETED,
        "Europe/Athens",
        of,
        {one.id: one for one, _quantity in lines},
        TWENTY,
        tuple(
            JobLine(UUID(int=800 + 10 * number + index), one.id, Decimal(quantity))
            for index, (one, quantity) in enumerate(lines)
        ),
    )


def job_invoice(*jobs: JobPart) -> Snapshot:
    """An invoice of jobs alone."""
    return Snapshot(ACCOUNT, None, "EUR", "exclusive", jobs=jobs)


def test_five_hours_of_installation_cost_eighty() -> None:
    """1 x 20 + 4 x 15 = 80; 20 % are 16, together 96."""
    draft = bill(job_invoice(job((INSTALLATION, "5"))))
    (line,) = draft.lines
    assert (line.kind, line.amount, line.tax) == ("one_off", Decimal(80), Decimal(16))
    assert (line.job_id, line.subscription_id, line.period_id) == (JOB, None, None)
    assert (line.from_at, line.until_at) == (COMPLETED, COMPLETED)
    assert line.plan_version_id == FIELD_WORK.id
    assert [step["amount"] for step in json.loads(line.working)] == ["20", "60"]
    assert (draft.total, draft.slices, draft.steps) == (Decimal(96), (), ())


def test_hours_goods_and_expenses_stand_in_order_with_their_taxes() -> None:
    """80 + 27 (three decoders, 10 + 9 + 8) + 12.50; 92.50 at 20 % and 27 at 5.5 %."""
    lines = ((INSTALLATION, "5"), (DECODER, "3"), (CALL_OUT, "1"))
    draft = bill(job_invoice(job(*lines)))
    assert [(line.description, line.amount) for line in draft.lines] == [
        ("call-out", Decimal("12.50")),
        ("decoder", Decimal(27)),
        ("installation", Decimal(80)),
    ]
    # 92.50 x 20 % = 18.50; 27 x 5.5 % = 1.485
    assert [(row.rate, row.tax) for row in draft.taxes] == [
        (Decimal("5.5"), Decimal("1.49")),
        (Decimal(20), Decimal("18.50")),
    ]
    assert draft == bill(job_invoice(job(*lines[::-1])))._replace(lines=draft.lines)


def test_jobs_may_stand_on_the_invoice_of_a_subscription() -> None:
    """A month at 25 and two jobs at 80 and 20: 125."""
    monthly = plan((CHANNEL, rate("flat", base="25", per_months=1)), number=2)
    month = invoice(fees(monthly, (CHANNEL, "1")))
    jobs = (job((INSTALLATION, "5")), job((INSTALLATION, "1"), number=1))
    draft = bill(month._replace(jobs=jobs))
    assert [(line.kind, line.subscription_id, line.amount) for line in draft.lines] == [
        ("fee", SUBSCRIPTION, Decimal(25)),
        ("one_off", None, Decimal(80)),
        ("one_off", None, Decimal(20)),
    ]
    assert draft == bill(month._replace(jobs=jobs[::-1]))


def test_a_job_is_refused_like_anything_else() -> None:
    """No rate, no tax rate, another currency."""
    with pytest.raises(RateMissing, match="channel: price plan plan version 1 has no rate"):
        bill(job_invoice(job((CHANNEL, "1"))))
    with pytest.raises(TaxRateMissing):
        bill(job_invoice(job((INSTALLATION, "1"))._replace(tax_rates={})))
    dollars = plan((INSTALLATION, rate("flat", base="1")), currency="USD")
    with pytest.raises(CurrencyMismatch):
        bill(job_invoice(job((INSTALLATION, "1"), of=dollars)))
