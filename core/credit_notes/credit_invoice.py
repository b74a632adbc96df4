"""Correct an invoice by a credit note: all that is left of it, some lines, or an amount.

What is given back keeps the taxes of the lines that it is of. An amount is spread over all
that the lines have left, so that each tax rate has its share. Nothing is charged anew for
it: what is not used any more is given back by the verbs that change the subscription.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.contact_details import line_of_text
from core.credit_notes.balances import Amounts, BilledLine, by_amount, spread
from core.credit_notes.issuing import Note, NoteLine, issue_notes
from core.credit_notes.reading import Corrected, lock_invoices
from core.credit_notes.records import CreditNote, Scope
from core.credit_notes.refusals import (
    CreditExceedsInvoice,
    CreditScopeRefused,
    InvoiceLineUnknown,
    InvoiceNotFound,
    NotCorrectable,
    NothingToCredit,
)
from core.db import Tx
from core.kernel.decimals import exact
from core.kernel.money import checked_amount, round_money, to_minor
from core.plugin_api.values import Step

LONGEST_REASON: Final = 500
MOST_LINES: Final = 10_000
ONE: Final = Decimal(1)

Part = tuple[BilledLine, Amounts]


class LineCredit(NamedTuple):
    """A line to be given back: all that is left of it, or an amount above 0.

    The amount is as the line's own: net under an exclusive plan, gross under an inclusive
    one. Of a line that takes off, such as a discount, it is what is taken off no more.
    """

    number: int
    amount: Decimal | None = None


async def credit_invoice(
    tx: Tx,
    *,
    invoice_id: UUID,
    scope: Scope,
    reason: str,
    lines: Sequence[LineCredit] = (),
    amount: Decimal | None = None,
) -> CreditNote:
    """Give back all, some lines or an amount (with tax) of an invoice; number the note.

    Raises:
        InvoiceNotFound, NotCorrectable
        CreditScopeRefused: the input does not fit the scope.
        InvoiceLineUnknown
        CreditExceedsInvoice: more than the invoice, or the line, has left.
        NothingToCredit: nothing is left, or it comes to nothing.
    """
    told = line_of_text(reason, path=("reason",), maximum=LONGEST_REASON)
    _check_scope(scope, lines, amount)
    found = (await lock_invoices(tx, [invoice_id])).get(invoice_id)
    if found is None:
        raise InvoiceNotFound("there is no such invoice; check its id", path=("invoice",))
    if found.total <= 0:
        total = round_money(found.total, found.currency)
        raise NotCorrectable(
            f"{found.number} is of {total:f}: nobody owes anything for it",
            path=("invoice",),
        )
    with exact():
        parts = _parts(found, lines=lines, amount=amount)
        note = Note(found, scope, told, found.subscription_id, list(_lines(found, parts)))
        _check_total(note)
    (made,) = await issue_notes(tx, [note], at=found.test_clock or tx.now)
    return made


def _check_scope(scope: Scope, lines: Sequence[LineCredit], amount: Decimal | None) -> None:
    wanted = {"whole": (False, False), "lines": (True, False), "amount": (False, True)}
    if wanted.get(scope) != (bool(lines), amount is not None):
        raise CreditScopeRefused(
            "give lines for the scope of lines, an amount for that of an amount, and neither"
            " for all of the invoice",
            path=("scope",),
        )
    if len(lines) > MOST_LINES:
        raise CreditScopeRefused(f"give at most {MOST_LINES} lines", path=("lines",))


def _parts(
    invoice: Corrected, *, lines: Sequence[LineCredit], amount: Decimal | None
) -> list[Part]:
    if invoice.room <= 0:
        raise NothingToCredit(
            f"all of {invoice.number} is given back already", path=("invoice",)
        )
    if lines:
        return list(_named(invoice, lines))
    left = [line for line in invoice.lines.values() if any(line.rest)]
    if amount is None:
        return [(line, line.rest) for line in left]
    _check_amount(amount, invoice, path=("amount",))
    if amount > invoice.room:
        raise CreditExceedsInvoice(_exceeds(invoice), path=("amount",))
    given = spread(left, amount)
    return [(line, one) for line, one in zip(left, given, strict=True) if any(one)]


def _named(invoice: Corrected, lines: Iterable[LineCredit]) -> Iterator[Part]:
    named: set[int] = set()
    for place, asked in enumerate(lines):
        path = ("lines", str(place))
        line = invoice.lines.get(asked.number)
        if line is None or asked.number in named:
            raise InvoiceLineUnknown(
                f"{invoice.number} has the lines {_numbers(invoice.lines)}; name each once",
                path=(*path, "line"),
            )
        named.add(asked.number)
        yield line, _of_line(line, asked, invoice, path=(*path, "amount"))


def _of_line(
    line: BilledLine, asked: LineCredit, invoice: Corrected, *, path: tuple[str, ...]
) -> Amounts:
    if asked.amount is None:
        return line.rest
    _check_amount(asked.amount, invoice, path=path)
    rest = line.rest.amount
    if asked.amount > abs(rest):
        left = f"{round_money(abs(rest), invoice.currency):f} {invoice.currency}"
        raise CreditExceedsInvoice(
            f"line {line.number} has {left} left to give back; give at most that",
            path=path,
        )
    return by_amount(line, -asked.amount if rest < 0 else asked.amount)


def _check_amount(amount: Decimal, invoice: Corrected, *, path: tuple[str, ...]) -> None:
    if checked_amount(amount, path=path) <= 0:
        raise CreditScopeRefused("give an amount above 0", path=path)
    to_minor(amount, invoice.currency)


def _numbers(lines: Mapping[int, BilledLine]) -> str:
    return f"1 to {max(lines)}"


def _lines(invoice: Corrected, parts: Iterable[Part]) -> Iterator[NoteLine]:
    for line, amounts in parts:
        is_all = amounts == line.billed
        facts = (("invoice", invoice.number), ("line", str(line.number)))
        billed = round_money(line.billed.amount, invoice.currency)
        step = Step("credit", f"of {billed:f}", None, None, amounts.amount, facts)
        quantity, unit = (line.quantity, line.unit) if is_all else (ONE, "")
        yield NoteLine(line, amounts, quantity, unit, line.from_at, line.until_at, (step,))


def _check_total(note: Note) -> None:
    if note.total > note.corrected.room:
        raise CreditExceedsInvoice(_exceeds(note.corrected), path=("lines",))
    if note.total <= 0:
        raise NothingToCredit("these lines give nothing back; name others", path=("lines",))


def _exceeds(invoice: Corrected) -> str:
    room = f"{round_money(invoice.room, invoice.currency):f} {invoice.currency}"
    return f"{invoice.number} has {room} left to give back; give at most that"
