"""How a text message is counted: the segments it is carried in, by destination.

A text of GSM-7 characters fits 160 into one segment, or 153 into each of several; any
other text is sent as UCS-2, 70 into one or 67 into each. Characters of the GSM extension
table take two places (an escape and a code), characters beyond the basic plane two
16-bit units; neither pair is ever split over two segments (3GPP TS 23.038, 23.040).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from plugins.sms.event import SmsEncoding

_GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_GSM_ALL: Final = _GSM_BASIC | _GSM_EXTENDED

MAX_SEGMENTS: Final = 255
"""A concatenated message has a count of parts in 8 bits (3GPP TS 23.040, 9.2.3.24.1)."""


@dataclass(frozen=True, slots=True)
class _Capacity:
    alone: int
    joined: int


_CAPACITY: Final = {
    SmsEncoding.GSM_7: _Capacity(alone=160, joined=153),
    SmsEncoding.UCS_2: _Capacity(alone=70, joined=67),
}


class Counted(NamedTuple):
    """A text's encoding, its length in that encoding's places, and its segments."""

    encoding: SmsEncoding
    length: int
    segments: int


def count(text: str) -> Counted:
    """Count the segments of a text; an empty one is carried in one segment.

    159 letters and one € are 161 places of GSM-7: 2 segments. 350 letters are 3 (153 +
    153 + 44). 150 Cyrillic letters are 3 segments of UCS-2 (67 + 67 + 16).
    """
    if _GSM_ALL.issuperset(text):
        widths = [2 if character in _GSM_EXTENDED else 1 for character in text]
        return _counted(SmsEncoding.GSM_7, widths)
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return _counted(SmsEncoding.UCS_2, widths)


def _counted(encoding: SmsEncoding, widths: list[int]) -> Counted:
    capacity, length = _CAPACITY[encoding], sum(widths)
    if length <= capacity.alone:
        return Counted(encoding, length, segments=1)
    return Counted(encoding, length, segments=_filled(widths, capacity.joined))


def _filled(widths: list[int], capacity: int) -> int:
    """Fill segment after segment; a pair that does not fit starts the next one."""
    segments, used = 1, 0
    for width in widths:
        if used + width > capacity:
            segments, used = segments + 1, 0
        used += width
    return segments
