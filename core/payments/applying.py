"""Using money that an account has left for invoices of one's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.accounts import history
from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.accounts.update_account import AccountNotFound
from core.credit_notes.refusals import InvoiceNotFound
from core.db import Tx
from core.kernel.money import minor_digits, round_money
from core.payments.claims import note_settled
from core.payments.recording import refuse_amount
from core.payments.refusals import (
    AboveWhatIsLeft,
    CreditNotFound,
    NothingToSettle,
)
from core.payments.repository import invoices_known, open_invoices
from core.payments.settling import lock_credits, lock_debts, lock_funds, write_uses
from core.payments.spreading import NOTHING, Debt, Funds, Use, spread


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyCredit:
    """What to settle with what; None: all that is open, all that is left, as much as goes."""

    account_id: UUID
    currency: str | None = None
    credits: tuple[UUID, ...] | None = None
    invoices: tuple[UUID, ...] | None = None
    amount: Decimal | None = None


async def apply_credit(tx: Tx, command: ApplyCredit) -> list[Use]:
    """Settle invoices with money that is left, the oldest first; return what was used.

    Raises:
        AccountNotFound, CreditNotFound, InvoiceNotFound, PaymentRefused
        NothingToSettle: nothing is open, or nothing is left.
        AboveWhatIsLeft: less than the given amount could be used.
    """
    account = await accounts.account(tx, command.account_id)
    if account is None:
        raise AccountNotFound("there is no such account; check its id", path=("account",))
    currency = command.currency or account.currency
    minor_digits(currency)  # refuses what is no currency
    if command.amount is not None:
        refuse_amount(command.amount, currency, path=("amount",))
    invoices = await _invoices(tx, command, currency)
    debts = await lock_debts(tx, invoices)
    funds = [one for one in await _funds(tx, command) if one.currency == currency]
    at = account_now(tx, account)
    in_order = [debts[key] for key in invoices if key in debts]
    uses = _capped(spread_up_to(in_order, funds, amount=command.amount), command, currency)
    await write_uses(tx, uses, at=at)
    await note_settled(tx, [use.invoice_id for use in uses], at=at)
    used = sum((use.amount for use in uses), NOTHING)
    await history.append(
        tx,
        account_id=account.id,
        action="credit.applied",
        subject_type="account",
        subject_id=account.id,
        details={
            "amount": f"{round_money(used, currency):f}",
            "currency": currency,
            "invoices": [str(key) for key in dict.fromkeys(use.invoice_id for use in uses)],
        },
    )
    return uses


def spread_up_to(
    debts: Sequence[Debt], funds: Sequence[Funds], *, amount: Decimal | None
) -> list[Use]:
    """Spread money over invoices, at most `amount` of it in all."""
    if amount is None:
        return spread(debts, funds)
    left, chosen = amount, []
    for one in funds:
        one.left = min(one.left, left)
        left -= one.left
        chosen.append(one)
    return spread(debts, chosen)


def _capped(uses: list[Use], command: ApplyCredit, currency: str) -> list[Use]:
    used = sum((use.amount for use in uses), NOTHING)
    if not uses:
        raise NothingToSettle("nothing is open, or nothing is left to use", path=("account",))
    if command.amount is not None and used < command.amount:
        raise AboveWhatIsLeft(
            f"{round_money(used, currency):f} can be used at most; give less, or no amount",
            path=("amount",),
        )
    return uses


async def _invoices(tx: Tx, command: ApplyCredit, currency: str) -> list[UUID]:
    if command.invoices is None:
        return await open_invoices(tx, command.account_id, currency=currency)
    chosen = list(dict.fromkeys(command.invoices))
    known = await invoices_known(tx, command.account_id, currency=currency, among=chosen)
    for place, key in enumerate(chosen):
        if key not in known:
            told = f"the account has no such invoice in {currency}; check its id"
            raise InvoiceNotFound(told, path=("invoices", str(place)))
    return chosen


async def _funds(tx: Tx, command: ApplyCredit) -> list[Funds]:
    if command.credits is None:
        return await lock_funds(tx, [command.account_id])
    found: Mapping[UUID, Funds] = await lock_credits(tx, command.credits)
    for key in command.credits:
        if key not in found or found[key].account_id != command.account_id:
            raise CreditNotFound(
                "the account has no such credit; check its id", path=("credit",)
            )
    return [found[key] for key in dict.fromkeys(command.credits)]
