"""Events are checked value by value, and written as JSON and columns and back."""

# ruff: noqa: D102, RUF009 - the members of a channel, and fields made by a function

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plugin_api import EventRejected, Measure, Unit, hookimpl
from core.plugin_host import (
    EventInvalid,
    Measured,
    PluginHost,
    Rejection,
    check_event,
    from_json,
    measure_batch,
    to_json,
)
from core.plugin_host.events import from_columns, to_columns


def described(**options):
    """Return a described field."""
    return field(metadata={"description": "Some.", **options.pop("metadata", {})}, **options)


class CallKind(Enum):
    """Where a call goes.

    Attributes:
        INLAND: Within the country.
        ABROAD: Out of it.
    """

    INLAND = "inland"
    ABROAD = "abroad"


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One call, with a field of every kind."""

    kind: CallKind = described()
    minutes: Decimal = described()
    legs: int = described(default=1)
    is_video: bool = described(default=False)
    note: str | None = described(default=None, metadata={"max_length": 10})
    began_at: datetime | None = described(default=None)
    billing_day: date | None = described(default=None)
    via: tuple[CallKind, ...] = described(default=())


class Calls:
    """A channel that measures, and misbehaves where the note says so."""

    name = "call"
    units = (Unit("minute", "Minute"),)
    pricing = "per_period"
    Event = CallEvent
    readme = "# Calls"

    def measure(self, event):  # noqa: C901, PLR0911 - a fault each
        match event.note:
            case "free":
                return None
            case "raise":
                raise KeyError("tariff")
            case "python":
                raise EventRejected("give the hour too", path=("began_at", "hour"))
            case "schema":
                raise EventRejected("give the hour too", path=("beganAt",))
            case "other":
                raise EventRejected("no field of this", path=("end_at",))
            case "float":
                return Measure("minute", 1.5)
            case "NaN":
                return Measure("minute", Decimal("NaN"))
            case "fine":
                return Measure("minute", Decimal("0.0000000001"))
            case "long":
                return Measure("minute", Decimal(1), "F" * 65)
            case "digits":
                far = event.minutes * 10**20
                return Measure("minute", far + Decimal("0.000000001") - far)
            case "later":
                return self._later()
        return Measure("minute", event.minutes)

    async def _later(self):
        return None

    def stored(self, event):
        return "nothing" if event.note == "lose" else event

    def samples(self):
        return ()


PLUGIN = SimpleNamespace(
    __plugin_name__="calls",
    __version__="4",
    REQUIRES_API=(1, 0),
    register_channels=hookimpl(lambda: [Calls()]),
)
CHANNEL = PluginHost([PLUGIN]).channels["call"]
FULL = CallEvent(
    CallKind.ABROAD,
    Decimal("12.50"),
    legs=2,
    is_video=True,
    note="été",
    began_at=datetime(2026, 11, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))),
    billing_day=date(2026, 11, 1),
    via=(CallKind.INLAND, CallKind.ABROAD),
)
FULL_JSON = {
    "kind": "ABROAD",
    "minutes": "12.50",
    "legs": 2,
    "isVideo": True,
    "note": "été",
    "beganAt": "2026-11-01T08:30:00Z",
    "billingDay": "2026-11-01",
    "via": ["INLAND", "ABROAD"],
}
SHORT = CallEvent(CallKind.INLAND, Decimal(3))


def call(**changes):
    """Return a plain call with some values changed."""
    return CallEvent(**{"kind": CallKind.INLAND, "minutes": Decimal(3), **changes})


def test_an_event_is_written_as_json_in_the_words_of_the_schema():
    """Camel case, decimals as text, instants in UTC, enums by name."""
    assert to_json(CHANNEL, FULL) == FULL_JSON


def test_values_that_are_default_are_not_written():
    """So that a field added later changes no stored event."""
    assert to_json(CHANNEL, SHORT) == {"kind": "INLAND", "minutes": "3"}


def test_json_reads_back_as_the_same_event():
    """Offsets are gone, the instant is the same."""
    assert from_json(CHANNEL, FULL_JSON) == FULL
    assert from_json(CHANNEL, {"kind": "INLAND", "minutes": 3}) == SHORT
    assert from_json(CHANNEL, FULL_JSON).began_at.utcoffset() == timedelta(0)


JSON_REFUSED = [
    ({"minutes": "3"}, ("kind",), "kind is missing"),
    ({"kind": "INLAND"}, ("minutes",), "minutes is missing"),
    ({"kind": None, "minutes": "3"}, ("kind",), "kind is missing"),
    ({"kind": "MARS", "minutes": "3"}, ("kind",), "choose from INLAND, ABROAD"),
    ({"kind": "INLAND", "minutes": "NaN"}, ("minutes",), "'NaN' is no decimal number"),
    ({"kind": "INLAND", "minutes": "1e999"}, ("minutes",), "at most 13 are taken"),
    ({"kind": "INLAND", "minutes": "1" * 200}, ("minutes",), "at most 128 characters"),
    ({"kind": "INLAND", "minutes": 1.5}, ("minutes",), "is no decimal written as text"),
    ({"kind": "INLAND", "minutes": True}, ("minutes",), "is no decimal written as text"),
    ({"kind": "INLAND", "minutes": "3", "legs": "2"}, ("legs",), "legs is str and no integer"),
    (
        {"kind": "INLAND", "minutes": "3", "legs": True},
        ("legs",),
        "legs is bool and no integer",
    ),
    ({"kind": "INLAND", "minutes": "3", "legs": 2**31}, ("legs",), "does not fit 32 bits"),
    ({"kind": "INLAND", "minutes": "3", "isVideo": 1}, ("isVideo",), "int and no boolean"),
    ({"kind": "INLAND", "minutes": "3", "note": "x" * 11}, ("note",), "11 characters; 10 are"),
    ({"kind": "INLAND", "minutes": "3", "note": "a\0"}, ("note",), "character NUL"),
    ({"kind": "INLAND", "minutes": "3", "note": "\ud83d"}, ("note",), "half of a surrogate"),
    (
        {"kind": "INLAND", "minutes": "3", "beganAt": "2026-11-01T09:30"},
        ("beganAt",),
        "no offset",
    ),
    ({"kind": "INLAND", "minutes": "3", "billingDay": "1.11.26"}, ("billingDay",), "is no day"),
    ({"kind": "INLAND", "minutes": "3", "via": "INLAND"}, ("via",), "is no list"),
    ({"kind": "INLAND", "minutes": "3", "via": ["X"]}, ("via",), "choose from INLAND"),
    ({"kind": "INLAND", "minutes": "3", "via": ["INLAND"] * 1001}, ("via",), "at most 1000"),
    ({"kind": "INLAND", "minutes": "3", "is_video": True}, ("is_video",), "has no field"),
]


@pytest.mark.parametrize(("written", "path", "reason"), JSON_REFUSED)
def test_json_that_is_no_event_is_refused_with_its_path(written, path, reason):
    """The path is in the words of the sender."""
    with pytest.raises(EventInvalid) as caught:
        from_json(CHANNEL, written)
    assert caught.value.path == path
    assert reason in caught.value.message


VALUES_REFUSED = [
    (call(minutes=Decimal("NaN")), "minutes", "no finite number"),
    (call(minutes=Decimal("sNaN")), "minutes", "no finite number"),
    (call(minutes=Decimal("-Infinity")), "minutes", "no finite number"),
    (call(minutes=Decimal("1e13")), "minutes", "no finite number below 10000000000000"),
    (call(minutes=Decimal("-1e999999999")), "minutes", "no finite number below"),
    (call(minutes=Decimal("1e-999999999")), "minutes", "has 999999999 decimals; at most 9"),
    (call(minutes=Decimal("0e-999999999")), "minutes", "has 999999999 decimals; at most 9"),
    (call(minutes=Decimal("1.0000000001")), "minutes", "has 10 decimals; at most 9"),
    (call(minutes=3.0), "minutes", "is float and no decimal"),
    (call(legs=Decimal(1)), "legs", "is Decimal and no integer"),
    (call(legs=-(2**31) - 1), "legs", "does not fit 32 bits"),
    (call(kind="INLAND"), "kind", "is str and no enum"),
    (call(began_at=datetime(2026, 1, 1)), "beganAt", "has no offset"),  # noqa: DTZ001
    (call(billing_day=datetime(2026, 1, 1, tzinfo=UTC)), "billingDay", "datetime and no day"),
    (call(via=[CallKind.INLAND]), "via", "is no tuple"),
    (call(via=(None,)), "via", "is NoneType and no enum"),
]


@pytest.mark.parametrize(("event", "path", "reason"), VALUES_REFUSED)
def test_a_value_of_a_wrong_type_or_size_is_refused(event, path, reason):
    """A dataclass's constructor takes anything; the check does not."""
    with pytest.raises(EventInvalid) as caught:
        check_event(CHANNEL, event)
    assert caught.value.path == (path,)
    assert reason in caught.value.message


def test_the_limits_themselves_are_taken():
    """32 bits, ten characters, the largest decimal below 10 ** 13, zeros that say nothing."""
    check_event(CHANNEL, call(legs=2**31 - 1, note="x" * 10))
    check_event(CHANNEL, call(legs=-(2**31), minutes=Decimal("9999999999999.999999999")))
    for minutes in ("1.500000000000", "0.000000000000", "0e99"):
        check_event(CHANNEL, call(minutes=Decimal(minutes)))


CALLS = st.builds(
    CallEvent,
    kind=st.sampled_from(CallKind),
    minutes=st.decimals(-999, 999, places=3),
    legs=st.integers(-(2**31), 2**31 - 1),
    is_video=st.booleans(),
    note=st.none()
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=10),
    began_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    billing_day=st.none() | st.dates(),
    via=st.lists(st.sampled_from(CallKind), max_size=3).map(tuple),
)


@given(st.lists(CALLS, max_size=5))
def test_events_survive_columns_and_json(events):
    """What a child process and the database give back is what was sent."""
    assert from_columns(CHANNEL, to_columns(CHANNEL, events)) == events
    assert [from_json(CHANNEL, to_json(CHANNEL, event)) for event in events] == events


MEASURING = [
    (
        "raise",
        "PLUGIN_FAILED",
        "plugin calls 4 could not measure the event: KeyError: 'tariff' at test_events.py:75",
    ),
    ("float", "PLUGIN_FAILED", "the quantity is float and no Decimal"),
    ("NaN", "PLUGIN_FAILED", "the quantity is NaN"),
    ("fine", "PLUGIN_FAILED", "the quantity has 10 decimals; 9 are stored"),
    ("long", "PLUGIN_FAILED", "the dimension is no text of at most 64 characters"),
    ("lose", "PLUGIN_FAILED", "stored returned what cannot be kept"),
]


@pytest.mark.parametrize(("note", "code", "reason"), MEASURING)
def test_one_bad_event_never_loses_the_others(note, code, reason):
    """Its verdict names plugin and reason; its neighbours are measured, in order."""
    before, bad, after = measure_batch(CHANNEL, [SHORT, call(note=note), call(legs=7)])
    assert before == Measured(Measure("minute", Decimal(3)), SHORT)
    assert after.event.legs == 7
    assert isinstance(bad, Rejection)
    assert bad.code == code
    assert bad.is_plugin_fault
    assert reason in bad.message


def test_an_event_may_amount_to_nothing():
    """It is stored, and not billed."""
    assert measure_batch(CHANNEL, [call(note="free")]) == [Measured(None, call(note="free"))]


def test_negative_quantities_and_foreign_events_get_verdicts():
    """The first is the plugin's answer, the second never reaches it."""
    negative, foreign = measure_batch(CHANNEL, [call(minutes=Decimal(-1)), "no event"])
    assert "is not from 0 to 1E+13" in negative.message
    assert foreign == Rejection("EVENT_INVALID", "str is no event of channel call")


@pytest.mark.parametrize(
    ("note", "path"),
    [("python", ("beganAt", "hour")), ("schema", ("beganAt",)), ("other", ("end_at",))],
)
def test_a_rejections_path_has_the_spelling_of_the_schema(note, path):
    """A plugin names the field as it knows it; its sender knows the schema's name alone."""
    (verdict,) = measure_batch(CHANNEL, [call(note=note)])
    assert verdict.code == "EVENT_REJECTED"
    assert verdict.path == path


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_coroutine_is_no_measure():
    """What is returned is not awaited."""
    (verdict,) = measure_batch(CHANNEL, [call(note="later")])
    assert "measure returned coroutine and no Measure" in verdict.message


def test_measuring_keeps_sixty_digits_in_a_fresh_thread():
    """3 * 10 ** 20 + 10 ** -9 has 30 digits; a thread starts with 28, which lose the last."""
    with ThreadPoolExecutor(1) as thread:
        (verdict,) = thread.submit(measure_batch, CHANNEL, [call(note="digits")]).result()
    assert verdict.measure.quantity == Decimal("0.000000001")


def test_a_batch_has_a_bound():
    """10,000 events; one more is the caller's bug."""
    with pytest.raises(ValueError, match="10001 events in one batch"):
        measure_batch(CHANNEL, [SHORT] * 10_001)
