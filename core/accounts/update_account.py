"""Change what may change of an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from core import outbox
from core.accounts import history, repository
from core.accounts.attributes import checked_attributes, name_key
from core.accounts.create_account import InvoicePer, checked_address
from core.accounts.records import Account
from core.contact_details import email_address, line_of_text, optional_line
from core.db import Tx
from core.kernel.errors import Refusal


class AccountNotFound(Refusal):
    """No account of this tenant has this id."""

    code: ClassVar[str] = "ACCOUNT_NOT_FOUND"


class Unchanged:
    """Stand for a field that the caller did not mention; None clears one."""

    __slots__ = ()


UNCHANGED: Final = Unchanged()


@dataclass(frozen=True, slots=True)
class UpdateAccount:
    """What to change. Currency, zone and country stay: periods and prices hang on them.

    `attributes` and `address` replace the whole of what was there.
    """

    account_id: UUID
    name: str | Unchanged = UNCHANGED
    email: str | Unchanged | None = UNCHANGED
    classification: str | Unchanged | None = UNCHANGED
    attributes: Mapping[str, object] | Unchanged = UNCHANGED
    address: Mapping[str, str] | Unchanged = UNCHANGED
    tax_number: str | Unchanged | None = UNCHANGED
    invoice_per: InvoicePer | Unchanged = UNCHANGED


async def update_account(tx: Tx, command: UpdateAccount) -> Account:
    """Change an account and return it; a command that changes nothing writes nothing."""
    before = await require_account(tx, command.account_id)
    wanted = _wanted(command)
    changes = {name: new for name, new in wanted.items() if getattr(before, name) != new}
    if not changes:
        return before
    await repository.update_account(tx, before.id, **changes)
    changed = sorted(changes.keys() - {"name_key"})
    await history.append(
        tx,
        account_id=before.id,
        action="account.updated",
        subject_type="account",
        subject_id=before.id,
        details={"changed": changed},  # names only: personal data stays in one place
    )
    await outbox.append(
        tx, topic="account.updated", subject_id=before.id, payload={"changed": changed}
    )
    after = await repository.account(tx, before.id)
    assert after is not None
    return after


async def require_account(
    tx: Tx, account_id: UUID, *, path: tuple[str, ...] = ("accountId",)
) -> Account:
    """Lock and return an account, or refuse; another tenant's looks like none."""
    account = await repository.lock_account(tx, account_id)
    if account is None:
        raise AccountNotFound("there is no such account", path=path)
    return account


def _wanted(command: UpdateAccount) -> dict[str, Any]:
    """Return the columns that the command mentions, checked."""
    wanted: dict[str, Any] = {}
    if not isinstance(command.name, Unchanged):
        wanted["name"] = line_of_text(command.name, path=("name",))
        wanted["name_key"] = name_key(wanted["name"])
    if not isinstance(command.email, Unchanged):
        wanted["email"] = None if command.email is None else email_address(command.email)
    if not isinstance(command.classification, Unchanged):
        path = ("classification",)
        wanted["classification"] = optional_line(command.classification, path=path)
    if not isinstance(command.attributes, Unchanged):
        wanted["attributes"] = checked_attributes(command.attributes)
    if not isinstance(command.address, Unchanged):
        wanted["address"] = checked_address(command.address)
    if not isinstance(command.tax_number, Unchanged):
        wanted["tax_number"] = optional_line(command.tax_number, path=("taxNumber",))
    if not isinstance(command.invoice_per, Unchanged):
        wanted["invoice_per"] = command.invoice_per
    return wanted
