"""The values that cross the plugin border: measures, rates, charges and their working.

Everything here is frozen. Quantities and prices are :class:`~decimal.Decimal` and
finite; the host checks what comes back. Nothing here is rounded: a line is rounded
once, by the kernel, when the invoice is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

Aggregation = Literal["sum", "max", "last", "average"]
Driver = Literal["quantity", "duration", "maturity", "usage"]
Rounding = Literal["up", "exact"]
Counts = Literal["quantity", "events"]
Directive = Literal["bill", "credit", "free"]
Applies = Literal["kept_until_moved", "on_event_date"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Unit:
    """What a channel counts, for example ``Unit("segment", "SMS segment")``."""

    name: str
    label: str
    aggregation: Aggregation = "sum"


@dataclass(frozen=True, slots=True)
class Measure:
    """What one event amounts to: ``quantity`` of ``unit``, in one pricing dimension.

    ``dimension`` selects the row of a rate table (``"FR"``); empty when the
    channel has none. One event has one measure or none.
    """

    unit: str
    quantity: Decimal
    dimension: str = ""


@dataclass(frozen=True, slots=True)
class Tier:
    """A part of the quantity scale with its own price.

    ``upto`` is the inclusive upper limit, ``None`` for the last one. ``start`` is the
    stated lower limit: where it follows on from the tier before (the same number, or
    that number + 1) there is no gap; a real gap is priced by the base rate.
    ``fee`` is owed once when the tier is reached.
    """

    start: Decimal
    upto: Decimal | None
    price: Decimal
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class TableSlot:
    """One dated state of a rate table: prices by dimension, with an optional default row."""

    number: int
    starts_at: datetime | None
    rows: Mapping[str, Decimal]
    default: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RateTable:
    """Prices by dimension.

    ``kept_until_moved`` tables have exactly one slot (number 0). ``on_event_date``
    tables may have several; an event is priced by the slot of its own time.
    """

    code: str
    applies: Applies
    slots: tuple[TableSlot, ...]


@dataclass(frozen=True, slots=True)
class Surcharge:
    """A percentage on top of a unit price; both are rounded to ``precision``, each."""

    percent: Decimal
    precision: int = 4


@dataclass(frozen=True, slots=True)
class Rate:
    """How one product is priced in one price plan version.

    ``per_months``: the number of months that ``base`` and the tiers stand for; ``None``
    for what does not recur. ``precision``: decimals to which the *unit price* is rounded
    (a provider's rate plus a percentage), ``None`` for no rounding before the line.
    ``surcharge`` comes on top of each unit price, that of a table's row included.
    ``options`` belong to a plugin's own price model.
    """

    model: str
    driver: Driver | None
    base: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    package_size: Decimal | None = None
    rounding: Rounding = "up"
    free_units: Decimal = ZERO
    counts: Counts = "quantity"
    table: RateTable | None = None
    per_months: int | None = None
    precision: int | None = None
    surcharge: Surcharge | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a rate is asked to price: the total of one unit in one dimension and slot."""

    quantity: Decimal
    events: int
    unit: str
    dimension: str = ""
    slot: int = 0


class RateFacts(NamedTuple):
    """What the price of one event may depend on beside its time, and what its order says.

    `udr_type` lists the values that the others may have; `termed_service` names the product
    of the subscription on which the service is taken. `amount` is how much was used; left
    out, it is one. `directive` says whether it is billed, credited or free. Empty texts are
    what was not said. A change of their order or names changes no stored event.

    `rated_amount` is the price of the whole event where a third party has priced it, net or
    gross as the price plan's amounts are, and `rated_currency` its currency; `rated_tax` the
    tax that came with it, within a gross amount and on top of a net one. It is billed as
    given, and discounts leave it alone unless `rated_discounts`. The fields of an event that
    these are taken from have the same names, so that a refusal's path leads to them.
    """

    udr_type: str = ""
    method: str = ""
    device: str = ""
    source_system: str = ""
    source_category: str = ""
    destination_category: str = ""
    amount: Decimal | None = None
    termed_service: str = ""
    directive: Directive = "bill"
    rated_amount: Decimal | None = None
    rated_tax: Decimal | None = None
    rated_currency: str = ""
    rated_discounts: bool = False


class Step(NamedTuple):
    """One step of the working of a charge, readable by people and programs.

    ``kind`` is a stable word (``tier``, ``package``, ``free_units``, ``base``, ``fee``,
    ``table``, ``proration``, ``commitment``, ``difference``, …); ``facts`` are pairs of
    further values as text, in a fixed order.
    """

    kind: str
    label: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal
    facts: tuple[tuple[str, str], ...] = ()


class Charge(NamedTuple):
    """A priced quantity with its working shown. ``amount`` is not rounded yet."""

    amount: Decimal
    steps: tuple[Step, ...]
