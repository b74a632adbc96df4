"""VAT by country, tax class and date, where the seller states nothing else.

In percent. Source: general knowledge of the published rates, as of 2026-11-21; a seller
checks its own country's rates before relying on them, and what it states wins. `standard`
is known for the EU, GB, CH and NO. `reduced` is the higher and `reduced_low` the lower of
a country's usual reduced rates, listed only where certain. `zero` and `exempt` are 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Final

UNTAXED_CLASSES: Final = frozenset({"zero", "exempt"})

EUROPEAN_UNION: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip

_STANDARD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AT": "1995-01-01 20",
        "BE": "1996-01-01 21",
        "BG": "1999-01-01 20",
        "CH": "2011-01-01 8 2018-01-01 7.7 2024-01-01 8.1",
        "CY": "2012-03-01 17 2013-01-14 18 2014-01-13 19",
        "CZ": "2013-01-01 21",
        "DE": "2007-01-01 19 2020-07-01 16 2021-01-01 19",
        "DK": "1992-01-01 25",
        "EE": "2009-07-01 20 2024-01-01 22 2025-07-01 24",
        "ES": "2012-09-01 21",
        "FI": "2013-01-01 24 2024-09-01 25.5",
        "FR": "2000-04-01 19.6 2014-01-01 20",
        "GB": "2011-01-04 20",
        "GR": "2010-07-01 23 2016-06-01 24",
        "HR": "2012-03-01 25",
        "HU": "2012-01-01 27",
        "IE": "2012-01-01 23 2020-09-01 21 2021-03-01 23",
        "IT": "2011-09-17 21 2013-10-01 22",
        "LT": "2009-09-01 21",
        "LU": "2015-01-01 17 2023-01-01 16 2024-01-01 17",
        "LV": "2012-07-01 21",
        "MT": "2004-01-01 18",
        "NL": "2012-10-01 21",
        "NO": "2005-01-01 25",
        "PL": "2011-01-01 23",
        "PT": "2011-01-01 23",
        "RO": "2010-07-01 24 2016-01-01 20 2017-01-01 19 2025-08-01 21",
        "SE": "1990-07-01 25",
        "SI": "2013-07-01 22",
        "SK": "2011-01-01 20 2025-01-01 23",
    }
)
_REDUCED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AT": "1995-01-01 10",
        "BE": "1996-01-01 12",
        "CY": "2014-01-13 9",
        "DE": "2007-01-01 7 2020-07-01 5 2021-01-01 7",
        "ES": "2012-09-01 10",
        "FR": "2014-01-01 10",
        "GB": "1997-09-01 5",
        "IT": "1995-02-24 10",
        "NL": "2019-01-01 9",
    }
)
_REDUCED_LOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BE": "1996-01-01 6",
        "CY": "2000-07-01 5",
        "ES": "1995-01-01 4",
        "FR": "2012-01-01 5.5",
        "IT": "1995-01-01 4",
    }
)
_BY_CLASS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"standard": _STANDARD, "reduced": _REDUCED, "reduced_low": _REDUCED_LOW}
)


@lru_cache(maxsize=4096)
def vat_rate(country: str, tax_class: str, day: date) -> Decimal | None:
    """Return the percentage in force on a day, or None where none is known.

    CY standard is 19 since 2014-01-13. `country` is ISO 3166-1 alpha-2, upper case.
    """
    if country not in _STANDARD:
        return None
    if tax_class in UNTAXED_CLASSES:
        return Decimal(0)
    listed = _BY_CLASS.get(tax_class, {}).get(country, "")
    found = [rate for start, rate in _dated(listed) if start <= day]
    return found[-1] if found else None


@lru_cache(maxsize=256)
def _dated(text: str) -> tuple[tuple[date, Decimal], ...]:
    words = text.split()
    return tuple(
        (date.fromisoformat(day), Decimal(rate))
        for day, rate in zip(words[::2], words[1::2], strict=True)
    )
