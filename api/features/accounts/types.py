"""Accounts, their members, companies and history as the schema shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires, requires_a_key, unless_customer
from api.context import Info
from api.features.accounts import loading
from api.features.tenancy.actors import Actor
from api.features.tenancy.loading import load_org_units
from api.features.tenancy.types import Fact, OrgUnit, facts
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.accounts import records
from core.accounts.attributes import AttributeValue
from core.accounts.wording import summary
from core.tenancy import Capability

ACCOUNT_ID: Final = IdKind(prefix="acc", type_name="Account")
MEMBER_ID: Final = IdKind(prefix="mem", type_name="Member")
COMPANY_ID: Final = IdKind(prefix="comp", type_name="Company")


@strawberry.enum(description="What the bills of an account are made for.")
class InvoicePer(Enum):
    """How charges are put on invoices."""

    SUBSCRIPTION = strawberry.enum_value(
        "subscription", description="Each subscription has invoices of its own."
    )
    ACCOUNT = strawberry.enum_value(
        "account", description="What falls due together is on one invoice."
    )


@strawberry.enum(description="Whether an account takes new subscriptions.")
class AccountState(Enum):
    """The states of an account."""

    ACTIVE = strawberry.enum_value("active", description="It does.")
    CLOSED = strawberry.enum_value("closed", description="It does not.")


@strawberry.enum(description="Whether a member or a company still belongs to the account.")
class BelongingState(Enum):
    """The states of members and companies."""

    ACTIVE = strawberry.enum_value("active", description="It does.")
    REMOVED = strawberry.enum_value("removed", description="It did; what refers to it stays.")


@strawberry.enum(description="What a user may do for the account.")
class MemberRole(Enum):
    """The roles of members."""

    OWNER = strawberry.enum_value("owner", description="Buys; an account has one at most.")
    ADMINISTRATOR = strawberry.enum_value(
        "administrator", description="Assigns; an account has one at most."
    )
    MEMBER = strawberry.enum_value("member", description="Uses.")


@strawberry.type(
    description="An attribute of your own. Conditions read it: a text, a truth value or a "
    "whole number; the other two are null."
)
class Attribute:
    """One custom attribute."""

    name: str = strawberry.field(description="Its name.")
    text: str | None = strawberry.field(description="Its value, when it is a text.")
    flag: bool | None = strawberry.field(description="Its value, when it is true or false.")
    number: Decimal | None = strawberry.field(
        description="Its value, when it is a whole number."
    )


@strawberry.type(description="A postal address; every part may be absent.")
class Address:
    """An address."""

    line1: str | None = strawberry.field(description="The first line.")
    line2: str | None = strawberry.field(description="The second line.")
    line3: str | None = strawberry.field(description="The third line.")
    postal_code: str | None = strawberry.field(description="The postal code.")
    city: str | None = strawberry.field(description="The city.")
    region: str | None = strawberry.field(description="The region, state or county.")
    country: str | None = strawberry.field(description="The country as written on letters.")


@strawberry.type(description="A customer of the seller's.")
class Account(Node):
    """An account; its columns are here, what hangs from it is loaded."""

    ref: str | None = strawberry.field(description="Your own reference, unique when given.")
    name: str = strawberry.field(description="The name shown to people.")
    email: str | None = strawberry.field(description="Where its mail goes.")
    country: str = strawberry.field(description="Its country, an ISO 3166-1 code.")
    currency: CurrencyCode = strawberry.field(description="What it is billed in.")
    timezone: str = strawberry.field(description="The zone that its periods begin in.")
    address: Address = strawberry.field(description="Where it lives.")
    tax_number: str | None = strawberry.field(description="Its tax number.")
    invoice_per: InvoicePer = strawberry.field(description="What its bills are made for.")
    test_clock: datetime | None = strawberry.field(
        description="What time it is for this account; null when it lives in real time."
    )
    state: AccountState = strawberry.field(description="Whether it takes new subscriptions.")
    created_at: datetime = strawberry.field(description="When it was created.")
    key: strawberry.Private[UUID]
    org_unit_key: strawberry.Private[UUID]
    record: strawberry.Private[records.Account]

    @classmethod
    def of(cls, record: records.Account) -> Account:
        """Show a record."""
        return cls(
            id=ACCOUNT_ID.encode(record.id),
            ref=record.ref,
            name=record.name,
            email=record.email,
            country=record.country,
            currency=CurrencyCode(record.currency),
            timezone=record.timezone,
            address=_address(record.address),
            tax_number=record.tax_number,
            invoice_per=InvoicePer(record.invoice_per),
            test_clock=record.test_clock,
            state=AccountState(record.state),
            created_at=record.created_at,
            key=record.id,
            org_unit_key=record.org_unit_id,
            record=record,
        )

    @strawberry.field(description="Your own grouping; customers do not read it.")
    @requires_a_key(customers=True)
    async def classification(self, info: Info) -> str | None:
        """Return the grouping."""
        return unless_customer(info, self.record.classification, None)

    @strawberry.field(description="Attributes of your own; customers read none.")
    @requires_a_key(customers=True)
    async def attributes(self, info: Info) -> list[Attribute]:
        """Return the attributes."""
        return unless_customer(info, shown_attributes(self.record.attributes), [])

    @strawberry.field(description="The seller's unit that looks after it.")
    @requires(Capability.ACCOUNT_READ)
    async def org_unit(self, info: Info) -> OrgUnit | None:
        """Load the unit."""
        return await linked(info, load_org_units, key=self.org_unit_key, show=OrgUnit.of)


@strawberry.type(description="A user whom an account declares.")
class Member(Node):
    """A member."""

    name: str = strawberry.field(description="The person's name.")
    email: str = strawberry.field(description="The e-mail address, unique in the account.")
    role: MemberRole = strawberry.field(description="What the person may do.")
    state: BelongingState = strawberry.field(description="Whether the person still belongs.")
    created_at: datetime = strawberry.field(description="When the person was added.")
    account_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Member) -> Member:
        """Show a record."""
        return cls(
            id=MEMBER_ID.encode(record.id),
            name=record.name,
            email=record.email,
            role=MemberRole(record.role),
            state=BelongingState(record.state),
            created_at=record.created_at,
            account_key=record.account_id,
        )

    @strawberry.field(description="The account.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, loading.load_accounts, key=self.account_key, show=Account.of)


@strawberry.type(description="A company attached to an account.")
class Company(Node):
    """A company."""

    name: str = strawberry.field(description="Its name.")
    tax_number: str | None = strawberry.field(description="Its tax number.")
    country: str = strawberry.field(description="Its country, an ISO 3166-1 code.")
    state: BelongingState = strawberry.field(description="Whether it still belongs.")
    created_at: datetime = strawberry.field(description="When it was added.")
    account_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Company) -> Company:
        """Show a record."""
        return cls(
            id=COMPANY_ID.encode(record.id),
            name=record.name,
            tax_number=record.tax_number,
            country=record.country,
            state=BelongingState(record.state),
            created_at=record.created_at,
            account_key=record.account_id,
        )

    @strawberry.field(description="The account.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, loading.load_accounts, key=self.account_key, show=Account.of)


@strawberry.type(description="Something that happened to an account.")
class HistoryEntry:
    """An entry of an account's history."""

    at: datetime = strawberry.field(description="When it happened, by the account's clock.")
    actor: Actor = strawberry.field(description="Who did it.")
    action: str = strawberry.field(description="What was done, such as member.added.")
    subject_type: str = strawberry.field(description="What kind of object it was done to.")
    details: list[Fact] = strawberry.field(description="What else is known of it.")
    account_key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID | None]
    record: strawberry.Private[records.HistoryEntry]

    @classmethod
    def of(cls, record: records.HistoryEntry) -> HistoryEntry:
        """Show a record."""
        return cls(
            at=record.at,
            actor=Actor.of(record.actor),
            action=record.action,
            subject_type=record.subject_type,
            details=facts(record.details),
            account_key=record.account_id,
            subscription_key=record.subscription_id,
            record=record,
        )

    @strawberry.field(
        description="What was done, in a sentence in English; days are the account's."
    )
    @requires(Capability.ACCOUNT_READ)
    async def summary(self, info: Info) -> str:
        """Word the entry in the account's zone."""
        found = await info.context.loaders.of(loading.load_accounts).load(self.account_key)
        zone = "UTC" if found is None else found.timezone
        return summary(self.action, self.record.details, zone=zone)


def shown_attributes(attributes: Mapping[str, AttributeValue]) -> list[Attribute]:
    """Show attributes in the order of their names."""
    return [_attribute(name, value) for name, value in sorted(attributes.items())]


def _attribute(name: str, value: AttributeValue) -> Attribute:
    is_flag = isinstance(value, bool)
    is_number = isinstance(value, int) and not is_flag
    return Attribute(
        name=name,
        text=value if isinstance(value, str) else None,
        flag=bool(value) if is_flag else None,
        number=Decimal(value) if is_number else None,
    )


def _address(address: Mapping[str, str]) -> Address:
    return Address(
        line1=address.get("line1"),
        line2=address.get("line2"),
        line3=address.get("line3"),
        postal_code=address.get("postalCode"),
        city=address.get("city"),
        region=address.get("region"),
        country=address.get("country"),
    )
