"""Who did something, wherever the schema tells it: staff, a key, a customer, the system.

An actor is stored as a text, `staff:<uuid>`; this is the one place that reads it for people.
"""

from __future__ import annotations

from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires_a_key
from api.context import Info
from api.features.tenancy.ids import API_KEY_ID, STAFF_ID
from api.features.tenancy.loading import load_api_keys, load_customers, load_staff

_SYSTEM_NAME: Final = "automatic"
_OPERATOR_NAME: Final = "operator"
_CUSTOMER_NAME: Final = "customer"
_SELLERS_NAMES: Final = {"staff": "staff", "key": "seller"}
"""What customers read in place of the names of the seller's people and programs."""


@strawberry.enum(description="What kind of actor it is.")
class ActorKind(Enum):
    """Who may act."""

    STAFF = strawberry.enum_value("staff", description="A person of the seller's staff.")
    API_KEY = strawberry.enum_value("key", description="A program, by its key.")
    CUSTOMER = strawberry.enum_value(
        "customer", description="A customer, by a token of their account or of a member."
    )
    OPERATOR = strawberry.enum_value("platform", description="Who runs the platform.")
    SYSTEM = strawberry.enum_value("system", description="Nobody: it happened by itself.")


@strawberry.type(description="Who did something.")
class Actor:
    """An actor."""

    kind: ActorKind = strawberry.field(description="What kind of actor it is.")
    key: strawberry.Private[UUID | None]
    label: strawberry.Private[str]
    sellers_id: strawberry.Private[strawberry.ID | None] = None

    @classmethod
    def of(cls, stored: str) -> Actor:
        """Show an actor as it is stored; what is none of ours happened by itself."""
        name, _, rest = stored.partition(":")
        key = _uuid(rest)
        if name == "staff" and key is not None:
            ident = STAFF_ID.encode(key)
            return cls(kind=ActorKind("staff"), key=key, label=rest, sellers_id=ident)
        if name == "key" and key is not None:
            ident = API_KEY_ID.encode(key)
            return cls(kind=ActorKind("key"), key=key, label=rest, sellers_id=ident)
        if name == "customer" and key is not None:
            return cls(kind=ActorKind("customer"), key=key, label=_CUSTOMER_NAME)
        if name in {"platform", "operator"}:
            return cls(kind=ActorKind("platform"), key=None, label=_OPERATOR_NAME)
        return cls(kind=ActorKind("system"), key=None, label=rest or _SYSTEM_NAME)

    @classmethod
    def maybe(cls, stored: str | None) -> Actor | None:
        """Show an actor, where there is one."""
        return None if stored is None else cls.of(stored)

    @strawberry.field(
        description="The id of the staff member or of the key; null for others, and to "
        "customers."
    )
    @requires_a_key(customers=True)
    async def id(self, info: Info) -> strawberry.ID | None:
        """Tell the id to the seller's own people."""
        return None if info.context.principal.is_customer else self.sellers_id

    @strawberry.field(
        description="The name of the person or of the key, or what acted. Customers read no "
        "names of the seller's."
    )
    @requires_a_key(customers=True)
    async def name(self, info: Info) -> str:
        """Load the name; one that is gone is told by its id."""
        if self.key is None:
            return self.label
        if self.kind is ActorKind.CUSTOMER:
            name = await info.context.loaders.of(load_customers).load(self.key)
            return self.label if name is None else name
        if info.context.principal.is_customer:
            return _SELLERS_NAMES[str(self.kind.value)]
        if self.kind is ActorKind.STAFF:
            staff = await info.context.loaders.of(load_staff).load(self.key)
            return self.label if staff is None else staff.name
        api_key = await info.context.loaders.of(load_api_keys).load(self.key)
        return self.label if api_key is None else api_key.name


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
