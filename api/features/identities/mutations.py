"""Linking providers and binding identities."""

from __future__ import annotations

from typing import Annotated, Final

import strawberry

from api.access import requires
from api.context import Info
from api.features.identities.payloads import (
    IdentityProviderLinkInput,
    IdentityProviderLinkPayload,
    IdentityProviderUnlinkInput,
    IdentityProviderUnlinkPayload,
    StaffIdentityBindInput,
    StaffIdentityBindPayload,
    StaffIdentityUnbindInput,
    StaffIdentityUnbindPayload,
)
from api.features.identities.types import (
    IDENTITY_PROVIDER_ID,
    STAFF_IDENTITY_ID,
    IdentityProvider,
    StaffIdentity,
)
from api.features.tenancy.ids import STAFF_ID
from api.graphql.errors import answers_refusals
from api.mutations import by_id, run
from core.db import Tx
from core.tenancy import Capability, identity_links, records
from core.tenancy.bind_staff_identity import (
    BindStaffIdentity,
    bind_staff_identity,
    unbind_staff_identity,
)
from core.tenancy.link_identity_provider import (
    LinkIdentityProvider,
    link_identity_provider,
    unlink_identity_provider,
)

_PROVIDER: Final = by_id(identity_links.provider)
_IDENTITY: Final = by_id(identity_links.identity)


@strawberry.type(description="Changes of how staff sign in.")
class IdentitiesMutation:
    """Changes of providers and identities."""

    @strawberry.mutation(
        description="Links a provider of OpenID Connect: its tokens for the audience let in "
        "those of the staff whom it is bound to."
    )
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(IdentityProviderLinkPayload)
    async def identity_provider_link(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            IdentityProviderLinkInput, strawberry.argument(description="The provider.")
        ],
    ) -> IdentityProviderLinkPayload:
        """Link a provider."""
        trusted = info.context.application.settings.oidc_issuers

        async def verb(tx: Tx) -> records.IdentityProvider:
            command = LinkIdentityProvider(input.issuer, input.audience, input.binds_by_email)
            return await link_identity_provider(tx, command, trusted=trusted)

        made = await run(
            info, operation="identityProviderLink", given=input, verb=verb, answer=_PROVIDER
        )
        return IdentityProviderLinkPayload(provider=IdentityProvider.of(made))

    @strawberry.mutation(
        description="Ends a link: the provider's tokens are refused within half a minute. "
        "Bound identities stay, for when it is linked again."
    )
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(IdentityProviderUnlinkPayload)
    async def identity_provider_unlink(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            IdentityProviderUnlinkInput, strawberry.argument(description="Which.")
        ],
    ) -> IdentityProviderUnlinkPayload:
        """Unlink a provider."""

        async def verb(tx: Tx) -> records.IdentityProvider:
            provider_id = IDENTITY_PROVIDER_ID.parse(input.provider, path=("provider",))
            return await unlink_identity_provider(tx, provider_id)

        changed = await run(
            info, operation="identityProviderUnlink", given=input, verb=verb, answer=_PROVIDER
        )
        return IdentityProviderUnlinkPayload(provider=IdentityProvider.of(changed))

    @strawberry.mutation(
        description="Says who of the staff it is whom a linked provider names by a subject."
    )
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(StaffIdentityBindPayload)
    async def staff_identity_bind(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            StaffIdentityBindInput, strawberry.argument(description="Who it is.")
        ],
    ) -> StaffIdentityBindPayload:
        """Bind an identity; whose roles bring more than the caller has is forbidden."""

        async def verb(tx: Tx) -> records.StaffIdentity:
            command = BindStaffIdentity(
                staff_id=STAFF_ID.parse(input.staff, path=("staff",)),
                provider_id=IDENTITY_PROVIDER_ID.parse(input.provider, path=("provider",)),
                subject=input.subject,
            )
            held = info.context.principal.capabilities
            return await bind_staff_identity(tx, command, held=held)

        made = await run(
            info, operation="staffIdentityBind", given=input, verb=verb, answer=_IDENTITY
        )
        return StaffIdentityBindPayload(identity=StaffIdentity.of(made))

    @strawberry.mutation(
        description="Ends a binding: who came by it is refused within half a minute."
    )
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(StaffIdentityUnbindPayload)
    async def staff_identity_unbind(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            StaffIdentityUnbindInput, strawberry.argument(description="Which.")
        ],
    ) -> StaffIdentityUnbindPayload:
        """Unbind an identity."""

        async def verb(tx: Tx) -> records.StaffIdentity:
            identity_id = STAFF_IDENTITY_ID.parse(input.identity, path=("identity",))
            return await unbind_staff_identity(tx, identity_id)

        changed = await run(
            info, operation="staffIdentityUnbind", given=input, verb=verb, answer=_IDENTITY
        )
        return StaffIdentityUnbindPayload(identity=StaffIdentity.of(changed))
