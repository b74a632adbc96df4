"""The seller of the demonstration: made once, found again the next time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

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

SLUG: Final = "crm360"
ZONE: Final = "Europe/Paris"
KEY_FILE: Final = "demo-api-key"
_ACTOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Seller:
    """CRM360 as the demonstration acts for it; `month` begins the last whole month."""

    key: str = field(repr=False)
    month: datetime


async def seller_of(settings: Settings, urls: ServiceUrls) -> Seller:
    """Return the seller of an installation whose services run."""
    async with opened(settings, urls) as application:
        return await open_seller(application, settings.home)


async def open_seller(application: Application, home: Path) -> Seller:
    """Return the seller with a key in force, making what is missing."""
    tenant, first_key = await _tenant(application)
    key = first_key or await _kept_key(application, tenant, home / KEY_FILE)
    if key is None:
        async with application.transaction(tenant.id, actor=_ACTOR) as tx:
            command = IssueApiKey(name="Demonstration", scopes=tuple(sorted(OF_A_TENANT)))
            issued = await issue_api_key(
                tx, command, held=OF_A_TENANT, pepper=application.pepper
            )
        key = issued.text
    write_private(home / KEY_FILE, key)
    async with application.transaction(tenant.id, actor=_ACTOR) as tx:
        return Seller(key, last_month(tx.now))


def last_month(now: datetime) -> datetime:
    """Return the instant at which the month before the present one began."""
    this_month = local_day(now, ZONE).replace(day=1)
    return start_of_day((this_month - timedelta(days=1)).replace(day=1), ZONE)


async def _tenant(application: Application) -> tuple[Tenant, str | None]:
    try:
        return await tenant_by_slug(application.database, SLUG), None
    except TenantUnknown:
        command = CreateTenant(
            slug=SLUG, name="CRM360", currency="EUR", timezone=ZONE, country="FR"
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
