"""Where a text message goes: the country of the recipient's number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers

from core.plugin_api import EventRejected

_E164: Final = re.compile(r"\+[1-9][0-9]{4,14}")
_NO_COUNTRY: Final = "001"
"""What the library answers for numbers of no country (satellites, global networks)."""


@lru_cache(maxsize=65_536)
def country_of(number: str) -> str:
    """Return the ISO 3166 code of a number's country, or reject the number.

    Overseas departments have codes of their own: +590… is GP, +262… RE. Numbers of no
    country (satellite and global networks, +88…) are `001`, as in the numbering plan.
    """
    if not _E164.fullmatch(number):
        raise EventRejected(
            f"{_masked(number)} is no number in E.164 form; write +33612345678, say",
            path=("to",),
        )
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        raise _unknown(number) from None
    if not phonenumbers.is_valid_number(parsed):
        raise _unknown(number)
    return phonenumbers.region_code_for_number(parsed) or _NO_COUNTRY


def _unknown(number: str) -> EventRejected:
    return EventRejected(
        f"{_masked(number)} is not a number of any country's numbering plan; check it",
        path=("to",),
    )


def _masked(number: str) -> str:
    """Show enough to recognise a number and too little to call it."""
    return f"{number[:6]}…" if len(number) > 6 else repr(number)
