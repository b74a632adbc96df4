"""Inputs and payloads of the mutations of tenancy."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import strawberry

from api.features.tenancy.types import ApiKey, OrgUnit, Staff, StaffRole, Tenant
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import IdempotentInput
from api.refusals import (
    KEY_REFUSALS,
    NAME_REFUSALS,
    CodeTaken,
    EmailTaken,
    InvalidId,
    NotFound,
    SameUnit,
    UnknownTimezone,
)
from core.contact_details import InvalidEmail, InvalidText, UnknownCountry
from core.kernel.money import UnknownCurrency
from core.tenancy.capabilities import UnknownRole, UnknownScope
from core.tenancy.choose_tax_engine import UnknownTaxEngine
from core.tenancy.create_tenant import InvalidSlug, SlugTaken
from core.tenancy.issue_api_key import ExpiryInThePast, ScopeBeyondRoles
from core.tenancy.rotate_api_key import ApiKeyNotInForce, OverlapTooLong

SHOWN_ONCE: Final = (
    "What its holder sends. Shown this once: null when the same request is answered again "
    "under its idempotency key."
)


@strawberry.input(description="A seller to be.")
class TenantCreateInput:
    """Everything a tenant begins with."""

    slug: str = strawberry.field(
        description="Its name in addresses: 1 to 63 of a-z, 0-9 and -, not - first."
    )
    name: str = strawberry.field(description="The name shown to people.")
    currency: str = strawberry.field(description="An ISO 4217 code, such as EUR.")
    timezone: str = strawberry.field(description="A zone's name, such as Europe/Paris.")
    country: str = strawberry.field(description="An ISO 3166-1 code, such as FR.")


@strawberry.type(description="The new seller, or why there is none.")
class TenantCreatePayload:
    """What tenantCreate did."""

    tenant: Tenant | None = strawberry.field(description="The seller.", default=None)
    root_unit: OrgUnit | None = strawberry.field(
        description="The root of its org units.", default=None
    )
    admin_key: str | None = strawberry.field(
        description="The key that its administrator begins with, shown this once.",
        default=None,
    )
    user_errors: list[UserError] = user_errors(
        "TenantCreate",
        InvalidSlug,
        SlugTaken,
        InvalidText,
        UnknownCurrency,
        UnknownTimezone,
        UnknownCountry,
    )


@strawberry.input(description="What is set of the seller; what is left out stays.")
class TenantUpdateInput:
    """The settings of a tenant."""

    limits_viewing: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether the staff of a unit see only the accounts of their unit, of those "
        "below it and of those that it collaborates with, and what hangs on these. They may "
        "then change no units, staff or keys; the root unit's and keys without staff may.",
    )
    tax_engine: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The tax engine of a plugin that decides tax rates from the next invoice "
        "on; null for the table and the seller's stated rates.",
    )


@strawberry.type(description="The seller as it is now.")
class TenantUpdatePayload:
    """What tenantUpdate did."""

    tenant: Tenant | None = strawberry.field(description="The seller.", default=None)
    user_errors: list[UserError] = user_errors("TenantUpdate", NotFound, UnknownTaxEngine)


@strawberry.input(description="An org unit to be.")
class OrgUnitCreateInput(IdempotentInput):
    """A unit below another."""

    code: str = strawberry.field(description="Your own code, unique among the units.")
    name: str = strawberry.field(description="The name shown to people.")
    parent: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The unit above, by id or code; without it, the root.",
    )


@strawberry.type(description="The new org unit, or why there is none.")
class OrgUnitCreatePayload:
    """What orgUnitCreate did."""

    org_unit: OrgUnit | None = strawberry.field(description="The unit.", default=None)
    user_errors: list[UserError] = user_errors(
        "OrgUnitCreate", CodeTaken, NotFound, InvalidText, InvalidId, *KEY_REFUSALS
    )


@strawberry.input(description="Which unit works on what belongs to which.")
class OrgUnitCollaborateInput:
    """Two units, by id or code."""

    unit: strawberry.ID = strawberry.field(description="Whose things, by id or code.")
    collaborator: strawberry.ID = strawberry.field(
        description="Who may work on them, by id or code."
    )


@strawberry.type(description="The unit with its collaborators, or why nothing changed.")
class OrgUnitCollaboratePayload:
    """What orgUnitCollaborate did."""

    org_unit: OrgUnit | None = strawberry.field(
        description="The unit whose things are meant.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "OrgUnitCollaborate", NotFound, SameUnit, InvalidId
    )


@strawberry.input(description="A staff member to be.")
class StaffCreateInput(IdempotentInput):
    """A person with roles."""

    email: str = strawberry.field(description="Unique among the staff.")
    name: str = strawberry.field(description="The person's name.")
    org_unit: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Their unit, by id or code; without it, the root.",
    )
    roles: list[StaffRole] = strawberry.field(description="At least one.")


@strawberry.type(description="The new staff member, or why there is none.")
class StaffCreatePayload:
    """What staffCreate did."""

    staff: Staff | None = strawberry.field(description="The person.", default=None)
    user_errors: list[UserError] = user_errors(
        "StaffCreate",
        EmailTaken,
        InvalidEmail,
        InvalidText,
        UnknownRole,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Whose access ends.")
class StaffDisableInput:
    """A staff member."""

    staff: strawberry.ID = strawberry.field(description="The person, by id.")


@strawberry.type(description="The disabled staff member, or why nothing changed.")
class StaffDisablePayload:
    """What staffDisable did."""

    staff: Staff | None = strawberry.field(description="The person.", default=None)
    user_errors: list[UserError] = user_errors("StaffDisable", *NAME_REFUSALS)


@strawberry.input(description="A key to be.")
class ApiKeyIssueInput(IdempotentInput):
    """A key with scopes."""

    name: str = strawberry.field(description="What it is for.")
    scopes: list[str] = strawberry.field(
        description="What its holder may do, such as account.read; at most what you may."
    )
    staff: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whose key it is: it never brings more than their roles do.",
    )
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When it ends by itself."
    )


@strawberry.type(description="The new key with its text, or why there is none.")
class ApiKeyIssuePayload:
    """What apiKeyIssue did."""

    api_key: ApiKey | None = strawberry.field(description="The key.", default=None)
    text: str | None = strawberry.field(description=SHOWN_ONCE, default=None)
    user_errors: list[UserError] = user_errors(
        "ApiKeyIssue",
        UnknownScope,
        ExpiryInThePast,
        ScopeBeyondRoles,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Which key is replaced.")
class ApiKeyRotateInput(IdempotentInput):
    """A key in force, and for how long it still works."""

    api_key: strawberry.ID = strawberry.field(description="The key, by id.")
    overlap_hours: int = strawberry.field(
        default=24,
        description="For how many hours the old key still works: 0 to 168, a week.",
    )


@strawberry.type(description="The new key with its text, or why there is none.")
class ApiKeyRotatePayload:
    """What apiKeyRotate did."""

    api_key: ApiKey | None = strawberry.field(description="The new key.", default=None)
    text: str | None = strawberry.field(description=SHOWN_ONCE, default=None)
    user_errors: list[UserError] = user_errors(
        "ApiKeyRotate", NotFound, ApiKeyNotInForce, OverlapTooLong, InvalidId, *KEY_REFUSALS
    )


@strawberry.input(description="Which key ends.")
class ApiKeyRevokeInput:
    """A key."""

    api_key: strawberry.ID = strawberry.field(description="The key, by id.")


@strawberry.type(description="The revoked key, or why nothing changed.")
class ApiKeyRevokePayload:
    """What apiKeyRevoke did."""

    api_key: ApiKey | None = strawberry.field(description="The key.", default=None)
    user_errors: list[UserError] = user_errors("ApiKeyRevoke", *NAME_REFUSALS)
