"""What one SMS event amounts to, and what of it is kept."""

from __future__ import annotations

from decimal import Decimal

from core.plugin_api import EventRejected, Measure, Sample, Unit
from plugins.sms.destination import country_of
from plugins.sms.event import SmsEncoding, SmsEvent
from plugins.sms.pricing import MAX_SEGMENTS, count

SEGMENT = Unit("segment", "SMS segment")


def measure(event: SmsEvent) -> Measure:
    """Return the segments of a message under its destination country.

    Rejected: a number that is none, text and segments together or neither, and fewer
    than 1 or more than 255 segments.
    """
    segments = _segments(event)
    if not 1 <= segments <= MAX_SEGMENTS:
        where = "segments" if event.text is None else "text"
        raise EventRejected(
            f"a message of {segments} segments cannot be sent; 1 to {MAX_SEGMENTS} can",
            path=(where,),
        )
    return Measure(SEGMENT.name, Decimal(segments), country_of(event.to))


def _segments(event: SmsEvent) -> int:
    if event.text is None:
        if event.segments is None:
            raise EventRejected("give the text, or the segments that were sent", path=("text",))
        return event.segments
    for name in ("segments", "encoding", "length"):
        if getattr(event, name) is not None:
            raise EventRejected(
                f"give the text or {name}, not both; text is counted here", path=(name,)
            )
    return count(event.text).segments


def without_text(event: SmsEvent) -> SmsEvent:
    """Return the event with its text replaced by what was counted of it."""
    if event.text is None:
        return event
    counted = count(event.text)
    return SmsEvent(
        event.to,
        segments=counted.segments,
        encoding=counted.encoding,
        length=counted.length,
    )


SAMPLES = (
    Sample(
        SmsEvent("+33612345678", text="a" * 159 + "€"),
        Measure("segment", Decimal(2), "FR"),
        note="159 letters and one € are 161 places",
    ),
    Sample(SmsEvent("+33612345678", text="a" * 350), Measure("segment", Decimal(3), "FR")),
    Sample(SmsEvent("+33612345678", text="ж" * 150), Measure("segment", Decimal(3), "FR")),
    Sample(
        SmsEvent("+262692123456", segments=4, encoding=SmsEncoding.UCS_2),
        Measure("segment", Decimal(4), "RE"),
    ),
    Sample(SmsEvent("0612345678", text="hello"), is_refused=True),
    Sample(SmsEvent("+33612345678", text="hello", segments=1), is_refused=True),
    Sample(SmsEvent("+33612345678"), is_refused=True),
)
