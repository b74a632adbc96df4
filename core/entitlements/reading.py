"""Read what decides what accounts may do: so many statements, however many accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.catalogue.features import Allowed, load_allowed, load_features
from core.catalogue.repository import suite_members
from core.catalogue.schema import FeatureDefinition
from core.db import Tx
from core.entitlements import repository
from core.entitlements.engine import HOLDERS, Person, Standing
from core.entitlements.records import Source
from core.entitlements.repository import Someone, Times, key_of
from core.entitlements.sources import sources_of
from core.licences.repository import Seated, holders
from core.payments.booking import is_paid

NOTHING: Final = Decimal(0)
_COUNTED: Final = frozenset({"companies", "members", "contacts"})


async def load_standings(
    tx: Tx,
    account_ids: Collection[UUID],
    *,
    features: Collection[str] | None = None,
    member_ids: Collection[UUID] = (),
) -> dict[UUID, Standing]:
    """Return the standing of each account that exists, by its id.

    `features` are those that will be asked about, None for all; of the others nothing is
    counted. Of the members only those named are read.
    """
    at = await repository.times(tx, account_ids)
    declared = await load_features(tx)
    lives = await repository.lives(tx, at)
    items = await repository.items(tx, [life.id for life in lives])
    product_ids = {held.product_id for found in items.values() for held in found}
    allowed = await load_allowed(tx, product_ids)
    by_account: dict[UUID, list[Source]] = defaultdict(list)
    for life in lives:
        found = sources_of(
            life, items.get(life.id, ()), allowed=allowed, at=at[life.account_id]
        )
        by_account[life.account_id] += [
            each for each in found if features is None or each.feature in features
        ]
    opened = await _modules(tx, allowed, declared)
    completed = await _completed(tx, by_account, at=at, opened=opened)
    asked = {
        code: each for code, each in declared.items() if features is None or code in features
    }
    counted, members = await _counted(tx, completed, asked, at=at, member_ids=member_ids)
    return {
        key: Standing(
            account_id=key, at=at[key], features=declared,
            sources=tuple(completed.get(key, ())), counted=counted.get(key, {}),
            members=members.get(key, {}),
        )
        for key in at
    }  # fmt: skip


async def _modules(
    tx: Tx, allowed: Mapping[UUID, Allowed], declared: Mapping[str, FeatureDefinition]
) -> Mapping[UUID, frozenset[UUID]]:
    """Return the modules that are opened to each member, with what opens them.

    Those that bill their users: they grant a feature that counts members and bills what is
    beyond. A suite is opened by a right on any of its modules too.
    """
    billing = {
        code for code, each in declared.items()
        if each.counts == "members" and each.beyond == "bills"
    }  # fmt: skip
    found = [
        key for key, each in allowed.items()
        if not each.needs and any(grant.feature in billing for grant in each.grants)
    ]  # fmt: skip
    if not found:
        return {}
    inside = await suite_members(tx, found)
    return {key: frozenset({key, *inside.get(key, ())}) for key in found}


async def _completed(
    tx: Tx,
    by_account: Mapping[UUID, Iterable[Source]],
    *,
    at: Times,
    opened: Mapping[UUID, frozenset[UUID]],
) -> dict[UUID, list[Source]]:
    """Give sources what is stored of them: use, seats, payment, and what opens them."""
    everything = [(key, each) for key, found in by_account.items() for each in found]
    used = await repository.used(
        tx, {each.item_id for _, each in everything if each.item_id is not None}
    )
    seated = {
        each.item_id: Seated(each.seats, at[key])
        for key, each in everything
        if each.needs_seat and each.item_id is not None
    }
    held = await holders(tx, seated)
    paying = {each.subscription_id for _, each in everything if each.needs_payment}
    paid = await is_paid(tx, paying)
    completed: dict[UUID, list[Source]] = defaultdict(list)
    for key, each in everything:
        closed = each.closed
        if closed is None and each.needs_payment and not paid.get(each.subscription_id):
            closed = "NEEDS_PAYMENT"
        completed[key].append(
            replace(
                each,
                closed=closed,
                used=used.get(key_of(each), NOTHING),
                holders=held.get(each.item_id, frozenset()) if each.item_id else frozenset(),
                modules=opened.get(each.product_id, frozenset())
                if each.product_id
                else frozenset(),
            )
        )
    return completed


async def _counted(
    tx: Tx,
    sources: Mapping[UUID, Iterable[Source]],
    asked: Mapping[str, FeatureDefinition],
    *,
    at: Times,
    member_ids: Collection[UUID],
) -> tuple[dict[UUID, dict[str, Decimal]], dict[UUID, dict[UUID, Person]]]:
    """Return what there is of counted features, and the members that are asked about."""
    kinds = {each.counts for each in asked.values()}
    bills = {code for code, each in asked.items() if each.beyond == "bills"}
    everybody = None if bills else member_ids
    found = await repository.people(tx, at, member_ids=everybody) if everybody != () else []
    there = await repository.counts(tx, at) if kinds & _COUNTED else {}
    gauges = {each.gauge for each in asked.values() if each.gauge is not None}
    levels = await repository.gauge_levels(tx, at, gauges) if gauges else {}
    counted: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    people: dict[UUID, dict[UUID, Person]] = defaultdict(dict)
    for one in found:
        people[one.account_id][one.id] = Person(one.role, one.modules)
    for key in at:
        for code, each in asked.items():
            if code in bills:
                users = [one for one in found if one.account_id == key]
                counted[key][code] = _users(sources.get(key, ()), code, users)
            elif each.counts == "gauge" and each.gauge is not None:
                counted[key][code] = levels.get((key, each.gauge), NOTHING)
            elif each.counts in _COUNTED:
                counted[key][code] = Decimal(getattr(there[key], each.counts))
    return counted, people


def _users(sources: Iterable[Source], feature: str, people: Iterable[Someone]) -> Decimal:
    """Count the members with a right, for each module that bills its users.

    The account's owner and administrator are included in each module.
    """
    modules = {
        each.item_id: each.modules
        for each in sources
        if each.feature == feature and each.modules
    }
    users = [one for one in people if one.role not in HOLDERS]
    return Decimal(
        sum(bool(one.modules & opening) for opening in modules.values() for one in users)
    )
