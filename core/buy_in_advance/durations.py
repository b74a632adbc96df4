"""Which durations a subscription may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.buy_in_advance.length import is_longer
from core.buy_in_advance.refusals import (
    DurationNotOffered,
    NoActiveDefinition,
    NotLongerThanFrequency,
    PrepaidNotInAdvance,
)
from core.catalogue.compile import TermsVersion
from core.catalogue.entries import Entry, entries
from core.catalogue.schema import BuyInAdvanceDefinition, DurationDefinition
from core.db import Tx
from core.kernel.frequency import Frequency, Unit

SECTION: Final = "buy_in_advance"
_PATH: Final = ("duration",)


@dataclass(frozen=True, slots=True)
class Durations:
    """From the shortest to the longest count of a unit, both inclusive."""

    shortest: int
    longest: int
    unit: Unit


async def active_definition(tx: Tx) -> Entry | None:
    """Return the active definition; the database allows one."""
    found = await entries(tx, SECTION, states=("active",))
    return found[0] if found else None


async def offered_by(tx: Tx) -> Entry:
    """Return the active definition, or refuse.

    Raises:
        NoActiveDefinition
    """
    found = await active_definition(tx)
    if found is None:
        raise NoActiveDefinition("no definition of buying in advance is active")
    return found


def rows_for(entry: Entry, subscription_type: str | None) -> Sequence[DurationDefinition]:
    """Return a definition's rows that a subscription of a type may use."""
    definition = entry.definition
    assert isinstance(definition, BuyInAdvanceDefinition)
    return [
        row for row in definition.durations if not row.types or subscription_type in row.types
    ]


def available(
    entry: Entry, *, subscription_type: str | None, terms: TermsVersion, on: date
) -> list[Durations]:
    """Return what may be asked for: the rows, less what is no longer than the frequency."""
    if terms.kind != "normal":
        return []
    found = []
    for row in rows_for(entry, subscription_type):
        longer = (
            count
            for count in range(row.start, row.upto + 1)
            if is_longer(Frequency(count, row.unit), terms.frequency, on=on)
        )
        shortest = next(longer, None)
        if shortest is not None:
            found.append(Durations(shortest, row.upto, row.unit))
    return found


def check_duration(
    duration: Frequency,
    entry: Entry,
    *,
    subscription_type: str | None,
    terms: TermsVersion,
    on: date,
) -> None:
    """Refuse what is not offered to the type, or is not longer than the frequency.

    A year is 12 months and a week 7 days: "year" is offered by a row of months from 12.

    Raises:
        PrepaidNotInAdvance, DurationNotOffered, NotLongerThanFrequency
    """
    if terms.kind != "normal":
        raise PrepaidNotInAdvance(
            f"billing terms {terms.code} are prepaid: a wallet pays each period"
        )
    rows = rows_for(entry, subscription_type)
    if not any(_holds(row, duration) for row in rows):
        told = ", ".join(f"{row.start}-{row.upto} {row.unit}s" for row in rows) or "none"
        raise DurationNotOffered(
            f"{duration} is not offered to a subscription of type {subscription_type!r};"
            f" on offer: {told}",
            path=_PATH,
        )
    if not is_longer(duration, terms.frequency, on=on):
        raise NotLongerThanFrequency(
            f"{duration} is not longer than the {terms.frequency} that is billed anyhow",
            path=_PATH,
        )


def _holds(row: DurationDefinition, duration: Frequency) -> bool:
    one = Frequency(1, row.unit)
    for length, unit in ((duration.months, one.months), (duration.days, one.days)):
        if length is not None and unit is not None:
            count, rest = divmod(length, unit)
            return rest == 0 and row.start <= count <= row.upto
    return False
