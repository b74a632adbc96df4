"""The tax rates of a sale, by tax class.

At home the seller's country taxes. Within the European Union a buyer with a tax number
accounts for the tax itself (reverse charge: nothing is charged), and one without pays its
own country's rate. What leaves the union, or any other country, is an export and bears
none. (Council Directive 2006/112/EC, articles 44, 58, 138 and 196, simplified to
services.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from core.kernel.decimals import parse_decimal
from core.tax.vat_rates import EUROPEAN_UNION, UNTAXED_CLASSES, vat_rate

NOTHING: Final = Decimal(0)

StatedRates = Mapping[str, Mapping[str, Decimal]]
"""Percent by country and tax class, as the seller states them; they win over the table."""


@dataclass(frozen=True, slots=True)
class Sale:
    """The facts that decide a sale's tax rates; `day` is its tax point."""

    seller_country: str
    buyer_country: str
    buyer_has_tax_number: bool
    day: date


def stated_rates(legal: Mapping[str, Any]) -> StatedRates:
    """Read the rates that a tenant states: `{"taxRates": {"FR": {"reduced": "10"}}}`."""
    given = legal.get("taxRates") or {}
    return {
        country: {
            name: parse_decimal(
                str(rate), max_digits=3, max_places=4, path=("taxRates", country, name)
            )
            for name, rate in classes.items()
        }
        for country, classes in given.items()
    }


def tax_rates(sale: Sale, classes: Iterable[str], *, stated: StatedRates) -> dict[str, Decimal]:
    """Return the percentage of each tax class that is known; what is not known is left out.

    An invoice with a line of a class that is left out is refused, never taxed at zero.
    """
    taxing = _taxing_country(sale)
    if taxing is None:
        return dict.fromkeys(classes, NOTHING)
    found: dict[str, Decimal] = {}
    for name in classes:
        rate = _rate(taxing, name, sale.day, stated)
        if rate is not None:
            found[name] = rate
    return found


def _taxing_country(sale: Sale) -> str | None:
    """Return the country whose rates apply, or None where no tax is charged."""
    if sale.buyer_country == sale.seller_country:
        return sale.seller_country
    both_in_union = {sale.buyer_country, sale.seller_country} <= EUROPEAN_UNION
    if both_in_union and not sale.buyer_has_tax_number:
        return sale.buyer_country
    return None


def _rate(country: str, name: str, day: date, stated: StatedRates) -> Decimal | None:
    own = stated.get(country, {}).get(name)
    if own is not None:
        return own
    return NOTHING if name in UNTAXED_CLASSES else vat_rate(country, name, day)
