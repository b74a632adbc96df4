"""The order of work: a snapshot in, the draft of its invoice out.

Fixed charges, one-offs and jobs, usage, gauges, consumption, the commitment, discounts, tax,
the total.
Close, preview and late re-rating all come here, and nothing else computes an invoice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from typing import Final

from core.billing.carried import without_events
from core.billing.commitment import commitment_line, overlapping_fees
from core.billing.consumption import consumption_lines
from core.billing.differences import Link, link_of
from core.billing.discounts import discounted, has_discounts
from core.billing.draft import (
    NOT_REDUCED,
    AppliedDiscount,
    DraftSlice,
    DraftStep,
    InvoiceDraft,
)
from core.billing.engine_rates import with_texts
from core.billing.fixed import FixedCharges, fixed_charges, job_lines
from core.billing.gauges import gauge_lines
from core.billing.lines import (
    MAX_LINES,
    REDUCING,
    CumulativeLine,
    ImplausibleInvoice,
    PricedLine,
)
from core.billing.snapshot import Part, Snapshot, UsagePart
from core.billing.tax import Taxed, taxed
from core.billing.totals import TaxCarry, TaxKey, Totals, added
from core.billing.usage import usage_lines
from core.kernel.decimals import exact
from core.kernel.money import MAX_AMOUNT, CurrencyMismatch

WITH_THE_INVOICE = 0
"""The tax group of everything but late periods."""

MIN_AMOUNT = -MAX_AMOUNT

FIXED: Final = frozenset({"fee", "one_off"})
FROM: Final = 5
"""Where a line's order tells its beginning and its item, as `line_order` writes them."""

_in_order = attrgetter("order")


def bill(snapshot: Snapshot) -> InvoiceDraft:
    """Compute one invoice. A refusal means that it cannot be billed as things stand."""
    with exact():
        return _billed(snapshot)


def bill_all(snapshots: Iterable[Snapshot]) -> list[InvoiceDraft]:
    """Compute many invoices; the first refusal ends it (then `bill` them one by one)."""
    with exact():
        return [_billed(snapshot) for snapshot in snapshots]


def _billed(snapshot: Snapshot) -> InvoiceDraft:
    _refuse_other_currencies(snapshot)
    fixed = [fixed_charges(part, snapshot.currency) for part in snapshot.fees]
    jobs = _job_lines(snapshot) if snapshot.jobs else []
    charged = [
        _usage_charges(part, fixed, snapshot) for part in _in_period_order(snapshot.usage)
    ]
    lines = [line for charges in fixed for line in charges.lines]
    lines += jobs
    applied: tuple[AppliedDiscount, ...] = ()
    if has_discounts(snapshot):
        reduced = discounted(snapshot, fixed, jobs, charged)
        lines, charged, applied = lines + reduced.lines, reduced.charged, (*reduced.applied,)
    links = [
        link_of(part, own, group=index if part.is_late else WITH_THE_INVOICE)
        for index, (part, own) in enumerate(charged, 1)
    ]
    lines += [line for link in links for line in link.lines]
    lines.sort(key=_in_order)
    _refuse_doubles(lines)
    invoice = taxed(lines, links, snapshot.currency)
    _refuse_implausible(lines, invoice)
    return InvoiceDraft(
        snapshot.currency,
        snapshot.tax_mode,
        invoice.lines,
        with_texts(
            invoice.taxes, invoice.lines, (*snapshot.fees, *snapshot.usage, *snapshot.jobs)
        ),
        invoice.net,
        invoice.tax,
        invoice.total,
        _slices(fixed, lines),
        tuple(_step(link, invoice) for link in links),
        applied,
    )


def _refuse_other_currencies(snapshot: Snapshot) -> None:
    parts: tuple[Part, ...] = (*snapshot.fees, *snapshot.usage, *snapshot.jobs)
    for part in parts:
        if part.plan.currency != snapshot.currency:
            raise CurrencyMismatch(
                f"price plan {part.plan.source.code} is in {part.plan.currency}, the invoice"
                f" in {snapshot.currency}; bill each currency by itself"
            )


def _in_period_order(parts: tuple[UsagePart, ...]) -> Iterable[UsagePart]:
    return parts if len(parts) == 1 else sorted(parts, key=lambda part: part.period_id.int)


def _job_lines(snapshot: Snapshot) -> list[PricedLine]:
    return [line for job in snapshot.jobs for line in job_lines(job, snapshot.currency)]


def _usage_charges(
    part: UsagePart, fixed: list[FixedCharges], snapshot: Snapshot
) -> tuple[UsagePart, list[CumulativeLine]]:
    """Price everything known of a period; the part knows the fees of its own invoice."""
    charged = usage_lines(part, snapshot.currency)
    if part.settles:
        charged += gauge_lines(part, snapshot.currency)
        charged += consumption_lines(part, snapshot.currency)
        if part.plan.commitment is not None:
            part = _with_own_fees(part, fixed)
            shortfall = commitment_line(part, charged, snapshot.currency)
            if shortfall is not None:
                charged.append(shortfall)
    return without_events(part, charged) if part.carries else (part, charged)


def _with_own_fees(part: UsagePart, fixed: list[FixedCharges]) -> UsagePart:
    """Add what this very invoice charges for a period; one settled before keeps its inputs."""
    if part.is_late or part.is_carried or not fixed:
        return part
    own = overlapping_fees(part, fixed)
    if not own:
        return part
    products = dict(part.products)
    for charges in fixed:
        products = {**charges.products, **products}
    return part._replace(fees=part.fees + own, products=products)


def _slices(fixed: list[FixedCharges], lines: list[PricedLine]) -> tuple[DraftSlice, ...]:
    """Return the slices to record, with their lines and what discounts took off them."""
    slices = [billed for charges in fixed for billed in charges.slices]
    if not slices:
        return ()
    slices.sort(key=lambda billed: (billed.item_id.int, billed.revision, billed.slice.start))
    places: dict[tuple[object, ...], int] = {}
    cuts: dict[tuple[object, ...], list[tuple[int, Decimal]]] = {}
    for number, line in enumerate(lines, 1):
        kind = line.kind
        if kind in FIXED:
            places[line.order[FROM:]] = number
        elif kind == "discount":
            cuts.setdefault(line.order[FROM:], []).append((number, -line.amount))
    return tuple([_placed(billed, places, cuts) for billed in slices])


def _placed(
    billed: DraftSlice,
    places: Mapping[tuple[object, ...], int],
    cuts: Mapping[tuple[object, ...], list[tuple[int, Decimal]]],
) -> DraftSlice:
    key = (billed.slice.start, (billed.item_id.int, billed.revision))
    found = cuts.get(key)
    if found is None:
        return billed._replace(line_number=places[key])
    return billed._replace(
        line_number=places[key],
        reduced=sum([amount for _number, amount in found], NOT_REDUCED),
        reduced_by=tuple([number for number, _amount in found]),
    )


def _refuse_doubles(lines: list[PricedLine]) -> None:
    """Raise on rows that were not summed, or a slice given twice: a bug in the caller."""
    for line, following in pairwise(lines):
        if line.order == following.order:
            raise ValueError(f"{line.description!r} is in the snapshot twice")


def _refuse_implausible(lines: list[PricedLine], invoice: Taxed) -> None:
    if len(lines) > MAX_LINES:
        raise ImplausibleInvoice(f"{len(lines)} lines are more than the {MAX_LINES} allowed")
    if not MIN_AMOUNT < invoice.total < MAX_AMOUNT:
        raise ImplausibleInvoice(f"a total of {invoice.total:.6E} is no sound invoice")
    for priced in lines:
        if not MIN_AMOUNT < priced.amount < MAX_AMOUNT:
            raise ImplausibleInvoice(
                f"{priced.description!r} is no sound charge of {priced.amount:.6E}"
            )
        if priced.amount < 0 and not (priced.is_difference or priced.kind in REDUCING):
            raise ImplausibleInvoice(
                f"{priced.description!r} is negative without correcting anything"
            )


def _step(link: Link, invoice: Taxed) -> DraftStep:
    part = link.part
    taxes: dict[TaxKey, TaxCarry] = {
        key: carry for (group, key), carry in invoice.carries.items() if group == link.group
    }
    if part.billed.taxes and not part.is_late:
        taxes = added(part.billed.taxes, taxes)
    return DraftStep(part.period_id, part.seq, part, Totals(link.totals, taxes))
