"""An open usage period of a prepaid subscription while its wallet decides. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.billing.snapshot import Snapshot, UsagePart, UsageTotal
from core.billing_cycles.unbilled import as_if_never_billed
from core.usage.records import EventRow

NOTHING: Final = Decimal(0)


class TotalKey(NamedTuple):
    """What makes usage one total; credits stand apart from charges."""

    product_id: UUID
    unit: str
    dimension: str
    slot: int
    is_credit: bool


Totals = Mapping[TotalKey, UsageTotal]


@dataclass(slots=True)
class PrepaidPeriod:
    """A period: what was used in it, and what the wallet has paid for that so far.

    `totals` and `cost` grow with every event that is admitted; `paid` is what is stored.
    """

    snapshot: Snapshot
    part: UsagePart
    paid: Decimal
    cost: Decimal
    totals: Totals

    @classmethod
    def of(cls, snapshot: Snapshot, part: UsagePart, *, paid: Decimal) -> PrepaidPeriod:
        """Begin with what is stored of a period."""
        totals = {_key_of(total): total for total in part.usage}
        return cls(snapshot, part, paid, paid, totals)

    def with_events(self, rows: Sequence[EventRow], how: Mapping[str, str]) -> Totals:
        """Return the totals with some more events; `how` units are aggregated, by unit."""
        totals = dict(self.totals)
        for row in rows:
            assert row.product_id is not None
            is_credit = row.amount is not None and row.sign * row.amount < 0
            key = TotalKey(row.product_id, row.unit, row.dimension, row.slot, is_credit)
            before = totals.get(key) or UsageTotal(*key[:4], NOTHING, 0)
            totals[key] = _added(before, row, how=how.get(row.unit, "sum"))
        return totals

    def priced_with(self, totals: Totals) -> Snapshot:
        """Return what prices the whole period with these totals."""
        # Credits that were all taken back would be told from charges by nothing.
        usage = tuple(
            total for key, total in totals.items() if total.amount or not key.is_credit
        )
        part = as_if_never_billed(self.part)._replace(usage=usage)
        return self.snapshot._replace(usage=(part,))


def _key_of(total: UsageTotal) -> TotalKey:
    is_credit = total.amount is not None and total.amount < 0
    return TotalKey(total.product_id, total.unit, total.dimension, total.slot, is_credit)


def _added(before: UsageTotal, row: EventRow, *, how: str) -> UsageTotal:
    events = before.events + row.sign
    if row.amount is not None:
        amount = (before.amount or NOTHING) + row.amount
        return before._replace(
            quantity=before.quantity + row.quantity, events=events, amount=amount,
            unit_price=None, tax=_sum(before.tax, row.tax),
        )  # fmt: skip
    return before._replace(quantity=_quantity(before, row, how=how), events=events)


def _sum(before: Decimal | None, tax: Decimal | None) -> Decimal | None:
    """Add the tax that a third party gave; None where it gave none."""
    return before if tax is None else (before or NOTHING) + tax


def _quantity(before: UsageTotal, row: EventRow, *, how: str) -> Decimal:
    """Return the quantity with an event; what is no sum is taken back at the close."""
    if how == "sum":
        return before.quantity + row.quantity
    if row.sign < 0:
        return before.quantity
    if how == "max":
        return max(before.quantity, row.quantity)
    if how == "last":
        return row.quantity
    return (before.quantity * before.events + row.quantity) / (before.events + 1)
