"""From what was presented to a principal, in the transaction that looks it up.

Each function answers None for whatever does not let in: unknown, wrong, over, revoked,
disabled. Which it was is nobody's business but the log's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.contact_details import InvalidEmail, email_address
from core.db import Tx
from core.identities import Identity
from core.tenancy import customer_tokens, identity_links, repository
from core.tenancy.bind_staff_identity import IdentityTaken, bind_by_email
from core.tenancy.capabilities import (
    BEYOND_A_UNIT,
    OF_A_CUSTOMER,
    OF_A_MEMBER,
    OF_A_TENANT,
    PLATFORM,
    Capability,
    Role,
    capabilities_of,
)
from core.tenancy.key_material import PresentedKey, proves
from core.tenancy.principal import Principal
from core.tenancy.records import KeyProof, StaffProof, TokenProof

USE_NOTED_EVERY: Final = timedelta(minutes=1)


async def prove_key(tx: Tx, presented: PresentedKey, *, pepper: bytes) -> Principal | None:
    """Return who holds a key of a tenant or of the operator."""
    tenant_id, proof = await _key_proof(tx, presented)
    stored = proof.secret_hash if proof else None
    if not proves(presented, stored, pepper=pepper) or proof is None:
        return None
    if _is_over(proof, now=tx.now):
        return None
    if tenant_id is not None and not _is_noted(proof, now=tx.now):
        await repository.note_key_used(tx, proof.id, pause=USE_NOTED_EVERY)
    return _holder(proof, tenant_id=tenant_id)


async def prove_token(tx: Tx, presented: PresentedKey, *, pepper: bytes) -> Principal | None:
    """Return which customer holds a token."""
    tenant_id = await customer_tokens.tenant_of_prefix(tx, presented.prefix)
    proof = None
    if tenant_id is not None:
        await tx.enter_tenant(tenant_id)
        proof = await customer_tokens.token_proof(tx, presented.prefix)
    stored = proof.secret_hash if proof else None
    if not proves(presented, stored, pepper=pepper) or proof is None:
        return None
    if proof.is_ended or proof.expires_at <= tx.now:
        return None
    return _customer(proof, tenant_id=tenant_id)


async def prove_identity(tx: Tx, identity: Identity, *, seller: str) -> Principal | None:
    """Return whom of the staff a provider has vouched for.

    Without the slug of a `seller` it is the first that linked the audience. Where the link
    says so, who comes for the first time is bound by their verified address; not at a seller
    that nobody named while others have linked the audience, since it might not be theirs.
    """
    issuer, audience = identity.issuer, identity.audience
    asked = await identity_links.link_asked_for(
        tx, issuer=issuer, audience=audience, seller=seller
    )
    if asked is None:
        return None
    tenant_id = asked.tenant_id
    await tx.enter_tenant(tenant_id)
    link = await identity_links.linked(tx, issuer=issuer, audience=audience)
    if link is None:
        return None
    binds_by_email = link.binds_by_email and (bool(seller) or asked.is_only)
    proof = await identity_links.staff_proof(tx, issuer=issuer, subject=identity.subject)
    if proof is None and binds_by_email and await _bound_by_email(tx, identity):
        proof = await identity_links.staff_proof(tx, issuer=issuer, subject=identity.subject)
    if proof is None or proof.staff_state != "active":
        return None
    return _staff(proof, tenant_id=tenant_id, ends=identity.expires_at)


async def _key_proof(tx: Tx, presented: PresentedKey) -> tuple[UUID | None, KeyProof | None]:
    """Find the key's row: whose it is first, then under that tenant's row-level security."""
    if presented.is_platform:
        return None, await repository.platform_key_proof(tx, presented.prefix)
    tenant_id = await repository.tenant_of_prefix(tx, presented.prefix)
    if tenant_id is None:
        return None, None
    await tx.enter_tenant(tenant_id)
    return tenant_id, await repository.key_proof(tx, presented.prefix)


def _is_over(proof: KeyProof, *, now: datetime) -> bool:
    if proof.revoked_at is not None:
        return True
    if proof.expires_at is not None and proof.expires_at <= now:
        return True
    return proof.staff_id is not None and proof.staff_state != "active"


def _is_noted(proof: KeyProof, *, now: datetime) -> bool:
    return proof.last_used_at is not None and proof.last_used_at > now - USE_NOTED_EVERY


async def _bound_by_email(tx: Tx, identity: Identity) -> bool:
    if identity.email is None:
        return False
    try:
        email = email_address(identity.email)
        return await bind_by_email(
            tx, issuer=identity.issuer, subject=identity.subject, email=email
        )
    except InvalidEmail:
        return False
    except IdentityTaken:
        return True  # a twin of this request was faster


def _holder(proof: KeyProof, *, tenant_id: UUID | None) -> Principal:
    if tenant_id is None:
        capabilities, actor = PLATFORM, f"platform:{proof.id}"
    elif proof.staff_id is None:
        capabilities, actor = _scopes(proof), f"key:{proof.id}"
    else:
        roles = capabilities_of(Role(name) for name in proof.staff_roles or ())
        capabilities, actor = _scopes(proof) & roles, f"staff:{proof.staff_id}"
        if proof.is_limited:
            capabilities -= BEYOND_A_UNIT
    return Principal(
        tenant_id=tenant_id,
        key_id=proof.id,
        staff_id=proof.staff_id,
        capabilities=capabilities,
        actor=actor,
        expires_at=proof.expires_at,
        org_unit_id=proof.staff_unit_id,
    )


def _customer(proof: TokenProof, *, tenant_id: UUID | None) -> Principal:
    role = proof.member_role
    brought = OF_A_CUSTOMER if role is None else OF_A_MEMBER[role]
    return Principal(
        tenant_id=tenant_id,
        key_id=proof.id,
        staff_id=None,
        capabilities=frozenset(each for each in brought if each.value in proof.scopes),
        actor=f"customer:{proof.member_id or proof.account_id}",
        expires_at=proof.expires_at,
        org_unit_id=proof.org_unit_id,
        account_id=proof.account_id,
        member_id=proof.member_id,
    )


def _staff(proof: StaffProof, *, tenant_id: UUID, ends: datetime) -> Principal:
    capabilities = capabilities_of(Role(name) for name in proof.staff_roles)
    if proof.is_limited:
        capabilities -= BEYOND_A_UNIT
    return Principal(
        tenant_id=tenant_id,
        key_id=proof.id,
        staff_id=proof.staff_id,
        capabilities=capabilities,
        actor=f"staff:{proof.staff_id}",
        expires_at=ends,
        org_unit_id=proof.staff_unit_id,
        is_signed_in=True,
    )


def _scopes(proof: KeyProof) -> frozenset[Capability]:
    """Read the stored scopes; one that this release no longer knows brings nothing."""
    return frozenset(each for each in OF_A_TENANT if each.value in proof.scopes)
