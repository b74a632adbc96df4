"""Seller and buyer of an invoice, kept with it by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import strawberry

from api.features.accounts.types import Address
from api.features.tenancy.types import Fact, facts

_ADDRESS: Final = {
    "line1": "line1", "line2": "line2", "line3": "line3", "postal_code": "postalCode",
    "city": "city", "region": "region", "country": "country",
}  # fmt: skip


@strawberry.type(description="Seller or buyer, as they were when the invoice was made.")
class InvoiceParty:
    """A party, by value: later changes of the account do not touch it."""

    name: str = strawberry.field(description="The name.")
    country: str = strawberry.field(description="The country, an ISO 3166-1 code.")
    email: str | None = strawberry.field(description="The e-mail address.")
    tax_number: str | None = strawberry.field(description="The tax number.")
    address: Address = strawberry.field(description="The postal address.")
    details: list[Fact] = strawberry.field(description="Whatever else the law asks for.")


def party(kept: Mapping[str, Any]) -> InvoiceParty:
    """Show a party as it is kept with an invoice; what has no field of its own is a detail."""
    known = ("name", "country", "email", "taxNumber")
    address = kept.get("address")
    is_address = isinstance(address, Mapping) and address.keys() <= set(_ADDRESS.values())
    lines = address if is_address and address is not None else {}
    shown = {*known, "address"} if is_address else {*known}
    return InvoiceParty(
        name=kept["name"],
        country=kept["country"],
        email=kept.get("email"),
        tax_number=kept.get("taxNumber"),
        address=Address(**{name: lines.get(stored) for name, stored in _ADDRESS.items()}),
        details=facts({name: value for name, value in kept.items() if name not in shown}),
    )
