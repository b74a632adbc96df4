"""Give back what of a subscription's fees is not used: units, days, or both.

What is given back is what was charged for them, discounts taken off and with its tax, never
today's price. Each invoice that charged it is corrected by one credit note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from core.credit_notes.balances import BilledLine, by_amount, by_gross
from core.credit_notes.issuing import Note, NoteLine, issue_notes
from core.credit_notes.reading import Corrected, lock_invoices
from core.credit_notes.records import CreditNote
from core.credit_notes.slices import charged_slices, key_of, read_given
from core.credit_notes.taking import Slice, Take, Unused, takes
from core.db import Tx
from core.discounts.returned_time import ReturnedTime, return_free_time
from core.kernel.decimals import exact
from core.kernel.ids import new_id
from core.kernel.money import minor_digits, to_minor
from core.kernel.ratios import rounded_share
from core.plugin_api.values import Step
from core.rating.working import plain

__all__ = ["Unused", "give_back"]

ONE: Final = Decimal(1)
NOTHING: Final = Decimal(0)

_CREDIT_COLUMNS: Final = (
    "tenant_id", "id", "subscription_id", "item_id", "revision", "kind", "slice_from", "layer",
    "from_at", "until_at", "quantity", "worth", "amount", "credit_note_id", "created_at",
)  # fmt: skip


@dataclass(slots=True)
class _Credit:
    """A take with what it gives back: `worth` before discounts, and the lines of its note."""

    take: Take
    worth: Decimal
    lines: list[NoteLine]
    note_id: UUID | None = None

    @property
    def amount(self) -> Decimal:
        if self.note_id is None:
            return NOTHING
        return max(NOTHING, sum((line.amounts.amount for line in self.lines), NOTHING))


async def give_back(
    tx: Tx, *, subscription_id: UUID, unused: Sequence[Unused], reason: str, at: datetime
) -> list[CreditNote]:
    """Give back what was charged for units and days that are not used.

    The caller has locked the subscription. The highest layers are given back first, never
    more than is charged and not given back, nor more than the invoice has left. One credit
    note per corrected invoice, numbered here: number invoices of the same change afterwards.
    `at` is the account's time. No note where nothing was paid for: the time is given back
    all the same.
    """
    if not unused:
        return []
    since = min(one.from_at for one in unused)
    items = {one.item_id for one in unused}
    slices = await charged_slices(tx, subscription_id, items, since=since)
    if not slices:
        return []
    invoices = await lock_invoices(tx, {one.invoice_id for one in slices})
    await read_given(tx, subscription_id, slices)
    unused_before = [one.share_unused() for one in slices]
    with exact():
        given_back = _credits(slices, unused, invoices)
        notes = _notes(given_back, invoices, subscription_id=subscription_id, reason=reason)
    made = await issue_notes(tx, notes, at=at)
    await _store_credits(tx, subscription_id, given_back)
    await return_free_time(tx, [*_free_again(slices, unused_before)])
    return made


def _free_again(slices: Iterable[Slice], before: Iterable[Fraction]) -> Iterator[ReturnedTime]:
    """Yield shares of slices that nobody uses any more; fewer units use all of their time."""
    for own, already in zip(slices, before, strict=True):
        share = own.share_unused() - already
        if own.reduced_by and share > 0:
            yield ReturnedTime(own.invoice_id, own.item_id, own.reduced_by, share)


def _credits(
    slices: Sequence[Slice], unused: Iterable[Unused], invoices: Mapping[UUID, Corrected]
) -> list[_Credit]:
    """Give back each unused time, one after the other."""
    found: list[_Credit] = []
    for one in unused:
        before = {key_of(each): each.share_given() for each in slices}
        found += [
            _credit(take, invoices[take.slice.invoice_id], before=before)
            for take in takes(slices, one)
        ]
    return found


def _credit(
    take: Take, invoice: Corrected, *, before: dict[tuple[Any, ...], Fraction]
) -> _Credit:
    """Compute what a take gives back of its line and of the discounts on it."""
    own = take.slice
    key = key_of(own)
    share = own.share_of(take.given.period)
    first = before[key]
    last = first + Fraction(*share) * Fraction(take.given.quantity) / Fraction(own.quantity)
    before[key] = last
    lines: list[NoteLine] = []
    for number in (own.line, *own.reduced_by):
        line = invoice.lines[number]
        amount = _within(line, _part(line, first=first, last=last))
        given = by_amount(line, amount)
        if given.amount or given.tax:
            steps = _steps(line, take, invoice, amount=given.amount)
            counted = (take.given.quantity, line.unit) if number == own.line else (ONE, "")
            period = take.given.period
            lines.append(NoteLine(line, given, *counted, period.start, period.end, steps))
            invoice.lines[number] = line.less(given)
    worth = _part(invoice.lines[own.line], first=first, last=last)
    return _Credit(take, worth, lines)


def _part(line: BilledLine, *, first: Fraction, last: Fraction) -> Decimal:
    """Return the amount of a line between two shares of it; all parts sum to the line."""
    minor = to_minor(line.billed.amount, line.currency)
    upto = [
        rounded_share(minor, numerator=one.numerator, denominator=one.denominator)
        for one in (first, last)
    ]
    return Decimal(upto[1] - upto[0]).scaleb(-minor_digits(line.currency))


def _within(line: BilledLine, amount: Decimal) -> Decimal:
    """Return no more than the line has left."""
    rest = line.rest.amount
    return max(amount, rest) if line.billed.amount < 0 else min(amount, rest)


def _steps(
    line: BilledLine, take: Take, invoice: Corrected, *, amount: Decimal
) -> tuple[Step, ...]:
    own, given = take.slice, take.given
    share = own.share_of(given.period)
    facts = (
        ("invoice", invoice.number), ("line", str(line.number)),
        ("numerator", str(share.numerator)), ("denominator", str(share.denominator)),
    )  # fmt: skip
    charged = Step("charged", "charged", None, None, line.billed.amount)
    units = f"{plain(given.quantity)} of {plain(own.quantity)} units"
    told = f"{share.numerator} of {share.denominator}"
    counted = "days" if own.policy == "day" else "seconds"
    label = units if share == (1, 1) else f"{units}, {told} {counted}"
    return (charged, Step("unused", label, given.quantity, None, amount, facts))


def _notes(
    given_back: Sequence[_Credit],
    invoices: Mapping[UUID, Corrected],
    *,
    subscription_id: UUID,
    reason: str,
) -> list[Note]:
    """Gather one note per invoice, of no more than it has left; none of nothing."""
    by_invoice: dict[UUID, list[_Credit]] = defaultdict(list)
    for credit in given_back:
        if credit.lines:
            by_invoice[credit.take.slice.invoice_id].append(credit)
    notes: list[Note] = []
    for invoice_id in sorted(by_invoice, key=lambda one: one.int):
        invoice = invoices[invoice_id]
        own = by_invoice[invoice_id]
        _fit(own, invoice.room)
        lines = [line for credit in own for line in credit.lines]
        note = Note(invoice, "unused", reason, subscription_id, lines)
        if note.total > 0:
            notes.append(note)
            for credit in own:
                credit.note_id = note.id
    return notes


def _fit(given_back: Sequence[_Credit], room: Decimal) -> None:
    """Give back no more than an invoice has left; what is beyond it is cut off the last lines.

    An invoice may charge less than its fees: late corrections, or credits by staff.
    """
    total = sum((line.amounts.gross for one in given_back for line in one.lines), NOTHING)
    beyond = total - room
    for credit in reversed(given_back):
        kept: list[NoteLine] = []
        for given in reversed(credit.lines):
            gross = given.amounts.gross
            less = min(max(beyond, NOTHING), max(gross, NOTHING))
            beyond -= less
            if less < gross or gross < 0:
                kept.append(
                    given._replace(amounts=by_gross(given.line, gross - less))
                    if less
                    else given
                )
        credit.lines = kept[::-1]


async def _store_credits(
    tx: Tx, subscription_id: UUID, given_back: Collection[_Credit]
) -> None:
    rows: list[tuple[Any, ...]] = [
        (
            tx.tenant_id, new_id(), subscription_id, *key_of(credit.take.slice),
            credit.take.given.period.start, credit.take.given.period.end,
            credit.take.given.quantity, credit.worth, credit.amount, credit.note_id, tx.now,
        )
        for credit in given_back
    ]  # fmt: skip
    if rows:
        await tx.copy_into("fee_credit", _CREDIT_COLUMNS, rows)
