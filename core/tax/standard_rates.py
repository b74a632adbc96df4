"""Standard rates of value added tax by country, with the days from which they hold.

In percent. Source: the European Commission's "Taxes in Europe" database, and the tax
authorities of GB, CH and NO; only changes since 2014 are listed. A seller may state other
rates, and must state reduced ones.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

EUROPEAN_UNION: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip

_ALWAYS: Final = date(2014, 1, 13)

_RATES: Final[dict[str, tuple[tuple[date, str], ...]]] = {
    "AT": ((_ALWAYS, "20"),),
    "BE": ((_ALWAYS, "21"),),
    "BG": ((_ALWAYS, "20"),),
    "CH": ((_ALWAYS, "8"), (date(2018, 1, 1), "7.7"), (date(2024, 1, 1), "8.1")),
    "CY": ((_ALWAYS, "19"),),
    "CZ": ((_ALWAYS, "21"),),
    "DE": ((_ALWAYS, "19"), (date(2020, 7, 1), "16"), (date(2021, 1, 1), "19")),
    "DK": ((_ALWAYS, "25"),),
    "EE": ((_ALWAYS, "20"), (date(2024, 1, 1), "22"), (date(2025, 7, 1), "24")),
    "ES": ((_ALWAYS, "21"),),
    "FI": ((_ALWAYS, "24"), (date(2024, 9, 1), "25.5")),
    "FR": ((_ALWAYS, "20"),),
    "GB": ((_ALWAYS, "20"),),
    "GR": ((_ALWAYS, "23"), (date(2016, 6, 1), "24")),
    "HR": ((_ALWAYS, "25"),),
    "HU": ((_ALWAYS, "27"),),
    "IE": ((_ALWAYS, "23"), (date(2020, 9, 1), "21"), (date(2021, 3, 1), "23")),
    "IT": ((_ALWAYS, "22"),),
    "LT": ((_ALWAYS, "21"),),
    "LU": ((_ALWAYS, "15"), (date(2015, 1, 1), "17"), (date(2023, 1, 1), "16"),
           (date(2024, 1, 1), "17")),
    "LV": ((_ALWAYS, "21"),),
    "MT": ((_ALWAYS, "18"),),
    "NL": ((_ALWAYS, "21"),),
    "NO": ((_ALWAYS, "25"),),
    "PL": ((_ALWAYS, "23"),),
    "PT": ((_ALWAYS, "23"),),
    "RO": ((_ALWAYS, "24"), (date(2016, 1, 1), "20"), (date(2017, 1, 1), "19"),
           (date(2025, 8, 1), "21")),
    "SE": ((_ALWAYS, "25"),),
    "SI": ((_ALWAYS, "22"),),
    "SK": ((_ALWAYS, "20"), (date(2025, 1, 1), "23")),
}  # fmt: skip


def standard_rate(country: str, day: date) -> Decimal | None:
    """Return a country's standard rate on a day, or None where we know none."""
    held = [rate for since, rate in _RATES.get(country, ()) if since <= day]
    return Decimal(held[-1]) if held else None
