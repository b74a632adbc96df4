"""Subscriptions, phases and items as frozen values; fields are named like the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.subscriptions.lifecycle import Shown


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as stored; `state_at` tells what its state is by now.

    It is bound in `[bound_from, bound_until)`: ending before costs the penalty product. It is
    or was tried in `[trial_from, trial_until)`; `trial_grants` are the amounts that staff gave
    in place of the products' (by feature, a decimal as text, null for any amount). The terms'
    length is counted from `term_from`.
    """

    id: UUID
    account_id: UUID
    ref: str | None
    type: str | None
    state: Shown
    agreement_date: date
    org_unit_id: UUID
    currency: str
    timezone: str
    anchor: date
    starts_at: datetime
    ends_at: datetime | None
    classification: str | None
    attributes: Mapping[str, Any]
    created_at: datetime
    bound_from: datetime | None = None
    bound_until: datetime | None = None
    penalty_product_id: UUID | None = None
    trial_from: datetime | None = None
    trial_until: datetime | None = None
    trial_grants: Mapping[str, Any] | None = None
    term_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """Which plan version and which terms version hold in `[from_at, until_at)`.

    A conditional plan has its base plan's version beside it. `anchor` is the day that
    periods are counted from under these terms; without one it is the subscription's.
    """

    id: UUID
    subscription_id: UUID
    price_plan_version_id: UUID
    billing_terms_version_id: UUID
    from_at: datetime
    until_at: datetime | None
    base_plan_version_id: UUID | None = None
    anchor: date | None = None

    def holds(self, instant: datetime) -> bool:
        """Tell whether the instant lies in the phase."""
        return self.from_at <= instant and (self.until_at is None or instant < self.until_at)


@dataclass(frozen=True, slots=True)
class Item:
    """One revision of an item; it holds in `[from_at, until_at)`.

    A pack belongs to the item of its module. At least the `committed` units are charged. An
    item on trial owes nothing.
    """

    item_id: UUID
    revision: int
    subscription_id: UUID
    product_id: UUID
    quantity: Decimal
    from_at: datetime
    until_at: datetime | None
    is_trial: bool = False
    module_item_id: UUID | None = None
    committed: Decimal | None = None

    def holds(self, instant: datetime) -> bool:
        """Tell whether the instant lies in the revision's time."""
        return self.from_at <= instant and (self.until_at is None or instant < self.until_at)
