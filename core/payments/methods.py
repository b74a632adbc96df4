"""Means of payment of an account: adding, choosing the default, removing.

The first method of an account becomes its default. A gateway that collects has cards and
direct debits, one that does not has transfers and the like: so a method's kind says whether
money is fetched by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, get_args
from uuid import UUID

from core.accounts import history
from core.accounts import repository as accounts
from core.accounts.records import Account
from core.accounts.update_account import AccountNotFound
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.ids import new_id
from core.payments.asking import Gateways
from core.payments.gateways import SIMULATED
from core.payments.records import COLLECTED_KINDS, Method, MethodKind
from core.payments.refusals import GatewayRefused, PaymentMethodNotFound
from core.payments.repository import method_by_id
from core.payments.tables import PaymentMethodRow
from core.rows import add_row, values_of

_LOCK_ACCOUNT: Final = """
SELECT id FROM account WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE
"""
_HAS_DEFAULT: Final = """
SELECT EXISTS (SELECT FROM payment_method
    WHERE tenant_id = $1 AND account_id = $2 AND is_default)
"""
_NO_DEFAULT: Final = """
UPDATE payment_method SET is_default = false
WHERE tenant_id = $1 AND account_id = $2 AND is_default
"""
_DEFAULT: Final = """
UPDATE payment_method SET is_default = true
WHERE tenant_id = $1 AND id = $2 AND state = 'active' RETURNING id
"""
_REMOVE: Final = """
UPDATE payment_method SET state = 'removed', is_default = false
WHERE tenant_id = $1 AND id = $2 AND state = 'active' RETURNING id
"""
_CANCEL: Final = """
UPDATE collection SET state = 'cancelled', settled_at = $3,
    reason = 'the payment method was removed'
WHERE tenant_id = $1 AND method_id = $2 AND state = 'waiting'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMethod:
    """A means of payment; `token` is the provider's name for it, never a card number."""

    account_id: UUID
    gateway: str
    kind: MethodKind
    token: str
    label: str
    expires_on: date | None = None
    is_default: bool = False


async def add_method(
    tx: Tx, command: AddMethod, *, gateways: Gateways, allows_simulated: bool = False
) -> Method:
    """Add a means of payment to an account; its first one is its default.

    `allows_simulated`: also in real time may a gateway be used that moves no money.

    Raises:
        AccountNotFound, GatewayRefused, InvalidText
    """
    account = await _locked(tx, command.account_id)
    _refuse_gateway(command, account, gateways, allows_simulated=allows_simulated)
    has_default = await tx.fetchval(_HAS_DEFAULT, tx.tenant_id, account.id)
    method = Method(
        id=new_id(),
        account_id=account.id,
        gateway=command.gateway,
        kind=command.kind,
        token=line_of_text(command.token, path=("token",)),
        label=line_of_text(command.label, path=("label",)),
        expires_on=command.expires_on,
        is_default=command.is_default or not has_default,
        state="active",
        created_at=tx.now,
    )
    if method.is_default:
        await tx.execute(_NO_DEFAULT, tx.tenant_id, account.id)
    await add_row(tx, PaymentMethodRow, tenant_id=tx.tenant_id, **values_of(method))
    await _trace(tx, method, "payment_method.added")
    return method


async def set_default_method(tx: Tx, method_id: UUID) -> Method:
    """Let an account pay by this method from now on; what is under way stays as it is.

    Raises:
        PaymentMethodNotFound
    """
    method = await _active(tx, method_id)
    await _locked(tx, method.account_id)
    await tx.execute(_NO_DEFAULT, tx.tenant_id, method.account_id)
    if not await tx.fetch(_DEFAULT, tx.tenant_id, method.id):
        raise _removed()
    await _trace(tx, method, "payment_method.made_default")
    return replace(method, is_default=True)


async def remove_method(tx: Tx, method_id: UUID) -> Method:
    """Remove a means of payment; what it was to collect is collected by nobody.

    An attempt that its gateway was asked for already goes on.

    Raises:
        PaymentMethodNotFound
    """
    method = await _active(tx, method_id)
    await _locked(tx, method.account_id)
    if not await tx.fetch(_REMOVE, tx.tenant_id, method.id):
        raise _removed()
    await tx.execute(_CANCEL, tx.tenant_id, method.id, tx.now)
    await _trace(tx, method, "payment_method.removed")
    return replace(method, state="removed", is_default=False)


async def _locked(tx: Tx, account_id: UUID) -> Account:
    """Lock the account: an account has one default, whoever chooses at the same time."""
    await tx.execute(_LOCK_ACCOUNT, tx.tenant_id, account_id)
    account = await accounts.account(tx, account_id)
    if account is None:
        raise AccountNotFound("there is no such account; check its id", path=("account",))
    return account


def _refuse_gateway(
    command: AddMethod, account: Account, gateways: Gateways, *, allows_simulated: bool
) -> None:
    gateway = gateways.get(command.gateway)
    if gateway is None:
        known = ", ".join(sorted(gateways))
        raise GatewayRefused(f"there is no such gateway; choose of {known}", path=("gateway",))
    is_simulated = command.gateway in SIMULATED
    is_test = account.test_clock is not None
    if is_test and gateway.collects and not is_simulated:
        raise GatewayRefused(
            "the account lives by a test clock, and real money stays out of it; use test",
            path=("gateway",),
        )
    if is_simulated and not is_test and not allows_simulated:
        raise GatewayRefused(
            "it moves no money; use it for accounts on test clocks, or set"
            " FORFAIT_SIMULATED_PAYMENTS=true",
            path=("gateway",),
        )
    if (command.kind in COLLECTED_KINDS) != gateway.collects:
        kinds = sorted(COLLECTED_KINDS if gateway.collects else _OTHERS)
        raise GatewayRefused(
            f"methods of {command.gateway} are of the kind {' or '.join(kinds)}",
            path=("kind",),
        )


_OTHERS: Final = frozenset(get_args(MethodKind)) - COLLECTED_KINDS


async def _active(tx: Tx, method_id: UUID) -> Method:
    method = await method_by_id(tx, method_id)
    if method is None or method.state != "active":
        raise _removed()
    return method


def _removed() -> PaymentMethodNotFound:
    return PaymentMethodNotFound(
        "there is no such payment method; check its id", path=("paymentMethod",)
    )


async def _trace(tx: Tx, method: Method, action: str) -> None:
    await history.append(
        tx,
        account_id=method.account_id,
        action=action,
        subject_type="payment_method",
        subject_id=method.id,
        details={"gateway": method.gateway, "label": method.label},
    )
