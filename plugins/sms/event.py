"""The event of the SMS channel: one message handed over to the network."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class SmsEncoding(Enum):
    """The alphabet in which a text is carried.

    Attributes:
        GSM_7: The 7-bit alphabet of GSM 03.38.
        UCS_2: 16-bit units, for everything else.
    """

    GSM_7 = "gsm_7"
    UCS_2 = "ucs_2"


@dataclass(frozen=True, slots=True)
class SmsEvent:
    """One text message handed over to the network, to one number.

    Give the `text`, or the number of `segments` that the sending platform counted.
    """

    to: str = field(
        metadata={
            "description": "The recipient's number in E.164 form: +33612345678.",
            "max_length": 20,
        }
    )
    text: str | None = field(
        default=None,
        metadata={
            "description": "The message as sent. It is counted and then dropped, never stored.",
            "max_length": 39_015,
        },
    )
    segments: int | None = field(
        default=None,
        metadata={"description": "How many segments were sent, where the text is not given."},
    )
    encoding: SmsEncoding | None = field(
        default=None,
        metadata={"description": "The alphabet used; only beside `segments`, does not count."},
    )
    length: int | None = field(
        default=None,
        metadata={
            "description": "Length in places of the alphabet (7-bit or 16-bit units); "
            "only beside `segments`, does not count."
        },
    )
