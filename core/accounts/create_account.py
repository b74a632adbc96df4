"""Create an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import outbox
from core.accounts import history, repository
from core.accounts.attributes import checked_attributes, name_key
from core.accounts.records import Account
from core.contact_details import country_code, email_address, line_of_text, optional_line
from core.database_errors import violates
from core.db import Tx
from core.kernel.clock import in_utc
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.kernel.money import minor_digits
from core.kernel.zones import time_zone
from core.tenancy import repository as tenancy
from core.tenancy.create_org_unit import OrgUnitNotFound
from core.tenancy.records import Tenant

InvoicePer = Literal["subscription", "account"]
ADDRESS_FIELDS: Final = frozenset(
    {"line1", "line2", "line3", "postalCode", "city", "region", "country"}
)


class AccountRefTaken(Refusal):
    """Another account of this tenant has this reference."""

    code: ClassVar[str] = "ACCOUNT_REF_TAKEN"


class UnknownAddressField(Refusal):
    """An address has a field that addresses do not have."""

    code: ClassVar[str] = "UNKNOWN_ADDRESS_FIELD"


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """A customer; what is None is the tenant's (currency, zone, country, root unit).

    Whose viewing is limited to units gives none but these, and their own where it is None.

    `test_clock` makes an account that lives in a time of its own, from that instant on; it
    can be given at creation only, and its documents are numbered in a series apart.
    """

    name: str
    ref: str | None = None
    email: str | None = None
    country: str | None = None
    currency: str | None = None
    timezone: str | None = None
    org_unit_id: UUID | None = None
    classification: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    address: Mapping[str, str] = field(default_factory=dict)
    tax_number: str | None = None
    invoice_per: InvoicePer = "subscription"
    test_clock: datetime | None = None


async def create_account(tx: Tx, command: CreateAccount) -> Account:
    """Create an account; refuses unknown codes, malformed texts and a taken reference."""
    tenant = await tenancy.tenant(tx)
    assert tenant is not None  # a transaction's tenant comes from a key, which refers to it
    account = _account(tx, command, tenant=tenant, unit_id=await _unit(tx, command.org_unit_id))
    try:
        await repository.add_account(tx, account)
    except IntegrityError as error:
        if violates(error, "account_tenant_id_ref_key"):
            raise AccountRefTaken(f"{account.ref!r} is taken", path=("ref",)) from error
        raise
    await history.append(
        tx,
        account_id=account.id,
        action="account.created",
        subject_type="account",
        subject_id=account.id,
    )
    await outbox.append(
        tx, topic="account.created", subject_id=account.id, payload={"ref": account.ref}
    )
    return account


def checked_address(
    address: Mapping[str, str], *, path: tuple[str, ...] = ("address",)
) -> dict[str, str]:
    """Return the address with each line checked, or refuse a field that no address has."""
    for name in sorted(address.keys() - ADDRESS_FIELDS):
        known = ", ".join(sorted(ADDRESS_FIELDS))
        raise UnknownAddressField(f"{name!r} is not one of {known}", path=(*path, name))
    return {
        name: line_of_text(text, path=(*path, name)) for name, text in sorted(address.items())
    }


async def _unit(tx: Tx, unit_id: UUID | None) -> UUID:
    if tx.viewing is not None:
        unit_id = unit_id or tx.viewing.unit_id
        if unit_id not in tx.viewing.units:
            raise OrgUnitNotFound("there is no such org unit", path=("orgUnitId",))
    unit = await (tenancy.root_unit(tx) if unit_id is None else tenancy.org_unit(tx, unit_id))
    if unit is None:
        raise OrgUnitNotFound("there is no such org unit", path=("orgUnitId",))
    return unit.id


def _account(tx: Tx, command: CreateAccount, *, tenant: Tenant, unit_id: UUID) -> Account:
    currency = command.currency or tenant.currency
    zone = command.timezone or tenant.timezone
    minor_digits(currency)
    time_zone(zone)
    name = line_of_text(command.name, path=("name",))
    return Account(
        id=new_id(),
        ref=optional_line(command.ref, path=("ref",)),
        name=name,
        name_key=name_key(name),
        email=None if command.email is None else email_address(command.email),
        country=country_code(command.country or tenant.country),
        currency=currency,
        timezone=zone,
        org_unit_id=unit_id,
        classification=optional_line(command.classification, path=("classification",)),
        attributes=checked_attributes(command.attributes),
        address=checked_address(command.address),
        tax_number=optional_line(command.tax_number, path=("taxNumber",)),
        invoice_per=command.invoice_per,
        test_clock=None if command.test_clock is None else in_utc(command.test_clock),
        state="active",
        created_at=tx.now,
    )
