"""The tenants of the demonstration: made once, found again the next time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from api.demo.cast import Seller
from api.demo.sellers import SELLERS
from api.serving.installation import opened
from core.bootstrap import Application
from core.config import Settings
from core.embedded import ServiceUrls
from core.embedded.place import write_private
from core.kernel.periods import local_day, start_of_day
from core.tenancy import Unauthenticated
from core.tenancy.capabilities import OF_A_TENANT
from core.tenancy.create_tenant import CreateTenant, create_tenant
from core.tenancy.directory import TenantUnknown, tenant_by_slug
from core.tenancy.issue_api_key import IssueApiKey, issue_api_key
from core.tenancy.records import Tenant

KEYS: Final = "demo-api-keys"
_ACTOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Open:
    """A seller as the demonstration acts for it; `month` begins the last whole month there."""

    seller: Seller
    key: str = field(repr=False)
    month: datetime


async def tenants_of(settings: Settings, urls: ServiceUrls) -> list[Open]:
    """Return the sellers of an installation whose services run."""
    async with opened(settings, urls) as application:
        return [await open_tenant(application, settings.home, each) for each in SELLERS]


async def open_tenant(application: Application, home: Path, seller: Seller) -> Open:
    """Return a seller with a key in force, making what is missing."""
    tenant, first_key = await _tenant(application, seller)
    file = home / KEYS / seller.slug
    key = first_key or await _kept_key(application, tenant, file)
    if key is None:
        async with application.transaction(tenant.id, actor=_ACTOR) as tx:
            command = IssueApiKey(name="Demonstration", scopes=tuple(sorted(OF_A_TENANT)))
            issued = await issue_api_key(
                tx, command, held=OF_A_TENANT, pepper=application.pepper
            )
        key = issued.text
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(file, key)
    async with application.transaction(tenant.id, actor=_ACTOR) as tx:
        return Open(seller, key, last_month(tx.now, zone=seller.zone))


def last_month(now: datetime, *, zone: str) -> datetime:
    """Return the instant at which the month before the present one began in a zone."""
    this_month = local_day(now, zone).replace(day=1)
    return start_of_day((this_month - timedelta(days=1)).replace(day=1), zone)


async def _tenant(application: Application, seller: Seller) -> tuple[Tenant, str | None]:
    try:
        return await tenant_by_slug(application.database, seller.slug), None
    except TenantUnknown:
        command = CreateTenant(
            slug=seller.slug,
            name=seller.name,
            currency="EUR",
            timezone=seller.zone,
            country=seller.country,
        )
        async with application.transaction(None, actor=_ACTOR) as tx:
            created = await create_tenant(tx, command, pepper=application.pepper)
        return created.tenant, created.admin_key.text


async def _kept_key(application: Application, tenant: Tenant, file: Path) -> str | None:
    """Return the key of the last time, if it still lets this seller in."""
    text = _text_of(file)
    try:
        principal = await application.authenticator.authenticate(text)
    except Unauthenticated:
        return None
    return text if principal.tenant_id == tenant.id else None


def _text_of(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""
