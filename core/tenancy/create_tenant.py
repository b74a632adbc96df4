"""Create a tenant, with the root of its tree and a first key for its administrator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import audit
from core.contact_details import country_code, line_of_text
from core.database_errors import violates
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.kernel.money import minor_digits
from core.kernel.zones import time_zone
from core.tenancy import repository
from core.tenancy.capabilities import OF_A_TENANT
from core.tenancy.issue_api_key import IssueApiKey, issue_api_key
from core.tenancy.records import IssuedKey, OrgUnit, Tenant
from core.tenancy.slugs import is_slug

ROOT_UNIT_CODE: Final = "root"


class InvalidSlug(Refusal):
    """A tenant's slug has other characters than it may."""

    code: ClassVar[str] = "INVALID_SLUG"


class SlugTaken(Refusal):
    """Another tenant has this slug."""

    code: ClassVar[str] = "SLUG_TAKEN"


@dataclass(frozen=True, slots=True)
class CreateTenant:
    """A seller to be; `id` may be chosen before, to be the same on every try."""

    slug: str
    name: str
    currency: str
    timezone: str
    country: str
    legal: Mapping[str, Any] = field(default_factory=dict)
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CreatedTenant:
    """The new tenant, its root unit, and the key that its administrator begins with."""

    tenant: Tenant
    root_unit: OrgUnit
    admin_key: IssuedKey


async def create_tenant(tx: Tx, command: CreateTenant, *, pepper: bytes) -> CreatedTenant:
    """Create a tenant in a platform transaction, which goes on as this tenant afterwards.

    Refuses an unknown currency, zone or country, a malformed slug, and one that is taken.
    """
    tenant = _checked(tx, command)
    await tx.enter_tenant(tenant.id)
    try:
        await repository.add_tenant(tx, tenant)
    except IntegrityError as error:
        if violates(error, "tenant_slug_key"):
            raise SlugTaken(
                f"{tenant.slug!r} is taken; choose another", path=("slug",)
            ) from error
        raise
    root = OrgUnit(new_id(), None, ROOT_UNIT_CODE, tenant.name, tx.now)
    await repository.add_org_unit(tx, root)
    await audit.record(tx, action="tenant.created", subject_type="tenant", subject_id=tenant.id)
    first = IssueApiKey(name="Administrator", scopes=tuple(sorted(OF_A_TENANT)))
    key = await issue_api_key(tx, first, held=OF_A_TENANT, pepper=pepper)
    return CreatedTenant(tenant, root, key)


def _checked(tx: Tx, command: CreateTenant) -> Tenant:
    if not is_slug(command.slug):
        raise InvalidSlug("write 1 to 63 of a-z, 0-9 and -, not - first", path=("slug",))
    minor_digits(command.currency)
    time_zone(command.timezone)
    return Tenant(
        id=command.id or new_id(),
        slug=command.slug,
        name=line_of_text(command.name, path=("name",)),
        currency=command.currency,
        timezone=command.timezone,
        country=country_code(command.country),
        legal=dict(command.legal),
        created_at=tx.now,
    )
