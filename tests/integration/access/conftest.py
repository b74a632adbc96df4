"""An account with people, on a test clock that the tests move by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pytest

from core.access.member_profiles import SetMemberProfiles, set_member_profiles
from core.access.profiles import CreateProfile, create_profile
from core.access.records import Profile, Right
from core.accounts.add_member import AddMember, MemberRole, add_member
from core.db import Database
from tests.building import Shop, open_shop, utc

CATALOGUE = """
products:
  sales: {kind: module, name: Sales}
  crm: {kind: module, name: CRM}
  suite: {kind: module, name: Suite, members: [sales, crm]}
  seats: {kind: licence, name: Seats}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {sales: {base: 29}}}
billing_terms:
  monthly: {name: Monthly, plans: [simple]}
"""


@dataclass(slots=True)
class People:
    """An account, and verbs upon it at instants of one's choosing."""

    shop: Shop
    account_id: UUID
    products: dict[str, UUID]
    members: dict[str, UUID] = field(default_factory=dict)

    async def join(self, name: str, role: MemberRole = "member") -> UUID:
        """Add a member."""
        async with self.shop.at(utc(1)) as tx:
            command = AddMember(self.account_id, name, f"{name}@example.com", role)
            self.members[name] = (await add_member(tx, command)).id
        return self.members[name]

    async def profile(self, name: str, *modules: str, company: UUID | None = None) -> Profile:
        """Create a profile with rights on modules."""
        rights = [Right(self.products[code], company) for code in modules]
        async with self.shop.at(utc(1)) as tx:
            return await create_profile(tx, CreateProfile(self.account_id, name, rights))

    async def give(self, at: datetime, name: str, *profiles: Profile) -> None:
        """Set a member's profiles."""
        ids = [one.id for one in profiles]
        async with self.shop.at(at) as tx:
            await set_member_profiles(tx, SetMemberProfiles(self.members[name], ids))

    async def access(self) -> Sequence[tuple[str, str, datetime, datetime | None]]:
        """Return who may open what, from when until when, in that order."""
        async with self.shop.at() as tx:
            rows = await tx.fetch(
                "SELECT m.name, p.code, a.from_at, a.until_at FROM member_access a"
                " JOIN member m ON m.tenant_id = a.tenant_id AND m.id = a.member_id"
                " JOIN product p ON p.tenant_id = a.tenant_id AND p.id = a.product_id"
                " WHERE a.tenant_id = $1 ORDER BY m.name, p.code, a.from_at, a.until_at",
                tx.tenant_id,
            )
        return [tuple(row) for row in rows]


async def people_of(shop: Shop) -> People:
    """Open an account with an administrator, Ada, and two members, Bo and Cy."""
    async with shop.at(utc(1)) as tx:
        rows = await tx.fetch("SELECT code, id FROM product WHERE tenant_id = $1", tx.tenant_id)
    account_id = await shop.customer(opened=utc(1))
    found = People(shop, account_id, {row["code"]: row["id"] for row in rows})
    await found.join("ada", "administrator")
    await found.join("bo")
    await found.join("cy")
    return found


@pytest.fixture
async def people(db: Database) -> People:
    """Such an account, of a seller of modules."""
    return await people_of(await open_shop(db, catalogue=CATALOGUE))
