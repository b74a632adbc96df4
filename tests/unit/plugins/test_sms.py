"""SMS: segments by alphabet and length, countries by number, and no text that is kept."""

from decimal import Decimal

import pytest
import smsutil
from hypothesis import example, given
from hypothesis import strategies as st

from core.plugin_api import EventRejected, Measure
from core.plugin_api.conformance import ChannelConformance
from core.plugin_host import PluginHost, measure_batch, to_json
from plugins.sms.destination import country_of
from plugins.sms.event import SmsEncoding, SmsEvent
from plugins.sms.plugin import SmsChannel
from plugins.sms.pricing import count

PARIS = "+33612345678"
EMOJI = "😀"


class TestSmsChannel(ChannelConformance):
    """The channel passes the suite that partners run."""

    @pytest.fixture
    def channel(self):
        """Return the channel under test."""
        return SmsChannel()


COUNTS = [
    ("", SmsEncoding.GSM_7, 0, 1),
    ("a", SmsEncoding.GSM_7, 1, 1),
    ("a" * 160, SmsEncoding.GSM_7, 160, 1),
    ("a" * 161, SmsEncoding.GSM_7, 161, 2),
    ("a" * 306, SmsEncoding.GSM_7, 306, 2),  # 2 * 153
    ("a" * 307, SmsEncoding.GSM_7, 307, 3),
    ("a" * 350, SmsEncoding.GSM_7, 350, 3),  # 153 + 153 + 44
    ("a" * 158 + "€", SmsEncoding.GSM_7, 160, 1),  # 158 + 2
    ("a" * 159 + "€", SmsEncoding.GSM_7, 161, 2),  # 159 + 2
    ("|^€{}[]~\\\f", SmsEncoding.GSM_7, 20, 1),  # ten characters, two places each
    ("€" * 80, SmsEncoding.GSM_7, 160, 1),
    ("€" * 81, SmsEncoding.GSM_7, 162, 2),  # 76 fit 153 places, 152 used
    ("€" * 153, SmsEncoding.GSM_7, 306, 3),  # 76 + 76 + 1: no escape is split
    ("a" * 152 + "€" + "a" * 152, SmsEncoding.GSM_7, 306, 3),  # 152 + 153 + 1
    ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", SmsEncoding.GSM_7, 31, 1),
    ("ж" * 70, SmsEncoding.UCS_2, 70, 1),
    ("ж" * 71, SmsEncoding.UCS_2, 71, 2),
    ("ж" * 134, SmsEncoding.UCS_2, 134, 2),  # 2 * 67
    ("ж" * 135, SmsEncoding.UCS_2, 135, 3),
    ("ж" * 150, SmsEncoding.UCS_2, 150, 3),  # 67 + 67 + 16
    ("a" * 70 + "ê", SmsEncoding.UCS_2, 71, 2),  # one character outside turns all of it
    ("ç", SmsEncoding.UCS_2, 1, 1),  # the alphabet has Ç only
    ("\x1b", SmsEncoding.UCS_2, 1, 1),  # a bare escape is no character of the alphabet
    (EMOJI * 35, SmsEncoding.UCS_2, 70, 1),  # two units each
    (EMOJI * 36, SmsEncoding.UCS_2, 72, 2),  # 33 fit 67 units, 66 used
    (EMOJI * 67, SmsEncoding.UCS_2, 134, 3),  # 33 + 33 + 1: no pair is split
]


@pytest.mark.parametrize(("text", "encoding", "length", "segments"), COUNTS)
def test_a_text_is_counted(text, encoding, length, segments):
    """Its alphabet, its places, its segments."""
    assert count(text) == (encoding, length, segments)


GSM_TEXTS = st.text(st.sampled_from("abc \n€{}[]~\\|^\féà@Δ"), min_size=1, max_size=700)
ANY_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x1b"), min_size=1, max_size=300
)


@given(GSM_TEXTS | ANY_TEXTS)
@example("a" * 152 + "€" + "a" * 152)
@example(EMOJI * 67)
def test_an_independent_library_counts_the_same(text):
    """It splits a text into parts; it takes a bare escape for a character, and we do not."""
    split = smsutil.split(text)
    assert count(text).segments == len(split.parts)
    assert (count(text).encoding is SmsEncoding.GSM_7) == (split.encoding == "gsm0338")


@given(ANY_TEXTS, ANY_TEXTS)
def test_a_longer_text_never_takes_fewer_segments(text, more):
    """Adding to a text does not make it cheaper."""
    assert count(text + more).segments >= count(text).segments


COUNTRIES = [
    ("+33612345678", "FR"),
    ("+590690123456", "GP"),
    ("+596696123456", "MQ"),
    ("+594694123456", "GF"),
    ("+262692123456", "RE"),
    ("+262639012345", "YT"),
    ("+32470123456", "BE"),
    ("+34612345678", "ES"),
    ("+4915123456789", "DE"),
    ("+380501234567", "UA"),
    ("+12025550123", "US"),
    ("+16135550123", "CA"),
    ("+881612345678", "001"),
]


@pytest.mark.parametrize(("number", "country"), COUNTRIES)
def test_a_number_has_a_country(number, country):
    """Overseas departments have codes of their own; satellite numbers have none."""
    assert country_of(number) == country


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "0612345678",
        "33612345678",
        "+0612345678",
        "+33 6 12 34 56 78",
        "+336",
        "+999123456",
        "+3361234567890",
        "+33612345678x",
        "+٣٣٦١٢٣٤٥٦٧٨",
        "+33612345678\n",
    ],
)
def test_what_is_no_number_is_rejected_with_the_reason(number):
    """The reason does not repeat the whole number, which is somebody's."""
    with pytest.raises(EventRejected) as caught:
        country_of(number)
    assert caught.value.path == ("to",)
    assert "E.164" in caught.value.message or "numbering plan" in caught.value.message
    shown = caught.value.message.partition("; write")[0]
    assert len(number) <= 6 or number not in shown


REJECTED = [
    (SmsEvent(PARIS), ("text",), "give the text, or the segments"),
    (SmsEvent(PARIS, text="a", segments=1), ("segments",), "the text or segments, not both"),
    (SmsEvent(PARIS, text="a", length=1), ("length",), "the text or length, not both"),
    (
        SmsEvent(PARIS, text="a", encoding=SmsEncoding.GSM_7),
        ("encoding",),
        "the text or encoding, not both",
    ),
    (SmsEvent(PARIS, segments=0), ("segments",), "0 segments cannot be sent; 1 to 255 can"),
    (SmsEvent(PARIS, segments=-1), ("segments",), "-1 segments cannot be sent"),
    (SmsEvent(PARIS, segments=256), ("segments",), "256 segments cannot be sent"),
    (SmsEvent(PARIS, text="ж" * (255 * 67 + 1)), ("text",), "256 segments cannot be sent"),
]


@pytest.mark.parametrize(("event", "path", "reason"), REJECTED)
def test_an_event_that_cannot_be_counted_is_rejected(event, path, reason):
    """As a verdict with the path of what is wrong."""
    (verdict,) = measure_batch(PluginHost().channels["sms"], [event])
    assert verdict.code == "EVENT_REJECTED"
    assert verdict.path == path
    assert reason in verdict.message
    assert not verdict.is_plugin_fault


def test_the_largest_message_is_taken():
    """255 segments of 153 are 39,015 places."""
    event = SmsEvent(PARIS, text="a" * 39_015)
    (verdict,) = measure_batch(PluginHost().channels["sms"], [event])
    assert verdict.measure == Measure("segment", Decimal(255), "FR")


def test_the_text_is_counted_and_not_kept():
    """What is stored holds alphabet, length and segments instead."""
    channel = PluginHost().channels["sms"]
    (verdict,) = measure_batch(channel, [SmsEvent(PARIS, text="secret " * 30 + "€")])
    assert verdict.measure == Measure("segment", Decimal(2), "FR")
    assert to_json(channel, verdict.event) == {
        "to": PARIS,
        "segments": 2,
        "encoding": "GSM_7",
        "length": 212,  # 30 * 7 + 2
    }


@given(ANY_TEXTS)
def test_what_is_kept_measures_the_same(text):
    """So that a period can be rated again without the texts."""
    channel, event = SmsChannel(), SmsEvent(PARIS, text=text)
    assert channel.measure(channel.stored(event)) == channel.measure(event)
