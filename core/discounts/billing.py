"""The discounts that may reduce the bills at hand, read for many targets at once.

Approved grants, and automatic definitions that are in effect at the bill's time. Whether
one does reduce a bill is decided by pricing, which has the bill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.billing.snapshot import Context, Discount
from core.catalogue.entries import Entry, entries, entries_by_version
from core.db import Tx
from core.discounts import billing_sql as sql
from core.discounts.counted_usage import counted_usage
from core.discounts.records import DiscountGrant, Target, TargetKind
from core.discounts.rules import (
    criteria_of,
    definition_of,
    duration_of,
    free_months,
    kind_of,
    may_be_given,
    per_of,
    reduced_products,
)
from core.facts import Facts, load_facts, reads_segments
from core.kernel.conditions import Condition
from core.rows import to_record

NOTHING: Final[tuple[Discount, ...]] = ()


class Billed(NamedTuple):
    """A subscription or a job that is being billed, on terms that allow discounts.

    `at` is when the bill falls due. Discounts bite in `[flexible_from, flexible_until)`
    only, where the terms changed; None has no limit.
    """

    id: UUID
    kind: TargetKind
    at: datetime
    flexible_from: datetime | None = None
    flexible_until: datetime | None = None


WindowKey = tuple[UUID, UUID]
"""An account and a definition."""


@dataclass(slots=True)
class BillDiscounts:
    """What was read: discounts by target, and the contexts that their criteria need.

    `windows` is how many uses each account has left of automatic definitions that count in
    windows: all bills at hand of the account share them.
    """

    by_target: Mapping[UUID, tuple[Discount, ...]] = field(default_factory=dict)
    windows: Mapping[WindowKey, int] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    contexts_needed: frozenset[UUID] = frozenset()

    def of(self, target_id: UUID) -> tuple[Discount, ...]:
        """Return the discounts of a subscription or a job."""
        return self.by_target.get(target_id, NOTHING)

    def context(self, target_id: UUID) -> Context | None:
        """Return the context of its criteria, or None where none has any.

        Raises:
            ConditionFailed: a segment cannot be decided; the target is not to be billed.
        """
        if target_id not in self.contexts_needed:
            return None
        if target_id in self.facts.jobs:
            return self.facts.of_job(target_id)
        return self.facts.of_subscription(target_id)


class _Given(NamedTuple):
    """A discount for a target before it is put into words for pricing."""

    target: Target
    entry: Entry
    grant: DiscountGrant | None
    uses_left: int | None


async def read_discounts(
    tx: Tx, billed: Collection[Billed], *, at_hand: Collection[UUID] = ()
) -> BillDiscounts:
    """Read what may reduce the bills of these targets; `at_hand` are the periods billed.

    Without any target nothing is asked, and one cheap statement where the tenant has no
    discounts at all.
    """
    if not billed or not await tx.fetchval(sql.ANY_AT_ALL, tx.tenant_id):
        return BillDiscounts()
    times = {one.id: one for one in billed}
    targets = await _targets(tx, times)
    windows = _Windows({})
    given = await _given(tx, targets, windows)
    pairs = [(one.target, definition_of(one.entry)) for one in given]
    usage = await counted_usage(tx, pairs, at_hand=at_hand)
    conditions = {one.entry.version_id: criteria_of(definition_of(one.entry)) for one in given}
    products = [tuple(row) for row in await tx.fetch(sql.PRODUCTS, tx.tenant_id)]
    spent = await _spent(tx, [one.grant.id for one in given if one.grant is not None])
    found: dict[UUID, list[Discount]] = defaultdict(list)
    asking: set[UUID] = set()
    for one, counted in zip(given, usage, strict=True):
        criteria = conditions[one.entry.version_id]
        discount = _discount(one, products=products, criteria=criteria, spent=spent)
        clipped = _within(discount, times[one.target.id])
        if clipped is None:
            continue
        found[one.target.id].append(clipped._replace(usage=counted))
        if criteria is not None:
            asking.add(one.target.id)
    facts = await _facts(tx, targets, asking, conditions=conditions.values(), at_hand=at_hand)
    by_target = {target_id: tuple(discounts) for target_id, discounts in found.items()}
    return BillDiscounts(by_target, windows.left, facts, frozenset(asking))


async def _targets(tx: Tx, billed: Mapping[UUID, Billed]) -> dict[UUID, Target]:
    rows: list[Any] = []
    for kind, statement in (("subscription", sql.SUBSCRIPTIONS), ("job", sql.JOBS)):
        ids = [one.id for one in billed.values() if one.kind == kind]
        if ids:
            rows += await tx.fetch(statement, tx.tenant_id, ids)
    found = (
        Target(terms_version_id=None, is_open=True, now=billed[row["id"]].at, **dict(row))
        for row in rows
    )
    return {one.id: one for one in sorted(found, key=lambda one: (one.now, one.id.int))}


async def _given(tx: Tx, targets: Mapping[UUID, Target], windows: _Windows) -> list[_Given]:
    """Gather approved grants, and automatic definitions without a grant yet."""
    rows = await tx.fetch(sql.GRANTS, tx.tenant_id, list(targets))
    grants = [to_record(DiscountGrant, row) for row in rows]
    versions = await entries_by_version(tx, {one.definition_version_id for one in grants})
    latest = await entries(tx, "discounts", states=("effective",))
    autos = [entry for entry in latest if definition_of(entry).method == "auto"]
    effective = {entry.id for entry in latest}
    await windows.read(tx, autos, targets.values())
    by_target: dict[UUID, list[DiscountGrant]] = defaultdict(list)
    for one in grants:
        by_target[one.subscription_id or one.job_id].append(one)  # type: ignore[index]
    found: list[_Given] = []
    for target in targets.values():
        held: set[UUID] = set()
        for one in by_target[target.id]:
            entry = versions[one.definition_version_id]
            if one.method == "auto":
                held.add(one.definition_id)
            if one.state == "approved" and (one.method == "ad_hoc" or entry.id in effective):
                found += _still(target, entry, one, windows)
        found += _begun(target, autos, held, windows)
    return found


def _still(
    target: Target, entry: Entry, one: DiscountGrant, windows: _Windows
) -> Iterable[_Given]:
    left = None if one.uses_allowed is None else one.uses_allowed - one.uses
    if one.method == "auto" and definition_of(entry).times_per:
        left = windows.left_of(entry, target)
    if left is None or left > 0:
        yield _Given(target, entry, one, left)


def _begun(
    target: Target, autos: Sequence[Entry], held: set[UUID], windows: _Windows
) -> Iterable[_Given]:
    for entry in autos:
        definition = definition_of(entry)
        if (
            entry.id in held
            or definition.of != target.kind
            or definition.currency not in ("", target.currency)
            or not may_be_given(definition, target.now)
        ):
            continue
        left = windows.left_of(entry, target) if definition.times_per else definition.times
        if left is None or left > 0:
            yield _Given(target, entry, None, left)


class _Windows:
    """What is left of automatic discounts that count in windows of an account."""

    def __init__(self, used: dict[WindowKey, int]) -> None:
        self._used = used
        self.left: dict[WindowKey, int] = {}

    async def read(self, tx: Tx, autos: Sequence[Entry], targets: Collection[Target]) -> None:
        """Read the windows that hold the bills' times."""
        counted = [entry.id for entry in autos if definition_of(entry).times_per]
        if not counted:
            return
        at = {one.account_id: one.now for one in targets}
        rows = await tx.fetch(sql.WINDOWS, tx.tenant_id, counted, list(at), list(at.values()))
        self._used = {(row["account_id"], row["definition_id"]): row["uses"] for row in rows}

    def left_of(self, entry: Entry, target: Target) -> int:
        """Return how many bills it may still reduce, of all that the account has at hand."""
        key = (target.account_id, entry.id)
        left = max(0, (definition_of(entry).times or 0) - self._used.get(key, 0))
        self.left[key] = left
        return left


async def _spent(tx: Tx, grants: Collection[UUID]) -> dict[UUID, dict[UUID, Decimal]]:
    found: dict[UUID, dict[UUID, Decimal]] = defaultdict(dict)
    if grants:
        for row in await tx.fetch(sql.FREE_TIME, tx.tenant_id, list(grants)):
            found[row["grant_id"]][row["item_id"]] = row["free"]
    return found


def _discount(
    given: _Given,
    *,
    products: Collection[Any],
    criteria: Condition | None,
    spent: Mapping[UUID, Mapping[UUID, Decimal]],
) -> Discount:
    target, entry, grant = given.target, given.entry, given.grant
    definition = definition_of(entry)
    start, end = duration_of(definition, target)
    value: Decimal | None
    if grant is not None:
        start, end = grant.effective_from, grant.expires_at
        value = grant.percent if definition.is_percentage else grant.amount
    else:
        value = definition.percent if definition.is_percentage else definition.amount
    kind = kind_of(definition)
    if kind == "free_time":
        value = free_months(definition)
    assert value is not None  # the catalogue and the table see to it
    return Discount(
        grant_id=None if grant is None else grant.id,
        definition_id=entry.id,
        version_id=entry.version_id,
        code=entry.code,
        name=entry.name,
        subscription_id=target.id if target.kind == "subscription" else None,
        job_id=target.id if target.kind == "job" else None,
        kind=kind,
        value=value,
        from_at=start,
        until_at=end,
        level=definition.level or 1,
        per=per_of(definition),
        scope=definition.scope,
        products=reduced_products(definition, products),
        criteria=criteria,
        free_time={} if grant is None else spent.get(grant.id, {}),
        uses_left=given.uses_left,
    )


def _within(discount: Discount, billed: Billed) -> Discount | None:
    """Cut a discount to the time in which the terms allow any; None: nothing is left."""
    start, end = discount.from_at, discount.until_at
    if billed.flexible_from is not None:
        start = max(start, billed.flexible_from)
    if billed.flexible_until is not None:
        end = billed.flexible_until if end is None else min(end, billed.flexible_until)
    if end is not None and end <= start:
        return None
    return discount._replace(from_at=start, until_at=end)


async def _facts(
    tx: Tx,
    targets: Mapping[UUID, Target],
    asking: Collection[UUID],
    *,
    conditions: Collection[Condition | None],
    at_hand: Collection[UUID],
) -> Facts:
    if not asking:
        return Facts()
    by_kind: dict[str, list[UUID]] = {"subscription": [], "job": []}
    for target_id in asking:
        by_kind[targets[target_id].kind].append(target_id)
    return await load_facts(
        tx,
        subscription_ids=by_kind["subscription"],
        job_ids=by_kind["job"],
        at={targets[one].account_id: targets[one].now for one in asking},
        with_segments=any(map(reads_segments, conditions)),
        at_hand=at_hand,
    )
