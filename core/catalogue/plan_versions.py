"""Load price plan versions as the engine takes them: set-based, and cached.

A version never changes, but two things may be added to it: rates of products that it
lacked, and slots of an `on_event_date` table. One statement reads a fingerprint of both
for every version asked for; only what is new to this process is read and compiled.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.catalogue.compile import commitment_months, kept_table, rate_value
from core.catalogue.normal import rate_of_variant
from core.catalogue.schema import CommitmentDefinition, RateDefinition
from core.catalogue.stored import commitment_definition, ordered, price_rows, rate_definition
from core.db import Tx
from core.plugin_api.values import RateTable, TableSlot
from core.rating.plan import Commitment, PlanRate, PlanVersion, RateVariant, TaxMode

MAX_CACHED: Final = 4096
_Key = tuple[UUID, UUID, str]
_cache: OrderedDict[_Key, PlanVersion] = OrderedDict()


class PlanHead(NamedTuple):
    """A plan version as a row, with the fingerprint of what may be added to it."""

    id: UUID
    code: str
    number: int
    currency: str
    tax_mode: TaxMode
    commitment: Any
    base_plan_id: UUID | None
    select_when: str | None
    apply_when: str | None
    rule_sets: Any
    fingerprint: str


async def load_plan_versions(tx: Tx, ids: Collection[UUID]) -> dict[UUID, PlanVersion]:
    """Return the plan versions that exist, by id, compiled for pricing.

    At most three statements, whatever the number of versions; one when all are cached.
    """
    heads = await tx.fetch(_HEADS, tx.tenant_id, list(ids))
    return await versions_of(tx, [PlanHead._make(row) for row in heads])


async def versions_of(tx: Tx, heads: Sequence[PlanHead]) -> dict[UUID, PlanVersion]:
    """Return plan versions of which the heads were read: no statement when all are cached."""
    keys = {row.id: (tx.tenant_id, row.id, row.fingerprint) for row in heads}
    missing = [row for row in heads if keys[row.id] not in _cache]
    if missing:
        for version in await _read(tx, missing):
            _cache[keys[version.id]] = version
    found: dict[UUID, PlanVersion] = {}
    for version_id, key in keys.items():
        _cache.move_to_end(key)
        found[version_id] = _cache[key]
    while len(_cache) > MAX_CACHED:
        _cache.popitem(last=False)
    return found


async def load_rate_definitions(
    tx: Tx, ids: Collection[UUID]
) -> dict[UUID, tuple[RateDefinition, ...]]:
    """Return the rates of plan versions as they were defined, by version id."""
    rows = await tx.fetch(_RATES, tx.tenant_id, list(ids))
    found: dict[UUID, tuple[RateDefinition, ...]] = dict.fromkeys(ids, ())
    for row in rows:
        version_id = row["price_plan_version_id"]
        found[version_id] = (*found[version_id], rate_definition(row))
    return found


async def load_commitments(
    tx: Tx, ids: Collection[UUID]
) -> dict[UUID, CommitmentDefinition | None]:
    """Return the commitments of plan versions as they were defined, by version id."""
    rows = await tx.fetch(_COMMITMENTS, tx.tenant_id, list(ids))
    return {row["id"]: commitment_definition(row["commitment"]) for row in rows}


async def _read(tx: Tx, heads: Sequence[PlanHead]) -> list[PlanVersion]:
    rates = await tx.fetch(_RATES, tx.tenant_id, [row.id for row in heads])
    table_ids = {row["rate_table_id"] for row in rates if row["rate_table_id"] is not None}
    slots: dict[UUID, list[Any]] = defaultdict(list)
    if table_ids:
        for slot in await tx.fetch(_SLOTS, tx.tenant_id, list(table_ids)):
            slots[slot["rate_table_id"]].append(slot)
    by_version: dict[UUID, list[PlanRate]] = defaultdict(list)
    for row in rates:
        by_version[row["price_plan_version_id"]].append(_rate(row, slots))
    return [_version(row, by_version[row.id]) for row in heads]


def _rate(row: Any, slots: dict[UUID, list[Any]]) -> PlanRate:
    definition = rate_definition(row)
    table: RateTable | None = None
    if row["rate_table_id"] is not None:
        table = _table(row, slots[row["rate_table_id"]])
    variants = tuple(
        RateVariant(
            one.name, one.when, rate_value(rate_of_variant(definition, one), table=None)
        )
        for one in definition.variants
    )
    return PlanRate(
        row["product_id"], rate_value(definition, table=table), row["frequency"], variants
    )


def _table(rate: Any, slots: list[Any]) -> RateTable:
    """Take the one slot that the version keeps, or all of those that have dates."""
    kept = rate["rate_table_slot"]
    if kept is not None:
        slot = next(slot for slot in slots if slot["number"] == kept)
        return kept_table(rate["table_code"], price_rows(slot["rows"]), slot["default_price"])
    return RateTable(
        code=rate["table_code"],
        applies="on_event_date",
        slots=tuple(
            TableSlot(
                number=slot["number"],
                starts_at=slot["starts_at"],
                rows=price_rows(slot["rows"]),
                default=slot["default_price"],
            )
            for slot in slots
        ),
    )


def _version(row: PlanHead, rates: Iterable[PlanRate]) -> PlanVersion:
    return PlanVersion(
        id=row.id,
        code=row.code,
        number=row.number,
        currency=row.currency,
        tax_mode=row.tax_mode,
        rates=tuple(rates),
        commitment=_commitment(commitment_definition(row.commitment)),
        base_plan_id=row.base_plan_id,
        select_when=row.select_when or "",
        apply_when=row.apply_when or "",
        rule_sets=ordered(row.rule_sets),
    )


def _commitment(definition: CommitmentDefinition | None) -> Commitment | None:
    if definition is None:
        return None
    return Commitment(
        minimum=definition.minimum,
        products=frozenset(definition.covers.products),
        kinds=frozenset(definition.covers.kinds),
        tax_class=definition.tax_class,
        per_months=commitment_months(definition),
    )


# The fingerprint covers what may be added, content included: rows of a transaction that was
# rolled back may have been compiled here, and others may stand in their place now.
_HEAD: Final = """
SELECT v.id, p.code, v.number, p.currency, p.tax_mode, v.commitment, p.base_plan_id,
    v.select_when, v.apply_when, v.rule_sets,
    (SELECT md5(coalesce(string_agg(concat_ws('|', r.product_id, r.frequency, r.body,
            r.rate_table_id, r.rate_table_slot, dated.slots), ';'
            ORDER BY r.product_id, r.frequency), ''))
     FROM rate r LEFT JOIN LATERAL (
        SELECT md5(string_agg(
            concat_ws('|', s.number, s.starts_at, s.rows, s.default_price),
            ';' ORDER BY s.number
        )) AS slots
        FROM rate_table_slot s
        WHERE s.tenant_id = r.tenant_id AND s.rate_table_id = r.rate_table_id
            AND r.rate_table_slot IS NULL
     ) dated ON true
     WHERE r.tenant_id = v.tenant_id AND r.price_plan_version_id = v.id) AS fingerprint
FROM price_plan_version v
JOIN price_plan p ON p.tenant_id = v.tenant_id AND p.id = v.price_plan_id
WHERE v.tenant_id = $1 AND """
_HEADS: Final = f"{_HEAD} v.id = ANY ($2)"
HEADS_OF_SUBSCRIPTIONS: Final = f"""{_HEAD} v.id IN (
    SELECT price_plan_version_id FROM subscription_phase
    WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[])
    UNION ALL
    SELECT base_plan_version_id FROM subscription_phase
    WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[])
)"""  # noqa: S608 - our own words
"""Heads of every plan version that these subscriptions have, or had."""
_RATES: Final = """
SELECT r.price_plan_version_id, r.product_id, p.code AS product_code, r.frequency, r.body,
    r.rate_table_id, r.rate_table_slot, t.code AS table_code
FROM rate r
JOIN product p ON p.tenant_id = r.tenant_id AND p.id = r.product_id
LEFT JOIN rate_table t ON t.tenant_id = r.tenant_id AND t.id = r.rate_table_id
WHERE r.tenant_id = $1 AND r.price_plan_version_id = ANY($2)
ORDER BY r.price_plan_version_id, p.code, r.frequency
"""
_SLOTS: Final = """
SELECT rate_table_id, number, starts_at, rows, default_price FROM rate_table_slot
WHERE tenant_id = $1 AND rate_table_id = ANY($2) ORDER BY rate_table_id, starts_at
"""
_COMMITMENTS: Final = (
    "SELECT id, commitment FROM price_plan_version WHERE tenant_id = $1 AND id = ANY($2)"
)
