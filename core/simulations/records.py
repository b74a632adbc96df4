"""What leaves the repository of simulations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

SimulationState = Literal["queued", "running", "done", "failed", "cancelled"]
Side = Literal["before", "after"]

WAITING: Final = ("queued", "running")
"""The states in which workers go on with a simulation."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What was asked, and how far it is.

    Periods that start in `[from_at, until_at)` are priced, of the accounts of `account_ids`,
    or of all that live in real time. The alternative is a price plan or a catalogue.
    """

    id: UUID
    month: date
    from_at: datetime
    until_at: datetime
    account_ids: tuple[UUID, ...] | None
    price_plan_id: UUID | None
    catalogue: str | None
    state: SimulationState
    accounts_total: int
    accounts_done: int
    last_account_id: UUID | None
    failure_code: str | None
    failure_reason: str | None
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more happens to it."""
        return self.state not in WAITING


@dataclass(frozen=True, slots=True)
class Result:
    """What an account would have paid in one currency, net unless said otherwise.

    `invoiced` is what its invoices charged for the same periods, before credit notes. Of it
    `credited` was given back for what was not used, `corrected` by staff, and `unused` was
    charged for what ended before its time, and kept.
    """

    account_id: UUID
    currency: str
    subscriptions: int
    unbilled_periods: int
    invoiced: Decimal
    credited: Decimal
    corrected: Decimal
    unused: Decimal
    before: Decimal
    after: Decimal
    difference: Decimal
    difference_minor: int
    before_total: Decimal
    after_total: Decimal

    @property
    def unexplained(self) -> Decimal:
        """Return what neither credit notes nor kept fees explain of the outcome."""
        return self.invoiced - self.credited - self.unused - self.before


@dataclass(frozen=True, slots=True)
class Failure:
    """A subscription that is in no sum, because one side of it could not be priced."""

    subscription_id: UUID
    account_id: UUID
    side: Side
    code: str
    reason: str
