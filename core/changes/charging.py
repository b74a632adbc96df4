"""Charge at once what a change makes owed, on an amendment invoice.

What is owed is what holds, less what is charged and not given back: the very question that a
closing asks. A change that is not charged here is charged by the next closing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from core.billing_cycles.close import Closed, bill_rows
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import read_rows
from core.billing_cycles.rows import ClosingRows
from core.billing_cycles.snapshots import own_invoices
from core.billing_cycles.storing import settle_and_announce
from core.credit_notes.records import CreditNote
from core.db import Tx
from core.discounts.storing import DiscountTaken
from core.entitlements.contacts import release_held
from core.fault_points import reached
from core.invoices.finalise import number_stored
from core.invoices.numbering import SeriesMovedOn
from core.kernel.errors import Refusal
from core.kernel.money import round_money
from core.payments.booking import book_credit_notes, open_amounts
from core.periods.rows import StoredPeriod
from core.subscriptions.standing import Standing

NOTHING: Final = Decimal(0)

# Fees by `$3`: periods that hold it, and those before it that no closing has taken yet.
_FEES: Final = f"""
SELECT {", ".join(StoredPeriod._fields)} FROM billing_period
WHERE tenant_id = $1 AND subscription_id = $2 AND stream = 'fees' AND starts_at <= $3
  AND (ends_at > $3 OR state IN ('open', 'parked'))
ORDER BY starts_at
"""  # noqa: S608 - our columns
_FROZEN: Final = """
SELECT EXISTS (SELECT FROM billing_period
    WHERE tenant_id = $1 AND subscription_id = $2 AND state = 'frozen')
"""
_OWNER: Final = """
SELECT account_id, currency FROM subscription WHERE tenant_id = $1 AND id = $2
"""


class BillingInProgress(Refusal):
    """A closing bills the subscription at this moment; try again when it has."""

    code: ClassVar[str] = "BILLING_IN_PROGRESS"


class CannotBeBilled(Refusal):
    """What is to be paid at once cannot be priced, or not be paid; nothing was changed."""

    code: ClassVar[str] = "CANNOT_BE_BILLED"


class Outcome(NamedTuple):
    """What a change charged and gave back.

    `due_today` is what is left to pay of its invoices, credit taken off; credit that is
    left over stays with the account.
    """

    invoice_ids: tuple[UUID, ...]
    credit_note_ids: tuple[UUID, ...]
    due_today: Decimal
    currency: str


async def refuse_while_billed(tx: Tx, subscription_id: UUID) -> None:
    """Refuse a change while a closing has the subscription at hand.

    Call it with the subscription locked and the freeze lock shared: then none begins either.

    Raises:
        BillingInProgress: it reads items and charges that the change would alter.
    """
    if await tx.fetchval(_FROZEN, tx.tenant_id, subscription_id):
        raise BillingInProgress("the subscription is being billed; try again in a moment")


async def charge_now(
    tx: Tx, subscription_id: UUID, *, pricing: Pricing, at: datetime
) -> list[UUID]:
    """Bill every fee that is owed by `at` and not charged; return the invoices, 0 or 1.

    `at` is the account's time; the caller holds the subscription's lock, and has changed its
    items and phases already. Under terms that bill in arrears nothing is owed ahead. While a
    fees period waits parked nothing is billed: its closing charges this too. Periods keep
    their state: a closing finds them charged. Numbers are given, so commit right afterwards.

    Raises:
        BillingInProgress: a closing has the subscription at hand.
        CannotBeBilled: it cannot be priced, or its wallet has too little.
    """
    reached("credits_given")
    await refuse_while_billed(tx, subscription_id)
    periods = await _fees_by(tx, subscription_id, at=at)
    if not periods or any(period.state == "parked" for period in periods):
        return []
    rows = await read_rows(tx, [one._replace(due_at=at) for one in periods], pricing=pricing)
    if not _is_charged_ahead(rows, subscription_id, at=at):
        return []
    closed = Closed()
    try:
        faults = await bill_rows(
            tx, rows, run_id=None, pricing=pricing, gather=own_invoices, closed=closed
        )
        for fault in faults.values():
            raise _told(fault) from fault
        await settle_and_announce(tx, closed.invoices)
        reached("before_numbers")
        await number_stored(tx, closed.invoices)
    except (DiscountTaken, SeriesMovedOn) as passing:
        raise BillingInProgress("another invoice was quicker; try again") from passing
    return [invoice.id for invoice in closed.invoices]


async def charge_more(tx: Tx, current: Standing, *, pricing: Pricing) -> list[UUID]:
    """Bill at once what more of something makes due, where the terms say so (`more`).

    Under others the next closing bills it. Refused as `charge_now` is.
    """
    if current.terms.more != "at_once":
        return []
    return await charge_now(tx, current.id, pricing=pricing, at=current.now)


async def settle(
    tx: Tx,
    *,
    subscription_id: UUID,
    notes: Sequence[CreditNote] = (),
    invoice_ids: Sequence[UUID] = (),
    at: datetime,
) -> Outcome:
    """Let a change's credit notes settle what is owed, and tell what is left to pay today.

    First what they correct, then the change's own invoices; the rest is the account's. Every
    change ends here, so contacts that waited for room are let in here too.
    """
    owner = await tx.fetchrow(_OWNER, tx.tenant_id, subscription_id)
    assert owner is not None  # the caller holds its lock
    await release_held(tx, owner["account_id"])
    await book_credit_notes(tx, notes, towards=invoice_ids, at=at)
    reached("credits_booked")
    opened = await open_amounts(tx, invoice_ids) if invoice_ids else {}
    due = sum((max(amount, NOTHING) for amount in opened.values()), NOTHING)
    return Outcome(
        tuple(invoice_ids),
        tuple(note.id for note in notes),
        round_money(due, owner["currency"]),
        owner["currency"],
    )


async def _fees_by(tx: Tx, subscription_id: UUID, *, at: datetime) -> list[StoredPeriod]:
    rows = await tx.fetch(_FEES, tx.tenant_id, subscription_id, at)
    return [StoredPeriod._make(row) for row in rows]


def _is_charged_ahead(rows: ClosingRows, subscription_id: UUID, *, at: datetime) -> bool:
    """Tell whether the terms that hold now bill fees in advance."""
    return any(
        rows.terms[phase.terms_version_id].fixed_charges == "advance"
        for phase in rows.phases.get(subscription_id, ())
        if phase.from_at <= at and (phase.until_at is None or at < phase.until_at)
    )


def _told(fault: Exception) -> CannotBeBilled:
    """Say why; what no rule foresaw is a bug, and is told as one."""
    if not isinstance(fault, Refusal):
        raise fault
    return CannotBeBilled(f"it cannot be billed: {fault.message} ({fault.code})")
