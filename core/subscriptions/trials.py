"""What a trial may be: its length, what it allows, and that it is given once.

A product says in the catalogue how long it may be tried. Staff may give another trial, and
other days and amounts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

from core.catalogue.features import load_allowed, load_features
from core.catalogue.records import Product
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.money import round_to
from core.subscriptions.offers import QUANTITY_LIMIT, QUANTITY_PLACES, is_sold_once

MOST_DAYS: Final = 366

_USED: Final = """
SELECT product_id, max(number) AS number FROM trial_use
WHERE tenant_id = $1 AND account_id = $2 AND product_id = ANY ($3::uuid[]) GROUP BY product_id
"""
_USE: Final = """
INSERT INTO trial_use
    (tenant_id, account_id, product_id, number, subscription_id, actor, created_at)
SELECT $1, $2, product_id, number, $5, $6, $7
FROM unnest($3::uuid[], $4::int[]) AS t (product_id, number)
ON CONFLICT DO NOTHING RETURNING product_id
"""


class NotTryable(Refusal):
    """The product has no trial, or is charged once, and no days were given by staff."""

    code: ClassVar[str] = "NO_TRIAL"


class TrialUsed(Refusal):
    """The account has tried the product already."""

    code: ClassVar[str] = "TRIAL_USED"


class TrialRefused(Refusal):
    """Days are from 1 to 366, and amounts are of features that are there, 0 or more."""

    code: ClassVar[str] = "TRIAL_REFUSED"


@dataclass(frozen=True, slots=True)
class TrialWish:
    """What staff give beside what the catalogue says: days, amounts, another trial.

    `grants` are amounts by feature, None for any amount.
    """

    days: int | None = None
    grants: Mapping[str, Decimal | None] | None = None
    again: bool = False


async def trial_length(
    tx: Tx, products: Sequence[Product], *, days: int | None
) -> tuple[timedelta, list[Product]]:
    """Return how long these products may be tried together, and which count as tried.

    As long as the shortest trial among them; what has none comes along. Days that staff
    give hold in place of it.

    Raises:
        NotTryable, TrialRefused
    """
    once = next((one for one in products if is_sold_once(one)), None)
    if once is not None:
        raise NotTryable(f"{once.code} is charged once; add it when you order", path=("items",))
    allowed = await load_allowed(tx, [one.id for one in products])
    lengths = {
        one.id: trial.days for one in products if (trial := allowed[one.id].trial) is not None
    }
    if days is None and not lengths:
        codes = ", ".join(one.code for one in products)
        raise NotTryable(f"{codes} has no trial; give days, or subscribe", path=("items",))
    chosen = checked_days(min(lengths.values()) if days is None else days)
    return chosen, [one for one in products if one.id in lengths or not lengths]


def checked_days(days: int) -> timedelta:
    """Return days that a trial may last."""
    if not 1 <= days <= MOST_DAYS:
        raise TrialRefused(f"give 1 to {MOST_DAYS} days, not {days}", path=("days",))
    return timedelta(days=days)


async def checked_grants(
    tx: Tx, grants: Mapping[str, Decimal | None] | None
) -> Mapping[str, str | None] | None:
    """Return amounts by feature as they are stored: decimals as text, None for any."""
    if grants is None:
        return None
    features = await load_features(tx)
    for feature, amount in grants.items():
        path = ("grants", feature)
        if feature not in features:
            raise TrialRefused(f"there is no feature {feature!r}; check its code", path=path)
        if amount is not None and not _is_amount(amount):
            raise TrialRefused(f"give an amount of {feature} of 0 or more", path=path)
    return {code: None if one is None else f"{one:f}" for code, one in grants.items()}


def _is_amount(amount: Decimal) -> bool:
    if not amount.is_finite() or not 0 <= amount < QUANTITY_LIMIT:
        return False
    return amount == round_to(amount, QUANTITY_PLACES)


async def use_trial(
    tx: Tx,
    products: Collection[Product],
    *,
    account_id: UUID,
    subscription_id: UUID,
    again: bool,
) -> None:
    """Note that an account tries these products; two at the same time count once.

    Raises:
        TrialUsed: it has tried one of them, and is not given another trial.
    """
    codes = {one.id: one.code for one in products}
    rows = await tx.fetch(_USED, tx.tenant_id, account_id, list(codes))
    used = {row["product_id"]: row["number"] for row in rows}
    if used and not again:
        raise _tried(codes[next(iter(used))])
    numbers = [used.get(one, 0) + 1 for one in codes]
    stored = await tx.fetch(
        _USE, tx.tenant_id, account_id, list(codes), numbers, subscription_id, tx.actor, tx.now
    )
    missed = codes.keys() - {row["product_id"] for row in stored}
    if missed:
        raise _tried(codes[next(iter(missed))])


def _tried(code: str) -> TrialUsed:
    return TrialUsed(
        f"the account has tried {code} already; order it, or let staff give another trial",
        path=("items",),
    )


def ends_after(now: datetime, length: timedelta, *, latest: datetime | None) -> datetime:
    """Return when a trial that begins now is over; with its subscription at the latest."""
    return now + length if latest is None else min(now + length, latest)
