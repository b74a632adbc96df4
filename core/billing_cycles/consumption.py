"""What was consumed beyond allowances in the periods at hand: users whom no pack covers.

Only features that count members and bill what is beyond are looked at; a tenant without any
is told by what is known of its catalogue. Three statements, however many periods there are.

A period that was cut is counted with what came before in the whole of it, so that a user is
billed once for a month in which the plan changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.billing.snapshot import ConsumptionItem
from core.billing_cycles.rows import ClosingRows
from core.billing_cycles.users import NOBODY, HeldModule, HeldPack, Opened, Peak, People
from core.catalogue.features import load_allowed, load_features
from core.catalogue.schema import GrantDefinition
from core.db import Tx
from core.kernel.periods import Period
from core.periods.rows import StoredPeriod

_HELD: Final = """
SELECT s.account_id, i.subscription_id, i.item_id, i.product_id, i.quantity, i.from_at,
    i.until_at, i.module_item_id
FROM subscription s
JOIN subscription_item i ON i.tenant_id = s.tenant_id AND i.subscription_id = s.id
WHERE s.tenant_id = $1 AND s.account_id = ANY ($2::uuid[]) AND s.state <> 'trial'
  AND i.product_id = ANY ($3::uuid[]) AND NOT i.is_trial
  AND i.from_at < $5 AND (i.until_at IS NULL OR i.until_at > $4)
"""
_OPENED: Final = """
SELECT a.account_id, a.member_id, a.product_id, a.from_at, a.until_at
FROM member_access a
JOIN member m ON m.tenant_id = a.tenant_id AND m.id = a.member_id
WHERE a.tenant_id = $1 AND a.account_id = ANY ($2::uuid[]) AND m.role <> 'administrator'
  AND a.from_at < $4 AND (a.until_at IS NULL OR a.until_at > $3)
"""
UNLIMITED: Final = Decimal(10**9)
_SUITES: Final = "SELECT suite_id, module_id FROM suite_member WHERE tenant_id = $1"


async def read_consumption(tx: Tx, rows: ClosingRows) -> None:
    """Count the users of every period of usage at hand, for each module or suite."""
    periods = [period for period in rows.periods if period.stream == "usage"]
    is_told = rows.tenant is not None and not rows.tenant.has_features
    if not periods or is_told:
        return
    features = [
        one
        for one in (await load_features(tx)).values()
        if one.counts == "members" and one.beyond == "bills" and one.state == "active"
    ]
    if not features:
        return
    allowed = await load_allowed(tx, list(rows.products))
    codes = {facts.product.code: key for key, facts in rows.products.items()}
    for feature in sorted(features, key=lambda one: one.code):
        grants = {
            product_id: grant
            for product_id, allows in allowed.items()
            for grant in allows.grants
            if grant.feature == feature.code
        }
        billed = codes.get(feature.product or "")
        if grants and billed is not None:
            await _count(tx, rows, periods, grants=grants, billed=billed)


async def _count(
    tx: Tx,
    rows: ClosingRows,
    periods: Sequence[StoredPeriod],
    *,
    grants: Mapping[UUID, GrantDefinition],
    billed: UUID,
) -> None:
    people = await _people(tx, periods, grants=grants)
    for period in periods:
        found = people.get(period.account_id)
        if found is None:
            continue
        rests = rows.rests.get(period.subscription_id, ())
        items = tuple(
            _item(rows, billed, product_id, peak, before)
            for product_id in found.modules_of(period.subscription_id)
            for peak, before in [_peaks(found, period, product_id, rests)]
            if peak is not None and peak.beyond > before
        )
        if items:
            rows.consumption[period.id] = (*rows.consumption.get(period.id, ()), *items)


def _peaks(
    people: People, period: StoredPeriod, product_id: UUID, rests: Sequence[Period]
) -> tuple[Peak | None, Decimal]:
    """Return the peak of a period, and that of what came before in the whole of it."""
    of, part = period.subscription_id, period.part
    peak = people.peak(of, product_id, within=part, rests=rests)
    if peak is None or period.whole.start >= part.start:
        return peak, NOBODY
    earlier = Period(period.whole.start, part.start)
    before = people.peak(of, product_id, within=earlier, rests=rests)
    return peak, NOBODY if before is None else before.beyond


def _item(
    rows: ClosingRows, billed: UUID, product_id: UUID, peak: Peak, before: Decimal
) -> ConsumptionItem:
    facts = [
        ("users", str(peak.users)),
        ("covered", f"{peak.covered.normalize():f}"),
        ("at", peak.at.isoformat()),
    ]
    if before:
        facts.append(("billed before", f"{before.normalize():f}"))
    module = rows.products[product_id].product.name
    return ConsumptionItem(billed, peak.beyond - before, module, tuple(facts))


async def _people(
    tx: Tx, periods: Sequence[StoredPeriod], *, grants: Mapping[UUID, GrantDefinition]
) -> dict[UUID, People]:
    """Read the modules, packs and rights of the periods' accounts."""
    accounts = list({period.account_id for period in periods})
    since = min(min(one.starts_at, one.whole.start) for one in periods)
    until = max(one.ends_at for one in periods)
    held = await tx.fetch(_HELD, tx.tenant_id, accounts, list(grants), since, until)
    if not held:
        return {}
    opened: dict[UUID, list[Opened]] = defaultdict(list)
    for row in await tx.fetch(_OPENED, tx.tenant_id, accounts, since, until):
        opened[row["account_id"]].append(Opened(*row[1:]))
    suites: dict[UUID, set[UUID]] = defaultdict(set)
    for suite_id, module_id in await tx.fetch(_SUITES, tx.tenant_id):
        suites[suite_id].add(module_id)
    by_account: dict[UUID, list[Any]] = defaultdict(list)
    for row in held:
        by_account[row["account_id"]].append(row)
    return {
        account_id: People(
            list(_modules(own, grants)), list(_packs(own, grants)), opened[account_id], suites
        )
        for account_id, own in by_account.items()
        if account_id in opened
    }


def _modules(
    rows: Iterable[Any], grants: Mapping[UUID, GrantDefinition]
) -> Iterable[HeldModule]:
    for row in rows:
        if row["module_item_id"] is None:
            yield HeldModule(
                row["item_id"],
                row["subscription_id"],
                row["product_id"],
                _granted(grants[row["product_id"]], row["quantity"]),
                row["from_at"],
                row["until_at"],
            )


def _packs(rows: Iterable[Any], grants: Mapping[UUID, GrantDefinition]) -> Iterable[HeldPack]:
    for row in rows:
        if row["module_item_id"] is not None:
            covers = _granted(grants[row["product_id"]], row["quantity"])
            yield HeldPack(row["module_item_id"], covers, row["from_at"], row["until_at"])


def _granted(grant: GrantDefinition, quantity: Decimal) -> Decimal:
    """Return how many users an item covers; any number is more than there are members."""
    if grant.unlimited or grant.amount is None:
        return UNLIMITED
    return grant.amount * quantity if grant.per == "unit" else grant.amount
