"""Random lives of one subscription in advance, and what their days cost, counted anew.

The model knows neither slices nor layers nor credit notes. It walks through the days: a day
belongs to what holds when it ends, at the price of its plan, divided by the days of its
period. Prices are multiples of every number of days that a month has, so that each day's
share is a whole number of cents and nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from core.kernel.frequency import Frequency
from core.kernel.periods import period_holding
from tests.building import utc
from tests.integration.changes.conftest import CATALOGUE

PRICES: Final = {"simple": Decimal("130.20"), "double": Decimal("260.40")}
"""13020 = 28 x 30 x 31 / 2: 4.65, 4.34 or 4.20 a day, and twice as much."""
EXACT: Final = CATALOGUE.replace("seats: {base: 30}", "seats: {base: 130.20}").replace(
    "seats: {base: 60}", "seats: {base: 260.40}"
)
MONTH: Final = Frequency(1, "month")
WHATS: Final = ("more", "fewer", "fewer", "plan", "plan")


@dataclass(frozen=True, slots=True)
class Step:
    """A change at an instant: a quantity or a plan, and how it acts."""

    at: datetime
    what: str
    how: str
    quantity: int
    plan: str


@dataclass(slots=True)
class Model:
    """What holds, what is paid, and what the days until now cost."""

    day: date
    anchor: date
    plan: str = "simple"
    held: int = 3
    paid: int = 3
    next_held: int | None = None
    next_plan: str | None = None
    cost: Decimal = field(default=Decimal(0))
    zone: str = "UTC"
    prices: Mapping[str, Decimal] = field(default_factory=lambda: PRICES)

    def until(self, day: date) -> None:
        """Let days pass; each costs what is held or paid when it ends."""
        while self.day < day:
            start, length = self._period()
            self.cost += self.prices[self.plan] * max(self.held, self.paid) / length
            self.day += timedelta(days=1)
            if self.day == start + timedelta(days=length):
                self._renew()

    def to_period_end(self) -> None:
        """Let the days pass that are paid ahead."""
        start, length = self._period()
        self.until(start + timedelta(days=length))

    def _period(self) -> tuple[date, int]:
        zone = ZoneInfo(self.zone)
        _number, period = period_holding(
            datetime.combine(self.day, time(12), zone), anchor=self.anchor, frequency=MONTH,
            zone=self.zone,
        )  # fmt: skip
        start, end = (at.astimezone(zone).date() for at in (period.start, period.end))
        return start, (end - start).days

    def _renew(self) -> None:
        self.held = self.held if self.next_held is None else self.next_held
        self.plan = self.plan if self.next_plan is None else self.next_plan
        self.next_held = self.next_plan = None
        self.paid = self.held

    def change(self, step: Step) -> None:
        """Let a change act."""
        self.until(step.at.astimezone(ZoneInfo(self.zone)).date())
        if step.what == "plan":
            self._change_plan(step)
        else:
            self._change_quantity(step)

    def _change_quantity(self, step: Step) -> None:
        if step.quantity < self.held and step.how == "period_end":
            self.next_held = step.quantity
            return
        self.next_held = None
        if step.quantity < self.held and step.how == "credit":
            self.paid -= max(0, min(self.held, self.paid) - step.quantity)
        self.held = step.quantity
        self.paid = max(self.paid, self.held)

    def _change_plan(self, step: Step) -> None:
        if step.how == "period_end":
            self.next_plan = step.plan
            return
        self.next_plan = None
        if step.how == "reset":
            self.held = self.held if self.next_held is None else self.next_held
            self.next_held = None
            self.anchor = self.day
            self.paid = self.held
        elif self.plan != step.plan:
            self.paid = self.held
        self.plan = step.plan


def steps_of(seed: int, *, steps: int = 14, days: int = 120) -> list[Step]:
    """Draw the steps of a life from its seed, in the order of their time."""
    random = Random(seed)
    hours = sorted(random.sample(range(1, days * 24 - 1), steps))
    found = []
    for hour in hours:
        what = random.choice(WHATS)
        how = random.choice(
            ("reset", "prorate", "period_end") if what == "plan"
            else ("period_end", "at_once", "credit")
        )  # fmt: skip
        found.append(
            Step(
                utc(1) + timedelta(hours=hour, minutes=7), what, how,
                random.randint(1, 8), random.choice(("simple", "double")),
            )
        )  # fmt: skip
    return found
