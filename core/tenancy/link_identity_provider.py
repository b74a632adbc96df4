"""Let staff in by what a provider of OpenID Connect says of them.

The operator of the installation trusts issuers (FORFAIT_OIDC_ISSUERS), so that no address of
a tenant's choosing is ever asked. A tenant links an audience of one, which is the client id
of its own application there: a token for any other audience is not for it. Several tenants may
link one audience, and nobody is told of others; a token names the one that it is for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core import audit
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.tenancy import identity_links
from core.tenancy.records import IdentityProvider


class IssuerNotTrusted(Refusal):
    """The operator of the installation does not trust this issuer."""

    code: ClassVar[str] = "ISSUER_NOT_TRUSTED"


class AudienceTaken(Refusal):
    """This seller has linked this audience of the issuer already."""

    code: ClassVar[str] = "AUDIENCE_TAKEN"


class IdentityProviderNotFound(Refusal):
    """No linked provider of this tenant has this id."""

    code: ClassVar[str] = "IDENTITY_PROVIDER_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class LinkIdentityProvider:
    """Which issuer, for which audience.

    With `binds_by_email`, who comes for the first time with a verified address of an active
    staff member is that one from then on; else staff are bound by `staffIdentityBind` alone.
    """

    issuer: str
    audience: str
    binds_by_email: bool = False


async def link_identity_provider(
    tx: Tx, command: LinkIdentityProvider, *, trusted: Collection[str]
) -> IdentityProvider:
    """Link a provider; refuses one that is not trusted, and an audience that is taken."""
    audience = line_of_text(command.audience, path=("audience",))
    if command.issuer not in trusted:
        raise IssuerNotTrusted(
            "the installation does not trust this issuer; its operator names those that it "
            "does in FORFAIT_OIDC_ISSUERS",
            path=("issuer",),
        )
    if not await identity_links.take_audience(tx, issuer=command.issuer, audience=audience):
        raise AudienceTaken(
            "you have linked this audience already; unlink it first", path=("audience",)
        )
    provider = IdentityProvider(
        id=new_id(),
        issuer=command.issuer,
        audience=audience,
        binds_by_email=command.binds_by_email,
        created_at=tx.now,
        unlinked_at=None,
    )
    await identity_links.add_provider(tx, provider)
    await audit.record(
        tx,
        action="identity_provider.linked",
        subject_type="tenant",
        subject_id=tx.tenant_id,
        details={
            "issuer": provider.issuer,
            "audience": provider.audience,
            "bindsByEmail": provider.binds_by_email,
        },
    )
    return provider


async def unlink_identity_provider(tx: Tx, provider_id: UUID) -> IdentityProvider:
    """End a link: its tokens let nobody in; doing it twice is no error, and writes nothing."""
    provider = await identity_links.provider(tx, provider_id)
    if provider is None:
        told = "there is no such linked provider; check its id"
        raise IdentityProviderNotFound(told, path=("provider",))
    if provider.unlinked_at is not None:
        return provider
    await identity_links.unlink(tx, provider.id)
    await identity_links.give_audience_back(
        tx, issuer=provider.issuer, audience=provider.audience
    )
    await audit.record(
        tx,
        action="identity_provider.unlinked",
        subject_type="tenant",
        subject_id=tx.tenant_id,
        details={"issuer": provider.issuer, "audience": provider.audience},
    )
    return replace(provider, unlinked_at=tx.now)
