"""What somebody may do, and which role brings what. Pure.

Everything is refused unless a capability allows it. A key's scopes are capabilities; what
its staff member's roles do not bring, a key of theirs does not bring either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import ClassVar, Final

from core.kernel.errors import Refusal


class Capability(StrEnum):
    """One thing that a caller may be allowed; the text is a key's scope."""

    TENANT_CREATE = "platform.tenant.create"
    ACCOUNT_READ = "account.read"
    ACCOUNT_WRITE = "account.write"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_WRITE = "catalogue.write"
    SUBSCRIPTION_READ = "subscription.read"
    SUBSCRIPTION_WRITE = "subscription.write"
    TRIAL_GRANT = "trial.grant"
    USAGE_READ = "usage.read"
    USAGE_WRITE = "usage.write"
    INVOICE_READ = "invoice.read"
    BILLING_RUN = "billing.run"
    JOB_READ = "job.read"
    JOB_WRITE = "job.write"
    DISCOUNT_GRANT = "discount.grant"
    DISCOUNT_APPROVE = "discount.approve"
    WALLET_WRITE = "wallet.write"
    PAYMENT_WRITE = "payment.write"
    CREDIT_WRITE = "credit.write"
    ENTITLEMENT_WRITE = "entitlement.write"
    STAFF_READ = "staff.read"
    STAFF_WRITE = "staff.write"
    AUDIT_READ = "audit.read"
    ALERT_WRITE = "alert.write"
    CUSTOMER_TOKEN_ISSUE = "customer_token.issue"  # noqa: S105 - a scope's name
    REVENUE_READ = "revenue.read"
    SIMULATION_RUN = "simulation.run"


class Role(StrEnum):
    """What a tenant calls its people by."""

    ADMIN = "admin"
    BILLING = "billing"
    SUPPORT = "support"
    CATALOGUE = "catalogue"
    VIEWER = "viewer"


class UnknownRole(Refusal):
    """A text names no role."""

    code: ClassVar[str] = "UNKNOWN_ROLE"


class UnknownScope(Refusal):
    """A text names no capability that a tenant's key may have."""

    code: ClassVar[str] = "UNKNOWN_SCOPE"


class Forbidden(Refusal):
    """The caller lacks the capability."""

    code: ClassVar[str] = "FORBIDDEN"


C = Capability
PLATFORM: Final = frozenset({C.TENANT_CREATE})
OF_A_TENANT: Final = frozenset(Capability) - PLATFORM
OF_A_CUSTOMER: Final = frozenset(
    {
        C.ACCOUNT_READ,
        C.SUBSCRIPTION_READ,
        C.USAGE_READ,
        C.INVOICE_READ,
        C.SUBSCRIPTION_WRITE,
        C.ENTITLEMENT_WRITE,
    }
)
"""What a customer's token may have at most, on one account, of the fields that are open to
customers."""
OF_A_USER: Final = frozenset({C.ACCOUNT_READ, C.SUBSCRIPTION_READ, C.USAGE_READ})
"""What is left of it for a member who neither buys nor assigns."""
OF_A_MEMBER: Final[Mapping[str, frozenset[Capability]]] = {
    "owner": OF_A_CUSTOMER,
    "administrator": OF_A_CUSTOMER,
    "member": OF_A_USER,
}
"""By the role that the account has given to the member."""
BEYOND_A_UNIT: Final = frozenset({C.STAFF_WRITE})
"""What staff lack where viewing is limited to their unit: units, staff and keys are how one
would see more."""

_VIEWS: Final = frozenset(
    {
        C.ACCOUNT_READ,
        C.CATALOGUE_READ,
        C.SUBSCRIPTION_READ,
        C.USAGE_READ,
        C.INVOICE_READ,
        C.JOB_READ,
    }
)
_SERVICE: Final = frozenset(
    {
        C.ACCOUNT_WRITE,
        C.SUBSCRIPTION_WRITE,
        C.TRIAL_GRANT,
        C.JOB_WRITE,
        C.DISCOUNT_GRANT,
        C.DISCOUNT_APPROVE,
        C.WALLET_WRITE,
        C.ENTITLEMENT_WRITE,
        C.ALERT_WRITE,
        C.CUSTOMER_TOKEN_ISSUE,
    }
)
"""A discount is approved by the staff of the unit that its definition names, besides."""
BY_ROLE: Final[Mapping[Role, frozenset[Capability]]] = {
    Role.ADMIN: OF_A_TENANT,
    Role.BILLING: _VIEWS
    | _SERVICE
    | {C.PAYMENT_WRITE, C.CREDIT_WRITE, C.USAGE_WRITE, C.BILLING_RUN, C.AUDIT_READ}
    | {C.REVENUE_READ, C.SIMULATION_RUN},
    Role.SUPPORT: _VIEWS | _SERVICE,
    Role.CATALOGUE: frozenset({C.CATALOGUE_READ, C.CATALOGUE_WRITE}),
    Role.VIEWER: _VIEWS,
}


def roles_named(names: Iterable[str], *, path: tuple[str, ...] = ("roles",)) -> frozenset[Role]:
    """Return the roles of these names, at least one, or refuse the first unknown name."""
    found = set()
    for name in names:
        try:
            found.add(Role(name))
        except ValueError:
            known = ", ".join(Role)
            raise UnknownRole(f"{name!r} is no role; choose of {known}", path=path) from None
    if not found:
        raise UnknownRole("give at least one role", path=path)
    return frozenset(found)


def scopes_named(
    names: Iterable[str], *, path: tuple[str, ...] = ("scopes",)
) -> frozenset[Capability]:
    """Return a tenant's capabilities of these names, at least one, or refuse the first."""
    found = frozenset(names)
    unknown = sorted(found - OF_A_TENANT)
    if unknown or not found:
        known = ", ".join(sorted(OF_A_TENANT))
        raise UnknownScope(
            f"{', '.join(unknown) or 'nothing'} is no scope of {known}", path=path
        )
    return frozenset(Capability(name) for name in found)


def capabilities_of(roles: Iterable[Role]) -> frozenset[Capability]:
    """Return everything that these roles bring together."""
    return frozenset().union(*(BY_ROLE[role] for role in roles))


def require_within(
    wanted: frozenset[Capability], held: frozenset[Capability], *, path: tuple[str, ...]
) -> None:
    """Refuse to give what the giver does not have: rights only shrink when handed on."""
    beyond = sorted(wanted - held)
    if beyond:
        raise Forbidden(f"you cannot give what you lack: {', '.join(beyond)}", path=path)
