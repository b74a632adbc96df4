"""What a channel is: a source of usage, and how one of its events is counted.

A channel is pure: it reads no clock, keeps nothing between calls, and neither opens a
file nor a connection. The host checks what it returns and bounds its time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar, Generic, Literal, Protocol, TypeVar, runtime_checkable

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


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules of counting that hold from a date on, as data: a provider's tariff change.

    The host picks one by the event's local day; a price plan may pin one by its code.
    """

    code: str
    in_force_from: date
    source: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one event may change what its neighbours amount to."""

    back: timedelta
    forward: timedelta


@dataclass(frozen=True, slots=True)
class Occurrence(Generic[EventT]):
    """An event with its place in the total order (occurred_at, source, id)."""

    occurred_at: datetime
    source: str
    id: str
    event: EventT


@runtime_checkable
class WindowedChannel(Channel[EventT], Protocol[EventT]):
    """A channel whose events depend on their neighbours: conversations, allowances.

    `measure` is asked on arrival and answers for the event alone; `measure_window`
    decides.
    """

    @property
    def reach(self) -> Reach:
        """Return how far an event reaches; every closed period within is re-rated."""
        ...

    @property
    def rule_sets(self) -> tuple[RuleSet, ...]:
        """Return the rule sets, the earliest first."""
        ...

    def replay_key(self, event: EventT) -> str:
        """Return the key whose events are replayed together, in order."""
        ...

    def measure_window(
        self, occurrences: Sequence[Occurrence[EventT]], rules: Sequence[RuleSet]
    ) -> Sequence[Measure | None]:
        """Return one answer per event, in order; `rules` holds the rule set of each."""
        ...
