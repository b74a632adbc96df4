"""From the inputs of accounts to the commands of the core."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import strawberry

from api.features.accounts.payloads import (
    AccountCreateInput,
    AccountUpdateInput,
    AddressInput,
    AttributeInput,
)
from api.features.accounts.types import ACCOUNT_ID
from api.features.tenancy.types import ORG_UNIT_ID
from api.references import choice, given, key_of
from core.accounts.attributes import InvalidAttribute
from core.accounts.create_account import CreateAccount
from core.accounts.update_account import UNCHANGED, AccountNotFound, UpdateAccount
from core.db import Tx
from core.tenancy.create_org_unit import OrgUnitNotFound


async def account_key(tx: Tx, text: str) -> UUID:
    """Return the key of an account that is named by id or ref.

    Raises:
        AccountNotFound: no account has the ref.
    """
    path = ("account",)
    found = await key_of(tx, ACCOUNT_ID, text, table="account", code="ref", path=path)
    if found is None:
        told = f"there is no account {text!r}; check its id or ref"
        raise AccountNotFound(told, path=path)
    return found


async def create_command(tx: Tx, asked: AccountCreateInput) -> CreateAccount:
    """Return what accountCreate asks for."""
    return CreateAccount(
        name=asked.name,
        ref=given(asked.ref),
        email=given(asked.email),
        country=given(asked.country),
        currency=given(asked.currency),
        timezone=given(asked.timezone),
        org_unit_id=await _unit_key(tx, given(asked.org_unit)),
        classification=given(asked.classification),
        attributes=given_attributes(given(asked.attributes) or ()),
        address=_address(given(asked.address)),
        tax_number=given(asked.tax_number),
        invoice_per=choice(asked.invoice_per),
        test_clock=given(asked.test_clock),
    )


async def update_command(tx: Tx, asked: AccountUpdateInput) -> UpdateAccount:
    """Return what accountUpdate asks for; what it does not mention stays."""
    attributes, address = asked.attributes, asked.address
    return UpdateAccount(
        account_id=await account_key(tx, asked.account),
        name=asked.name.value if asked.name is not None else UNCHANGED,
        email=asked.email.value if asked.email is not None else UNCHANGED,
        classification=(
            asked.classification.value if asked.classification is not None else UNCHANGED
        ),
        attributes=given_attributes(attributes.value) if attributes is not None else UNCHANGED,
        address=_address(address.value) if address is not None else UNCHANGED,
        tax_number=asked.tax_number.value if asked.tax_number is not None else UNCHANGED,
        invoice_per=(
            choice(asked.invoice_per.value) if asked.invoice_per is not None else UNCHANGED
        ),
    )


async def _unit_key(tx: Tx, text: str | None) -> UUID | None:
    if text is None:
        return None
    path = ("orgUnit",)
    found = await key_of(tx, ORG_UNIT_ID, text, table="org_unit", path=path)
    if found is None:
        raise OrgUnitNotFound(f"there is no org unit {text!r}", path=path)
    return found


def given_attributes(given_ones: Sequence[AttributeInput]) -> dict[str, object]:
    """Return attributes by name; a whole number arrives as a decimal.

    Raises:
        InvalidAttribute: a name is given twice: one of the two would be lost.
    """
    found: dict[str, object] = {}
    for number, attribute in enumerate(given_ones):
        if attribute.name in found:
            path = ("attributes", str(number), "name")
            raise InvalidAttribute(f"{attribute.name!r} is given twice", path=path)
        found[attribute.name] = _value(attribute)
    return found


def _value(attribute: AttributeInput) -> object:
    value = attribute.value
    if value.text is not None:
        return value.text.value
    if value.flag is not None:
        return value.flag.value
    assert value.number is not None  # one of the three, by GraphQL
    number = value.number.value
    whole = number.to_integral_value()
    return int(whole) if whole == number else number


def _address(address: AddressInput | None) -> dict[str, str]:
    if address is None:
        return {}
    lines = {
        "line1": address.line1,
        "line2": address.line2,
        "line3": address.line3,
        "postalCode": address.postal_code,
        "city": address.city,
        "region": address.region,
        "country": address.country,
    }
    return {
        name: text
        for name, text in lines.items()
        if text is not None and text is not strawberry.UNSET
    }
