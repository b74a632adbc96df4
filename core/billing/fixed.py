"""Fixed charges: slices of items for a period, and what is charged once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.billing.draft import DraftSlice
from core.billing.lines import (
    PricedLine,
    line_order,
    missing_for,
    product_of,
    tax_rate_of,
)
from core.billing.recurring import recurring_charge
from core.billing.snapshot import FeeItem, FeesPart, JobLine, JobPart, Product
from core.billing.totals import TaxKey
from core.kernel.money import round_money
from core.plugin_api.values import Charge, Step
from core.rating.price_model import RateMissing
from core.rating.working import plain, working_json

CHARGED_ONCE: Final = frozenset({"one_time_service", "expense", "physical_good"})


class FixedCharges(NamedTuple):
    """The lines of a part and the slices to record, with the products they are of."""

    products: Mapping[UUID, Product]
    lines: list[PricedLine]
    slices: list[DraftSlice]


def job_lines(part: JobPart, currency: str) -> list[PricedLine]:
    """Charge every line of a completed job, whole and once."""
    return [_job_line(part, line, currency) for line in part.lines]


def _job_line(part: JobPart, line: JobLine, currency: str) -> PricedLine:
    product = product_of(part, line.product_id)
    try:
        rate = (line.plan or part.plan).rate_of(line.product_id)
        charge = rate.price(line.quantity)
    except RateMissing as refusal:
        raise missing_for(product, refusal) from None
    tax_rate = tax_rate_of(part, product.tax_class)
    at = part.completed_at
    identity = (line.id.int, 0)
    return PricedLine(
        order=line_order(
            False,  # noqa: FBT003 - is_difference
            "one_off",
            product.code,
            part.job_id,
            ("", "", 0),
            at,
            identity,
        ),
        group=0,
        tax_key=TaxKey(part.plan.tax_mode, tax_rate),
        given_tax=None,
        kind="one_off",
        subscription_id=None,
        job_id=part.job_id,
        product_id=line.product_id,
        plan_version_id=rate.plan_version_id,
        period_id=None,
        is_difference=False,
        description=product.name,
        quantity=line.quantity,
        unit=product.unit_label,
        dimension="",
        from_at=at,
        until_at=at,
        working=working_json(charge.steps),
        tax_class=product.tax_class,
        tax_rate=tax_rate,
        amount=round_money(charge.amount, currency),
    )


def fixed_charges(part: FeesPart, currency: str) -> FixedCharges:
    """Charge every item of a part."""
    charges = FixedCharges(part.products, [], [])
    for item in part.items:
        line, billed = _charged(part, item, currency)
        charges.lines.append(line)
        charges.slices.append(billed)
    return charges


def _charged(part: FeesPart, item: FeeItem, currency: str) -> tuple[PricedLine, DraftSlice]:
    product = product_of(part, item.product_id)
    kind: Literal["fee", "one_off"] = "one_off" if product.kind in CHARGED_ONCE else "fee"
    charge, version_id = _charge(part, item, product)
    amount = round_money(charge.amount, currency)
    tax_rate = tax_rate_of(part, product.tax_class)
    start, end = item.slice.start, item.slice.end
    line = PricedLine(
        line_order(
            False,  # noqa: FBT003
            kind,
            product.code,
            part.subscription_id,
            ("", "", 0),
            start,
            (item.item_id.int, item.revision),
        ),
        0,
        TaxKey(part.plan.tax_mode, tax_rate),
        None,  # given_tax
        kind,
        part.subscription_id,
        None,  # job_id
        item.product_id,
        version_id,
        part.period_id,
        False,  # noqa: FBT003 - is_difference; positional, because this runs for every line
        product.name,
        item.quantity - item.over,
        product.unit_label,
        "",
        start,
        end,
        working_json(charge.steps),
        product.tax_class,
        tax_rate,
        amount,
    )
    units = item.quantity - item.over
    billed = DraftSlice(
        item.item_id, item.revision, kind, item.slice, part.subscription_id, part.period_id,
        version_id, item.product_id, units, amount, item.layer,
    )  # fmt: skip
    return line, billed


def _charge(part: FeesPart, item: FeeItem, product: Product) -> tuple[Charge, UUID]:
    """Return the charge of an item, and the plan version that priced it."""
    try:
        charge, version_id = _price(part, item, product, item.quantity)
        if item.over:
            paid, _version_id = _price(part, item, product, item.over)
            charge = _above(charge, paid, units=item.over)
    except RateMissing as refusal:
        raise missing_for(product, refusal) from None
    return charge, version_id


def _price(
    part: FeesPart, item: FeeItem, product: Product, quantity: Decimal
) -> tuple[Charge, UUID]:
    plan = item.plan or part.plan
    if product.kind in CHARGED_ONCE:
        once = plan.rate_of(item.product_id)
        return once.price(quantity), once.plan_version_id
    frequency = part.terms.frequency
    rated = plan.fee_rate(item.product_id, frequency)
    charge = recurring_charge(
        part,
        rated=rated,
        frequency=frequency,
        quantity=quantity,
        slice=item.slice,
        life=item.life,
        spans=part.spans,
    )
    return charge, rated[0].plan_version_id


def _above(charge: Charge, paid: Charge, *, units: Decimal) -> Charge:
    """Return what more units cost: 5 for 33.33 less 3 for 20.00; never below nothing.

    Where more units are cheaper than fewer, what was paid for the fewer covers them.
    """
    taken_off = min(paid.amount, charge.amount)
    facts = (("units", plain(units)), ("price", plain(paid.amount)))
    step = Step("paid", f"less {plain(units)} that are paid", units, None, -taken_off, facts)
    return Charge(charge.amount - taken_off, (*charge.steps, step))
