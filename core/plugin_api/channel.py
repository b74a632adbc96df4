"""What a channel is: a source of usage, and how one of its events is counted.

A channel is pure: it reads no clock, keeps nothing between calls, and neither opens a
file nor a connection. The host checks what it returns and bounds its time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import (
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
    runtime_checkable,
)

from core.kernel.errors import Refusal
from core.plugin_api.values import Charge, Measure, Rate, RateFacts, Unit, Usage

Pricing = Literal["per_period", "per_event", "windowed"]
EventT = TypeVar("EventT")


class EventRejected(Refusal):
    """Raise it from `measure` to reject one event; its text reaches the sender."""

    code: ClassVar[str] = "EVENT_REJECTED"


@dataclass(frozen=True, slots=True)
class Sample(Generic[EventT]):
    """An event with its known answer; the conformance suite replays it.

    `measure` is what the event amounts to, `None` for one that is not billed.
    `is_refused` marks an event that `measure` must refuse.
    """

    event: EventT
    measure: Measure | None = None
    is_refused: bool = False
    note: str = ""


@runtime_checkable
class Channel(Protocol[EventT]):
    """A source of usage events of one kind.

    `pricing` says when events are priced: `per_period` as the period's total of each
    unit and dimension, `per_event` one by one on arrival, `windowed` by an ordered
    replay (`WindowedChannel`).

    `Event` is a frozen dataclass with a docstring. Its fields are `str`, `bool`, `int`
    (32 bit), `Decimal`, `datetime` (aware), `date`, an `Enum`, `tuple[T, ...]` of these
    or `T | None`, each with `metadata={"description": "…"}`; a text may state its
    `"max_length"` (1000 unless said). They become the GraphQL types, so its name and the
    names of its enums begin with the channel's: `SmsEvent`. The docstring of an enum
    describes each member under "Attributes:", such as `GSM_7: The 7-bit alphabet.`
    """

    @property
    def name(self) -> str:
        """Return the channel's name: lower case, digits and `_`, unique over all plugins."""
        ...

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return what the channel counts; at least one unit."""
        ...

    @property
    def pricing(self) -> Pricing:
        """Return when the channel's events are priced."""
        ...

    @property
    def Event(self) -> type[EventT]:  # noqa: N802 - it is a class, and reads as one
        """Return the dataclass of the channel's events."""
        ...

    @property
    def readme(self) -> str:
        """Return the channel's README: unit, how it is counted, worked example, source."""
        ...

    def measure(self, event: EventT) -> Measure | None:
        """Return what one event amounts to, or None when it is not billed.

        Raise `EventRejected` for an event that cannot be counted.
        """
        ...

    def stored(self, event: EventT) -> EventT:
        """Return the event as it is kept: without personal data that counting is done with.

        It is measured again when it is re-rated, so `measure(stored(event))` equals
        `measure(event)`.
        """
        ...

    def samples(self) -> Sequence[Sample[EventT]]:
        """Return events with known answers, at least one for each unit."""
        ...


@runtime_checkable
class PerEventChannel(Channel[EventT], Protocol[EventT]):
    """A channel whose events are priced one by one when they are stored.

    An event that names a service is priced by the usage catalogue that offers it, and needs
    an active termed service in place of an item. Any other is metered by an item, and
    priced alone by the plan's rate.
    """

    def service(self, event: EventT) -> str | None:
        """Return the code of the product that was ordered, or None where there is no order."""
        ...

    def rate_facts(self, event: EventT) -> RateFacts:
        """Return what the price depends on beside the time; pure, and the same when stored."""
        ...


@runtime_checkable
class ChargingChannel(Channel[EventT], Protocol[EventT]):
    """A channel that prices its usage itself instead of by a price model."""

    def charge(self, usage: Usage, rate: Rate) -> Charge:
        """Return the price of a total, with its working; not rounded."""
        ...


class Reach(NamedTuple):
    """How far an event may change what others amount to: before it, and behind it."""

    back: timedelta = timedelta()
    forward: timedelta = timedelta()


NO_REACH: Final = Reach()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules of counting that hold from a date on, as data: a provider's tariff change.

    The host picks one for each event by its local day; a price plan may pin one by its code.
    `reach` bounds which events may change what is judged by these rules: an event at t, no
    other than those from t - back to t + forward. The host replays with so much in front,
    and prices closed periods within it again when an event comes late.
    """

    code: str
    in_force_from: date
    source: str
    values: Mapping[str, str] = field(default_factory=dict)
    reach: Reach = NO_REACH


class Occurrence(NamedTuple, Generic[EventT]):
    """An event with its place in the total order (occurred_at, source, id)."""

    occurred_at: datetime
    source: str
    id: str
    event: EventT


class Judgement(NamedTuple):
    """What an event amounts to among its neighbours; no measure where it is free.

    `reason` is one of the channel's `reasons`, empty where there is nothing to say; a free
    event has one. `until` is when that reason ends: a window's end.
    """

    measure: Measure | None
    reason: str = ""
    until: datetime | None = None


class WindowState(NamedTuple):
    """Whether one may write to somebody freely at an instant, and until when.

    `free_until` is the end of a time in which everything is free; None outside of one.
    """

    open_until: datetime | None = None
    free_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether the window is open."""
        return self.open_until is not None


CLOSED_WINDOW: Final = WindowState()


@runtime_checkable
class WindowedChannel(Channel[EventT], Protocol[EventT]):
    """A channel whose events depend on their neighbours: conversations, allowances.

    `measure` is asked on arrival and answers for the event alone, with the most that it may
    amount to: its unit and dimension stay, and an event without a measure is never billed.
    `measure_window` decides, whenever a total is asked for.
    """

    @property
    def rule_sets(self) -> tuple[RuleSet, ...]:
        """Return the rule sets, the earliest first; before its day the first one holds."""
        ...

    @property
    def reasons(self) -> Mapping[str, str]:
        """Return the reasons that judgements give, each a plain word with its label."""
        ...

    @property
    def counterpart(self) -> str:
        """Return the field of the event, a text, that names whom a window is open with."""
        ...

    def replay_key(self, event: EventT) -> str:
        """Return the key whose events are replayed together, in order."""
        ...

    def measure_window(
        self,
        occurrences: Sequence[Occurrence[EventT]],
        rules: Sequence[RuleSet],
        *,
        zone: tzinfo,
    ) -> Sequence[Judgement]:
        """Return one judgement per event, in order; `rules` holds the rule set of each.

        The events are of one replay key, in the total order; `zone` is the account's, for
        what is counted by local days or months.
        """
        ...

    def window_state(
        self,
        occurrences: Sequence[Occurrence[EventT]],
        rules: RuleSet,
        *,
        counterpart: str,
        at: datetime,
    ) -> WindowState:
        """Return the window with a counterpart at an instant.

        The events are those of one replay key up to the instant, in the total order; they
        may be the counterpart's alone.
        """
        ...
