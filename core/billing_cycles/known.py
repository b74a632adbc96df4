"""What is known of subscriptions and their tenant, whatever is billed of them.

Read in one message, where they are few; for a page together with the open periods from which
it is told what is to be looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from core.billing.snapshot import Product
from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.rows import ProductFacts, SubscriptionFacts, TenantFacts
from core.catalogue.plan_versions import HEADS_OF_SUBSCRIPTIONS, PlanHead
from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod
from core.together import Asked, Together

FEW: Final = 100
"""Subscriptions or periods up to which everything is read in one message."""
FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a rest that has none yet."""

_TYPES: Final = {"ids": "uuid[]"}
_ALWAYS: Final = {
    "subscriptions": Asked(sql.SUBSCRIPTIONS, ("ids",)),
    "rests": Asked(sql.RESTS, ("ids",)),
    "accounts": Asked(sql.ACCOUNTS_OF, ("ids",)),
    "tenant": Asked(sql.TENANT),
    "sections": Asked(sql.SECTIONS),
    "products": Asked(sql.PRODUCTS),
}
MANY: Final = Together(_ALWAYS, types=_TYPES)
ALL: Final = Together(
    {
        **_ALWAYS,
        "open_periods": Asked(sql.OPEN_PERIODS, ("ids",)),
        "heads": Asked(HEADS_OF_SUBSCRIPTIONS, ("ids",)),
    },
    types=_TYPES,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What was read of subscriptions; of many neither open periods nor heads of plans."""

    subscriptions: Mapping[UUID, SubscriptionFacts]
    rests: Mapping[UUID, list[Period]]
    products: Mapping[UUID, ProductFacts]
    tenant: TenantFacts
    open_periods: list[StoredPeriod]
    heads: list[PlanHead]


async def read_known(tx: Tx, subscription_ids: Collection[UUID], *, few: int = FEW) -> Known:
    """Read what is known of subscriptions."""
    ids = list(subscription_ids)
    found = await (ALL.fetch(tx, ids=ids) if len(ids) <= few else MANY.apart(tx, ids=ids))
    (tenant,), (sections,) = found["tenant"], found["sections"]
    return Known(
        {row[0]: SubscriptionFacts._make(row) for row in found["subscriptions"]},
        _rests(found["rests"]),
        _products(found["products"]),
        TenantFacts(
            dict(zip(sql.TENANT_NAMES, tenant, strict=True)),
            {row[0]: _named(row) for row in found["accounts"]},
            *sections,
        ),
        [StoredPeriod._make(row) for row in found.get("open_periods", ())],
        [PlanHead._make(row) for row in found.get("heads", ())],
    )


async def read_open(
    tx: Tx, subscription_ids: Collection[UUID]
) -> tuple[list[StoredPeriod], Known | None]:
    """Return the open periods of subscriptions, with what came along with those of a few."""
    ids = list(subscription_ids)
    if len(ids) > FEW:
        return await open_periods_of(tx, ids), None
    known = await read_known(tx, ids)
    return known.open_periods, known


async def open_periods(tx: Tx, subscription_id: UUID) -> list[StoredPeriod]:
    """Return the open periods of a subscription."""
    return await open_periods_of(tx, [subscription_id])


async def open_periods_of(tx: Tx, subscription_ids: Collection[UUID]) -> list[StoredPeriod]:
    """Return the open periods of some subscriptions."""
    rows = await tx.fetch(sql.OPEN_PERIODS, tx.tenant_id, list(subscription_ids))
    return [StoredPeriod._make(row) for row in rows]


async def read_products(tx: Tx) -> dict[UUID, ProductFacts]:
    """Return every product of the tenant, for pricing."""
    return _products(await tx.fetch(sql.PRODUCTS, tx.tenant_id))


def _products(rows: Iterable[Any]) -> dict[UUID, ProductFacts]:
    found: dict[UUID, ProductFacts] = {}
    for product_id, code, name, kind, tax_class, unit_label, *rest in rows:
        product = Product(product_id, code, name, kind, tax_class, unit_label)
        found[product_id] = ProductFacts(product, *rest)
    return found


def _rests(rows: Iterable[Any]) -> dict[UUID, list[Period]]:
    """Return when each subscription rests without being billed; an open rest goes on."""
    found: dict[UUID, list[Period]] = defaultdict(list)
    for subscription_id, from_at, until_at in rows:
        found[subscription_id].append(Period(from_at, until_at or FOREVER))
    return found


def _named(account: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(sql.ACCOUNT_NAMES, account, strict=True))
