"""Make a short-lived token that lets a customer in, to one account.

A seller's own portal asks for it when its user has signed in there, and hands it to the
browser. It never brings more than its issuer holds, and ends with the issuer's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from core import audit
from core.accounts.open_account import AccountClosed
from core.accounts.token_holder import token_holder
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.tenancy import customer_tokens
from core.tenancy.capabilities import (
    OF_A_CUSTOMER,
    OF_A_MEMBER,
    Capability,
    UnknownScope,
    require_within,
)
from core.tenancy.issue_api_key import ScopeBeyondRoles
from core.tenancy.key_material import CUSTOMER_MARK, new_key
from core.tenancy.principal import Principal
from core.tenancy.records import CustomerToken, IssuedCustomerToken

SHORTEST_LIFE: Final = timedelta(minutes=1)
LONGEST_LIFE: Final = timedelta(hours=24)
USUAL_LIFE: Final = timedelta(hours=1)


class TokenLifeOutOfBounds(Refusal):
    """A customer's token lives for a minute at least and a day at most."""

    code: ClassVar[str] = "TOKEN_LIFE_OUT_OF_BOUNDS"


@dataclass(frozen=True, slots=True)
class IssueCustomerToken:
    """A token for an account, or for one of its members, who has what their role brings.

    Without scopes: all that the issuer holds and the member's role brings.
    """

    account_id: UUID
    member_id: UUID | None = None
    scopes: tuple[str, ...] | None = None
    life: timedelta = USUAL_LIFE


async def issue_customer_token(
    tx: Tx, command: IssueCustomerToken, *, issuer: Principal, pepper: bytes
) -> IssuedCustomerToken:
    """Make a token and return its text, which is not stored and cannot be shown again."""
    if not SHORTEST_LIFE <= command.life <= LONGEST_LIFE:
        raise TokenLifeOutOfBounds("choose 60 to 86400 seconds", path=("expiresInSeconds",))
    brought = await _brought(tx, command)
    material = new_key(CUSTOMER_MARK, pepper=pepper)
    token = CustomerToken(
        id=new_id(),
        prefix=material.prefix,
        account_id=command.account_id,
        member_id=command.member_id,
        scopes=tuple(sorted(_scopes(command.scopes, brought, held=issuer.capabilities))),
        issued_by=issuer.actor,
        issuer_key_id=issuer.key_id if issuer.holds_a_key else None,
        issuer_staff_id=issuer.staff_id,
        created_at=tx.now,
        expires_at=tx.now + command.life,
        revoked_at=None,
    )
    await customer_tokens.add_token(tx, token, secret_hash=material.digest)
    await audit.record(
        tx,
        action="customer_token.issued",
        subject_type="account",
        subject_id=token.account_id,
        details={"prefix": token.prefix, "scopes": token.scopes, "member": token.member_id},
    )
    return IssuedCustomerToken(token, material.text)


async def _brought(tx: Tx, command: IssueCustomerToken) -> frozenset[Capability]:
    """Return what the account, or the member's role in it, brings at most."""
    holder = await token_holder(tx, command.account_id, member_id=command.member_id)
    if holder.account_state != "active":
        raise AccountClosed(
            "the account is closed; nobody is let in to it", path=("accountId",)
        )
    return OF_A_CUSTOMER if holder.role is None else OF_A_MEMBER[holder.role]


def _scopes(
    asked: tuple[str, ...] | None,
    brought: frozenset[Capability],
    *,
    held: frozenset[Capability],
) -> frozenset[Capability]:
    path = ("scopes",)
    if asked is None:
        return brought & held
    unknown = sorted(set(asked) - OF_A_CUSTOMER)
    if unknown or not asked:
        known = ", ".join(sorted(OF_A_CUSTOMER))
        raise UnknownScope(
            f"{', '.join(unknown) or 'nothing'} is no scope of customers: {known}", path=path
        )
    wanted = frozenset(Capability(name) for name in asked)
    require_within(wanted, held, path=path)
    if beyond := sorted(wanted - brought):
        told = f"the member's role does not bring {', '.join(beyond)}; leave them out"
        raise ScopeBeyondRoles(told, path=path)
    return wanted
