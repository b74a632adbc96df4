"""The market of a message: the country of the customer's number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers

from core.plugin_api import EventRejected

_E164: Final = re.compile(r"\+[1-9][0-9]{4,14}")
_ISO_2: Final = re.compile(r"[A-Z]{2}")


def market_of(customer: str, *, stated: str | None) -> str:
    """Return the market whose rate a message has: the one stated, or the number's country."""
    if stated is None:
        return _country_of(customer)
    if not _ISO_2.fullmatch(stated):
        raise EventRejected(
            f"market {stated[:10]!r} is no ISO 3166 code; write FR, say", path=("market",)
        )
    return stated


@lru_cache(maxsize=65_536)
def _country_of(number: str) -> str:
    if _E164.fullmatch(number):
        try:
            region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
        except phonenumbers.NumberParseException:
            region = None
        if region is not None and _ISO_2.fullmatch(region):
            return str(region)
    raise EventRejected(
        "the customer's number has no country; write it in E.164 form, +33612345678 say, or "
        "state the market",
        path=("customer",),
    )
