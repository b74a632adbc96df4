"""Who is acting: the result of an authentication, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.tenancy.capabilities import PLATFORM, Capability, Forbidden


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller with what it may do; a platform operator has no tenant.

    `key_id` is that of the key, of the customer's token, or of the identity that let it in.
    """

    tenant_id: UUID | None
    key_id: UUID
    staff_id: UUID | None
    capabilities: frozenset[Capability]
    actor: str
    """The text that audit entries carry: `staff:…`, `key:…`, `customer:…` or `platform:…`."""
    expires_at: datetime | None
    org_unit_id: UUID | None = None
    """The unit of the staff member; None is the tenant itself, which sees everything.

    Of a customer it is the unit that looks after the account: what that one may offer is
    what the customer may choose. What a customer sees, `account_id` says alone.
    """
    account_id: UUID | None = None
    """The account of the customer whose token it is; None: this is no customer."""
    member_id: UUID | None = None
    """The member of the account whose token it is; None: the account's itself."""
    is_signed_in: bool = False
    """Whether a provider of identities has vouched for the staff member: there is no key."""

    @property
    def holds_a_key(self) -> bool:
        """Say whether `key_id` is that of a key of the tenant."""
        return not (self.is_signed_in or self.is_customer or self.tenant_id is None)

    @property
    def is_customer(self) -> bool:
        """Say whether this is a customer, who sees one account and no more."""
        return self.account_id is not None

    def may(self, capability: Capability) -> bool:
        """Say whether this caller has the capability."""
        return capability in self.capabilities

    def require(self, capability: Capability) -> None:
        """Refuse unless this caller has the capability."""
        if capability not in self.capabilities:
            raise self.lacking(capability)

    def lacking(self, capability: Capability) -> Forbidden:
        """Return the refusal of a caller without a capability: what it needs, and whence."""
        return Forbidden(f"this needs {capability}, which {self._remedy(capability)}")

    def _remedy(self, capability: Capability) -> str:
        """Say who lacks it, and what brings it; whoever asks may be a program's author."""
        if self.is_customer:
            return (
                "this customer's token does not bring: give the member a role that does, or "
                "issue the token with a key that has it"
            )
        if capability in PLATFORM:
            return "the operator's key alone brings: make one with `forfait keys platform`"
        if self.tenant_id is None:
            return (
                "the operator's key does not bring: send a key of the seller; `forfait keys "
                "issue` makes one"
            )
        if self.is_signed_in:
            return (
                "none of your roles brings: who may write staff makes staff members with a "
                "role that does, by staffCreate"
            )
        return (
            "this key does not bring: send one with that scope; apiKeyIssue, or `forfait keys "
            "issue` on the server, makes one"
        )
