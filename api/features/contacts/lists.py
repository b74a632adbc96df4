"""How many contacts accounts have."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import strawberry

from api.access import requires
from api.context import ApiContext, Info
from api.features.accounts.types import Account
from api.features.contacts.types import ContactCount
from core.contacts import records
from core.contacts.repository import counts_of
from core.tenancy import Capability


async def load_counts(context: ApiContext, keys: list[UUID]) -> Sequence[records.ContactCount]:
    """Load how many contacts accounts have."""
    async with context.transaction() as tx:
        found = await counts_of(tx, keys)
    return [found.get(key, records.ContactCount(0, 0, 0)) for key in keys]


@strawberry.type(description="The contacts of an account, counted.")
class AccountContacts:
    """A field of `Account`."""

    @strawberry.field(description="How many contacts it has, and how many wait.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def contact_count(self, info: Info, root: strawberry.Parent[Account]) -> ContactCount:
        """Load the count."""
        found = await info.context.loaders.of(load_counts).load(root.key)
        return ContactCount.of(found)
