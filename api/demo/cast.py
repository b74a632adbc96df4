"""Who takes part: sellers, their customers of last month, stories on a test clock. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Inputs = list[dict[str, Any]]


class Teller(Protocol):
    """What a story is told to: it does what happens, at the account's own time."""

    async def do(
        self, mutation: str, given: Mapping[str, Any], selection: str = ""
    ) -> dict[str, Any]:
        """Run a mutation of the public API and return its payload."""
        ...

    async def until(self, at: datetime) -> None:
        """Let time pass; what falls due on the way is billed."""
        ...


def nothing(_month: datetime) -> Inputs:
    """Return no inputs: where a customer reports nothing of a kind."""
    return []


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer since the first of the last whole month, in real time.

    Verbs that act now cannot be dated back, so this one subscribes with `startsAt`, and
    reports its gauges and usage with the times at which they were.
    """

    ref: str
    name: str
    country: str
    subscription: str
    """The ref of its subscription."""
    terms: str
    items: tuple[Mapping[str, Any], ...]
    plan: str | None = None
    readings: Callable[[datetime], Inputs] = nothing
    """Inputs of `gaugeSet`, for the month that begins then."""
    events: Callable[[datetime], Inputs] = nothing
    """Inputs of `usageRecord`, for the month that begins then."""
    in_bulk: bool = False
    invoices: int = 1
    """How many the first closing makes of it; the last of them is shown."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about what a customer, or one of its members, may do at a story's end."""

    question: str
    feature: str
    member: str | None = None
    """The member's e-mail address; none asks for the account itself."""


@dataclass(frozen=True, slots=True)
class Story:
    """A customer whose changes act on their day: it lives on a test clock of its own."""

    ref: str
    name: str
    country: str
    begins: datetime
    ends: datetime
    tell: Callable[[Teller], Awaitable[None]]
    in_words: Sequence[str]
    """What happens, line by line."""
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True)
class Seller:
    """A tenant of the demonstration, its catalogue and its customers."""

    slug: str
    name: str
    sells: str
    country: str
    zone: str
    customers: tuple[Customer, ...]
    stories: tuple[Story, ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    """Codes and names of org units that the catalogue names."""

    @property
    def catalogue(self) -> str:
        """Return the name of its catalogue file, beside this module."""
        return f"{self.slug}.yaml"
