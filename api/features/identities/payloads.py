"""Inputs and payloads of linked providers and bound identities."""

from __future__ import annotations

import strawberry

from api.features.identities.types import IdentityProvider, StaffIdentity
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.contact_details import InvalidText
from core.tenancy.bind_staff_identity import IdentityTaken
from core.tenancy.link_identity_provider import AudienceTaken, IssuerNotTrusted


@strawberry.input(description="A provider to be linked.")
class IdentityProviderLinkInput(IdempotentInput):
    """An issuer, and for whom its tokens must be."""

    issuer: str = strawberry.field(
        description="As it stands in `iss`; one of those that the installation trusts."
    )
    audience: str = strawberry.field(
        description="The client id of your application there, as it stands in `aud`. Where "
        "several sellers link it, a token names the one that it is for: `Bearer acme~eyJ…`."
    )
    binds_by_email: bool = strawberry.field(
        default=False,
        description="Whether who comes for the first time is the active staff member whose "
        "address the provider says that it has verified. Only for a provider that gives no "
        "address to anybody but its holder.",
    )


@strawberry.type(description="The linked provider, or why it is not.")
class IdentityProviderLinkPayload:
    """What identityProviderLink did."""

    provider: IdentityProvider | None = strawberry.field(
        description="The provider.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "IdentityProviderLink", IssuerNotTrusted, AudienceTaken, InvalidText, *KEY_REFUSALS
    )


@strawberry.input(description="Which provider lets nobody in any more.")
class IdentityProviderUnlinkInput:
    """A linked provider."""

    provider: strawberry.ID = strawberry.field(description="The provider, by id.")


@strawberry.type(description="The provider, or why nothing changed.")
class IdentityProviderUnlinkPayload:
    """What identityProviderUnlink did."""

    provider: IdentityProvider | None = strawberry.field(
        description="The provider.", default=None
    )
    user_errors: list[UserError] = user_errors("IdentityProviderUnlink", *NAME_REFUSALS)


@strawberry.input(description="Who of the staff it is whom a provider names.")
class StaffIdentityBindInput(IdempotentInput):
    """A staff member, and the provider's name for them."""

    staff: strawberry.ID = strawberry.field(
        description="The person, by id; one whose roles bring no more than you have."
    )
    provider: strawberry.ID = strawberry.field(description="The linked provider, by id.")
    subject: str = strawberry.field(description="Whom it means, as it stands in `sub`.")


@strawberry.type(description="The bound identity, or why it is not.")
class StaffIdentityBindPayload:
    """What staffIdentityBind did."""

    identity: StaffIdentity | None = strawberry.field(description="The identity.", default=None)
    user_errors: list[UserError] = user_errors(
        "StaffIdentityBind", IdentityTaken, InvalidText, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="Which identity lets nobody in any more.")
class StaffIdentityUnbindInput:
    """A bound identity."""

    identity: strawberry.ID = strawberry.field(description="The identity, by id.")


@strawberry.type(description="The identity, or why nothing changed.")
class StaffIdentityUnbindPayload:
    """What staffIdentityUnbind did."""

    identity: StaffIdentity | None = strawberry.field(description="The identity.", default=None)
    user_errors: list[UserError] = user_errors("StaffIdentityUnbind", *NAME_REFUSALS)
