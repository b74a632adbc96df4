"""Inputs and payloads of the mutations of accounts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from api.features.accounts.types import Account, Company, InvoicePer, Member, MemberRole
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import IdempotentInput
from api.refusals import (
    KEY_REFUSALS,
    NAME_REFUSALS,
    EmailTaken,
    LastAdministrator,
    RefTaken,
    UnknownTimezone,
)
from core.accounts.add_member import FirstMemberHolds, MemberRoleTaken
from core.accounts.attributes import InvalidAttribute
from core.changes.joining import LimitReached
from core.contact_details import InvalidEmail, InvalidText, UnknownCountry
from core.kernel.money import UnknownCurrency


@strawberry.input(description="The value of an attribute: one of these.", one_of=True)
class AttributeValueInput:
    """A value that conditions can read."""

    text: strawberry.Maybe[str] = strawberry.field(description="A text.")
    flag: strawberry.Maybe[bool] = strawberry.field(description="True or false.")
    number: strawberry.Maybe[Decimal] = strawberry.field(description="A whole number.")


@strawberry.input(description="An attribute of your own.")
class AttributeInput:
    """A name and a value."""

    name: str = strawberry.field(description="Letters, digits and _, no digit first.")
    value: AttributeValueInput = strawberry.field(description="What it holds.")


@strawberry.input(description="A postal address; what is left out is empty.")
class AddressInput:
    """An address."""

    line1: str | None = strawberry.field(default=strawberry.UNSET, description="First line.")
    line2: str | None = strawberry.field(default=strawberry.UNSET, description="Second line.")
    line3: str | None = strawberry.field(default=strawberry.UNSET, description="Third line.")
    postal_code: str | None = strawberry.field(
        default=strawberry.UNSET, description="The postal code."
    )
    city: str | None = strawberry.field(default=strawberry.UNSET, description="The city.")
    region: str | None = strawberry.field(
        default=strawberry.UNSET, description="The region, state or county."
    )
    country: str | None = strawberry.field(
        default=strawberry.UNSET, description="The country as written on letters."
    )


@strawberry.input(
    description="An account to be. Currency, zone, country and unit are the seller's where "
    "they are left out."
)
class AccountCreateInput(IdempotentInput):
    """A customer to be."""

    name: str = strawberry.field(description="The name shown to people.")
    ref: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own reference; it can name the account."
    )
    email: str | None = strawberry.field(
        default=strawberry.UNSET, description="Where its mail goes."
    )
    country: str | None = strawberry.field(
        default=strawberry.UNSET, description="An ISO 3166-1 code, such as FR."
    )
    currency: str | None = strawberry.field(
        default=strawberry.UNSET, description="An ISO 4217 code, such as EUR; it is for good."
    )
    timezone: str | None = strawberry.field(
        default=strawberry.UNSET, description="A zone's name, such as Europe/Paris."
    )
    org_unit: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The seller's unit, by id or code."
    )
    classification: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own grouping."
    )
    attributes: list[AttributeInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Attributes of your own; at most 100."
    )
    address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where it lives."
    )
    tax_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its tax number."
    )
    invoice_per: InvoicePer = strawberry.field(
        default=InvoicePer.SUBSCRIPTION, description="What its bills are made for."
    )
    test_clock: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Makes it live in a time of its own, from this instant on.",
    )


_ACCOUNT_REFUSALS: Any = (
    UnknownCurrency,
    UnknownTimezone,
    UnknownCountry,
    InvalidEmail,
    InvalidAttribute,
    InvalidText,
    *NAME_REFUSALS,
)


@strawberry.type(description="The new account, or why there is none.")
class AccountCreatePayload:
    """What accountCreate did."""

    account: Account | None = strawberry.field(description="The account.", default=None)
    user_errors: list[UserError] = user_errors(
        "AccountCreate", RefTaken, *_ACCOUNT_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(
    description="What changes of an account; what is left out stays. Currency, zone and "
    "country are for good."
)
class AccountUpdateInput(IdempotentInput):
    """Changes of a customer."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    name: strawberry.Maybe[str] = strawberry.field(description="Its new name.")
    email: strawberry.Maybe[str | None] = strawberry.field(
        description="Where its mail goes; null for nowhere."
    )
    classification: strawberry.Maybe[str | None] = strawberry.field(
        description="Your own grouping; null for none."
    )
    attributes: strawberry.Maybe[list[AttributeInput]] = strawberry.field(
        description="All of its attributes, in place of those it had."
    )
    address: strawberry.Maybe[AddressInput] = strawberry.field(
        description="The whole of its address, in place of what it was."
    )
    tax_number: strawberry.Maybe[str | None] = strawberry.field(
        description="Its tax number; null for none."
    )
    invoice_per: strawberry.Maybe[InvoicePer] = strawberry.field(
        description="What its bills are made for, from the next closing on."
    )


@strawberry.type(description="The changed account, or why nothing changed.")
class AccountUpdatePayload:
    """What accountUpdate did."""

    account: Account | None = strawberry.field(description="The account.", default=None)
    user_errors: list[UserError] = user_errors(
        "AccountUpdate",
        InvalidEmail,
        InvalidAttribute,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A user to be of an account.")
class MemberAddInput(IdempotentInput):
    """A person with a role."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    name: str = strawberry.field(description="The person's name.")
    email: str = strawberry.field(description="Unique in the account.")
    role: MemberRole = strawberry.field(
        description="The first member is the owner or the administrator."
    )


@strawberry.type(description="The new member, or why there is none.")
class MemberAddPayload:
    """What memberAdd did."""

    member: Member | None = strawberry.field(description="The person.", default=None)
    user_errors: list[UserError] = user_errors(
        "MemberAdd",
        EmailTaken,
        InvalidEmail,
        InvalidText,
        FirstMemberHolds,
        MemberRoleTaken,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Who leaves an account.")
class MemberRemoveInput:
    """A member."""

    member: strawberry.ID = strawberry.field(description="The person, by id.")


@strawberry.type(description="The removed member, or why nothing changed.")
class MemberRemovePayload:
    """What memberRemove did."""

    member: Member | None = strawberry.field(description="The person.", default=None)
    user_errors: list[UserError] = user_errors(
        "MemberRemove", LastAdministrator, *NAME_REFUSALS
    )


@strawberry.input(description="A company to be attached to an account.")
class CompanyAddInput(IdempotentInput):
    """A company."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    name: str = strawberry.field(description="Its name.")
    country: str | None = strawberry.field(
        default=strawberry.UNSET, description="An ISO 3166-1 code; the account's if left out."
    )
    tax_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its tax number."
    )


@strawberry.type(description="The attached company, or why there is none.")
class CompanyAddPayload:
    """What companyAdd did."""

    company: Company | None = strawberry.field(description="The company.", default=None)
    user_errors: list[UserError] = user_errors(
        "CompanyAdd", LimitReached, UnknownCountry, InvalidText, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="Which company leaves an account.")
class CompanyRemoveInput:
    """A company."""

    company: strawberry.ID = strawberry.field(description="The company, by id.")


@strawberry.type(description="The removed company, or why nothing changed.")
class CompanyRemovePayload:
    """What companyRemove did."""

    company: Company | None = strawberry.field(description="The company.", default=None)
    user_errors: list[UserError] = user_errors("CompanyRemove", *NAME_REFUSALS)
