"""Trying a parked subscription again, by itself."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core import audit
from core.billing_cycles.close import Closed, close_alone
from core.billing_cycles.errors import NotParked
from core.billing_cycles.park import claim_parked, healed, lock_parked
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.reading import parked_periods
from core.db import Tx
from core.periods.rows import StoredPeriod

MOST_PERIODS: Final = 400


async def heal_next(tx: Tx, *, pricing: Pricing) -> Closed | None:
    """Try the parked subscription whose time has come first; None when none has."""
    subscription_id = await claim_parked(tx)
    return None if subscription_id is None else await _heal(tx, subscription_id, pricing)


async def heal(tx: Tx, subscription_id: UUID, *, pricing: Pricing) -> Closed:
    """Try one parked subscription now. What fails again stays parked, with the new reason.

    Raises:
        NotParked: it is not parked.
    """
    if not await lock_parked(tx, subscription_id):
        raise NotParked("the subscription is not parked", path=("subscription",))
    return await _heal(tx, subscription_id, pricing)


async def _heal(tx: Tx, subscription_id: UUID, pricing: Pricing) -> Closed:
    periods = (await parked_periods(tx, subscription_id))[:MOST_PERIODS]
    # Healed first: what fails again is parked anew, and its row opened again.
    await healed(tx, subscription_id)
    if not periods:
        return Closed()
    closed = await close_alone(tx, periods, run_id=_run_of(periods), pricing=pricing)
    # In the order of a chunk: two closings must not wait for each other in a ring.
    await audit.record(
        tx,
        action="parked.retried",
        subject_type="subscription",
        subject_id=subscription_id,
        details={"periods": len(periods)},
    )
    return closed


def _run_of(periods: list[StoredPeriod]) -> UUID | None:
    """Return the run that froze the periods; its invoices are that run's, late or not."""
    return next((period.run_id for period in periods if period.run_id is not None), None)
