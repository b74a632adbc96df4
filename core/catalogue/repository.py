"""Read heads of the catalogue, by id and by code.

Every function is one statement, whatever the number of rows asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from core.catalogue.checks.known import LISTS, WORDS
from core.catalogue.compile import TermsVersion
from core.catalogue.errors import CatalogueEntryUnknown, NoPlanVersionEffective
from core.catalogue.records import (
    BillingTerms,
    Gauge,
    PlanVersionHead,
    PricePlan,
    Product,
    RateTableHead,
    TermsVersionHead,
)
from core.catalogue.schema import Section
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx

Head = TypeVar("Head", Gauge, Product, RateTableHead, PricePlan, BillingTerms)
Record = TypeVar("Record")

_TABLES: Final[dict[type, tuple[str, Section]]] = {
    Gauge: ("gauge", "gauges"),
    Product: ("product", "products"),
    RateTableHead: ("rate_table", "rate_tables"),
    PricePlan: ("price_plan", "price_plans"),
    BillingTerms: ("billing_terms", "billing_terms"),
}


async def heads_by_ids(tx: Tx, head: type[Head], ids: Collection[UUID]) -> dict[UUID, Head]:
    """Return the entries of one kind that exist, by id: `heads_by_ids(tx, Product, ids)`."""
    rows = await tx.fetch(_select(head, "id = ANY($2)"), tx.tenant_id, list(ids))
    return {row["id"]: _record(head, row) for row in rows}


async def heads_by_codes(tx: Tx, head: type[Head], codes: Collection[str]) -> dict[str, Head]:
    """Return the entries of one kind that exist, by code."""
    rows = await tx.fetch(_select(head, "code = ANY($2)"), tx.tenant_id, list(codes))
    return {row["code"]: _record(head, row) for row in rows}


async def head_by_code(tx: Tx, head: type[Head], code: str) -> Head:
    """Return one entry.

    Raises:
        CatalogueEntryUnknown: nothing of this kind has the code.
    """
    found = await heads_by_codes(tx, head, [code])
    if code not in found:
        raise unknown_entry(head, code)
    return found[code]


async def head_by_id(tx: Tx, head: type[Head], id: UUID) -> Head:  # noqa: A002 - the column
    """Return one entry.

    Raises:
        CatalogueEntryUnknown: nothing of this kind has the id.
    """
    found = await heads_by_ids(tx, head, [id])
    if id not in found:
        raise unknown_entry(head, id)
    return found[id]


def unknown_entry(
    head: type[Head], name: UUID | str, *, path: tuple[str, ...] = ()
) -> CatalogueEntryUnknown:
    """Return the refusal of an entry that does not exist, as far as the caller may know."""
    section = _TABLES[head][1]
    word = WORDS[section]
    told = f"such {word}" if isinstance(name, UUID) else f"{word} {name!r}"
    return CatalogueEntryUnknown(
        f"there is no {told}; look at the list, query {LISTS[section]}", path=path
    )


async def conditional_plans_of(tx: Tx, base_plan_ids: Collection[UUID]) -> list[PricePlan]:
    """Return the conditional plans of these base plans."""
    rows = await tx.fetch(
        _select(PricePlan, "base_plan_id = ANY($2)"), tx.tenant_id, list(base_plan_ids)
    )
    return [_record(PricePlan, row) for row in rows]


async def plan_version_heads(
    tx: Tx, plan_ids: Collection[UUID]
) -> dict[UUID, tuple[PlanVersionHead, ...]]:
    """Return all versions of each plan, by plan id, the first one first."""
    rows = await tx.fetch(_PLAN_VERSIONS, tx.tenant_id, list(plan_ids))
    found: dict[UUID, tuple[PlanVersionHead, ...]] = {}
    for row in rows:
        plan_id = row["price_plan_id"]
        found[plan_id] = (*found.get(plan_id, ()), _record(PlanVersionHead, row))
    return found


async def plan_version_at(tx: Tx, *, plan_id: UUID, at: datetime) -> PlanVersionHead:
    """Return the version of a plan that is sold at an instant: the last effective one.

    Raises:
        NoPlanVersionEffective: the plan is unknown, or all its versions are still to come.
    """
    row = await tx.fetchrow(_PLAN_VERSION_AT, tx.tenant_id, plan_id, at)
    if row is None:
        told = (
            f"the price plan has no version effective at {at.isoformat()}; choose a later start"
        )
        raise NoPlanVersionEffective(told)
    return _record(PlanVersionHead, row)


async def plan_versions_at(
    tx: Tx, plan_ids: Collection[UUID], *, at: datetime
) -> dict[UUID, PlanVersionHead]:
    """Return the version sold at an instant of each plan that has one, by plan id."""
    rows = await tx.fetch(_PLAN_VERSIONS_AT, tx.tenant_id, list(plan_ids), at)
    return {row["price_plan_id"]: _record(PlanVersionHead, row) for row in rows}


async def current_terms_versions(
    tx: Tx, terms_ids: Collection[UUID]
) -> dict[UUID, TermsVersionHead]:
    """Return the current version of each of the billing terms, by terms id."""
    rows = await tx.fetch(_TERMS_VERSIONS, tx.tenant_id, list(terms_ids))
    return {row["billing_terms_id"]: _record(TermsVersionHead, row) for row in rows}


async def offered_terms(tx: Tx) -> list[TermsVersion]:
    """Return the current versions of all terms for subscriptions that are offered, by code.

    Two statements, one where the versions are cached.
    """
    rows = await tx.fetch(_OFFERED_TERMS, tx.tenant_id)
    found = await load_terms_versions(tx, [row["id"] for row in rows])
    return sorted(found.values(), key=lambda terms: terms.code)


async def suite_members(tx: Tx, suite_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Return the modules of suites, by suite id; a module that is no suite is left out."""
    rows = await tx.fetch(_MEMBERS, tx.tenant_id, list(suite_ids))
    return {row["suite_id"]: tuple(row["modules"]) for row in rows}


_PLAN_VERSIONS: Final = """
SELECT id, price_plan_id, number, effective_from, created_at, select_when, apply_when,
    rule_sets
FROM price_plan_version
WHERE tenant_id = $1 AND price_plan_id = ANY($2) ORDER BY price_plan_id, number
"""
_PLAN_VERSION_AT: Final = """
SELECT id, price_plan_id, number, effective_from, created_at, select_when, apply_when,
    rule_sets
FROM price_plan_version
WHERE tenant_id = $1 AND price_plan_id = $2 AND effective_from <= $3
ORDER BY number DESC LIMIT 1
"""
_PLAN_VERSIONS_AT: Final = """
SELECT DISTINCT ON (price_plan_id) id, price_plan_id, number, effective_from, created_at
FROM price_plan_version
WHERE tenant_id = $1 AND price_plan_id = ANY($2) AND effective_from <= $3
ORDER BY price_plan_id, number DESC
"""
_TERMS_VERSIONS: Final = """
SELECT DISTINCT ON (billing_terms_id) id, billing_terms_id, number, created_at
FROM billing_terms_version WHERE tenant_id = $1 AND billing_terms_id = ANY($2)
ORDER BY billing_terms_id, number DESC
"""
_OFFERED_TERMS: Final = """
SELECT DISTINCT ON (v.billing_terms_id) v.id FROM billing_terms_version v
JOIN billing_terms b ON b.tenant_id = v.tenant_id AND b.id = v.billing_terms_id
WHERE v.tenant_id = $1 AND b.state = 'active' AND b.kind <> 'job'
ORDER BY v.billing_terms_id, v.number DESC
"""
_MEMBERS: Final = """
SELECT suite_id, array_agg(module_id ORDER BY module_id) AS modules FROM suite_member
WHERE tenant_id = $1 AND suite_id = ANY($2) GROUP BY suite_id
"""


def _select(head: type, rule: str) -> str:
    columns = ", ".join(found.name for found in fields(head))
    table = _TABLES[head][0]
    return f"SELECT {columns} FROM {table} WHERE tenant_id = $1 AND {rule}"  # noqa: S608 - ours


def _record(record: type[Record], row: Any) -> Record:
    return record(**dict(row))
