"""The catalogue as it is stored now: the current version of everything, by code.

Read with one statement per table, however large the catalogue is. Definitions come back in
the normal form, so that they can be compared with wanted ones and written out as YAML.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.catalogue.current import LatestSlot, StoredCatalogue, Version
from core.catalogue.entries import Entry, all_entries
from core.catalogue.plain import from_plain
from core.catalogue.product_body import product_of
from core.catalogue.schema import (
    BillingTermsDefinition,
    Catalogue,
    CommitmentDefinition,
    EntrySection,
    GaugeDefinition,
    GaugeQuantityDefinition,
    MetersDefinition,
    PricePlanDefinition,
    ProductDefinition,
    RateDefinition,
    RateTableDefinition,
    Section,
    SlotDefinition,
)
from core.db import Tx


async def read_stored(tx: Tx) -> StoredCatalogue:
    """Read the tenant's whole catalogue, ordered by code."""
    gauges = await tx.fetch(_heads("gauge"), tx.tenant_id)
    products = await tx.fetch(_heads("product"), tx.tenant_id)
    members = await tx.fetch(_MEMBERS, tx.tenant_id)
    tables = await tx.fetch(_heads("rate_table"), tx.tenant_id)
    slots = await tx.fetch(_SLOTS, tx.tenant_id)
    plans = await tx.fetch(_PLANS, tx.tenant_id)
    rates = await tx.fetch(_RATES, [row["version_id"] for row in plans], tx.tenant_id)
    terms = await tx.fetch(_TERMS, tx.tenant_id)
    found = await all_entries(tx)
    units = await tx.fetch("SELECT id, code FROM org_unit WHERE tenant_id = $1", tx.tenant_id)
    named: dict[Section, Iterable[Any]] = {
        "gauges": gauges,
        "products": products,
        "rate_tables": tables,
        "price_plans": plans,
        "billing_terms": terms,
    }
    kept: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rates:
        if row["rate_table_slot"] is not None:
            kept[row["plan_code"]][row["table_code"]] = row["rate_table_slot"]
    return StoredCatalogue(
        catalogue=Catalogue(
            gauges=tuple(GaugeDefinition(code=r["code"], name=r["name"]) for r in gauges),
            products=_products(products, members, {r["id"]: r["code"] for r in gauges}),
            rate_tables=_tables(tables, slots),
            price_plans=_plans(plans, rates),
            billing_terms=tuple(_terms(row) for row in terms),
            **_definitions(found),
        ),
        ids={(name, row["code"]): row["id"] for name, rows in named.items() for row in rows}
        | {(entry.section, entry.code): entry.id for entry in found},
        versions={
            (name, row["code"]): Version(row["version_id"], row["number"])
            for name in ("price_plans", "billing_terms")
            for row in named[name]
        }
        | {(e.section, e.code): Version(e.version_id, e.number) for e in found},
        latest_slots={
            row["table_code"]: LatestSlot(row["number"], row["starts_at"]) for row in slots
        },
        kept_slots=dict(kept),
        units={row["code"]: row["id"] for row in units},
    )


def _definitions(found: Iterable[Entry]) -> dict[EntrySection, Any]:
    sections: dict[EntrySection, tuple[Any, ...]] = defaultdict(tuple)
    for entry in found:
        sections[entry.section] = (*sections[entry.section], entry.definition)
    return sections


def _heads(table: str) -> str:
    return f"SELECT * FROM {table} WHERE tenant_id = $1 ORDER BY code"  # noqa: S608 - our names


_MEMBERS: Final = """
SELECT s.code AS suite, m.code AS module FROM suite_member x
JOIN product s ON s.tenant_id = x.tenant_id AND s.id = x.suite_id
JOIN product m ON m.tenant_id = x.tenant_id AND m.id = x.module_id
WHERE x.tenant_id = $1 ORDER BY s.code, m.code
"""
_SLOTS: Final = """
SELECT t.code AS table_code, s.number, s.starts_at, s.rows, s.default_price
FROM rate_table_slot s JOIN rate_table t ON t.tenant_id = s.tenant_id AND t.id = s.rate_table_id
WHERE s.tenant_id = $1 ORDER BY t.code, s.number
"""
_PLANS: Final = """
SELECT p.*, v.id AS version_id, v.number, v.effective_from, v.commitment, v.select_when,
    v.apply_when, v.rule_sets, b.code AS base,
    ARRAY(SELECT u.code FROM visible_to x
        JOIN org_unit u ON u.tenant_id = x.tenant_id AND u.id = x.org_unit_id
        WHERE x.tenant_id = p.tenant_id AND x.subject_id = p.id ORDER BY u.code) AS units
FROM price_plan p JOIN LATERAL (
    SELECT * FROM price_plan_version v
    WHERE v.tenant_id = p.tenant_id AND v.price_plan_id = p.id ORDER BY number DESC LIMIT 1
) v ON true
LEFT JOIN price_plan b ON b.tenant_id = p.tenant_id AND b.id = p.base_plan_id
WHERE p.tenant_id = $1 ORDER BY p.code
"""
_RATES: Final = """
SELECT l.code AS plan_code, p.code AS product_code, r.frequency, r.body,
    t.code AS table_code, r.rate_table_slot
FROM rate r
JOIN price_plan_version v ON v.tenant_id = r.tenant_id AND v.id = r.price_plan_version_id
JOIN price_plan l ON l.tenant_id = v.tenant_id AND l.id = v.price_plan_id
JOIN product p ON p.tenant_id = r.tenant_id AND p.id = r.product_id
LEFT JOIN rate_table t ON t.tenant_id = r.tenant_id AND t.id = r.rate_table_id
WHERE r.tenant_id = $2 AND r.price_plan_version_id = ANY($1)
ORDER BY l.code, p.code, r.frequency
"""
_TERMS: Final = """
SELECT b.*, v.id AS version_id, v.number, v.body
FROM billing_terms b JOIN LATERAL (
    SELECT * FROM billing_terms_version v
    WHERE v.tenant_id = b.tenant_id AND v.billing_terms_id = b.id ORDER BY number DESC LIMIT 1
) v ON true
WHERE b.tenant_id = $1 ORDER BY b.code
"""


def _products(
    rows: Iterable[Any], members: Iterable[Any], gauges: dict[UUID, str]
) -> tuple[ProductDefinition, ...]:
    modules: dict[str, list[str]] = defaultdict(list)
    for row in members:
        modules[row["suite"]].append(row["module"])
    return tuple(_product(row, tuple(sorted(modules[row["code"]])), gauges) for row in rows)


def _product(row: Any, members: tuple[str, ...], gauges: dict[UUID, str]) -> ProductDefinition:
    meters = row["meters_channel"] and MetersDefinition(
        channel=row["meters_channel"], unit=row["meters_unit"]
    )
    quantity_from = row["gauge_id"] and GaugeQuantityDefinition(
        gauge=gauges[row["gauge_id"]], policy=row["gauge_policy"]
    )
    return product_of(
        row["body"],
        code=row["code"],
        kind=row["kind"],
        name=row["name"],
        type=row["type"],
        description=row["description"],
        unit_label=row["unit_label"],
        tax_class=row["tax_class"],
        meters=meters,
        quantity_from=quantity_from,
        billed_in=row["billed_in"],
        members=members,
        state=row["state"],
    )


def _tables(rows: Iterable[Any], slots: Iterable[Any]) -> tuple[RateTableDefinition, ...]:
    by_table: dict[str, list[Any]] = defaultdict(list)
    for slot in slots:
        by_table[slot["table_code"]].append(slot)
    return tuple(_table(row, by_table[row["code"]]) for row in rows)


def _table(row: Any, slots: list[Any]) -> RateTableDefinition:
    definition = RateTableDefinition(
        code=row["code"], name=row["name"], dimension=row["dimension"], applies=row["applies"]
    )
    found = [
        SlotDefinition(
            starts=slot["starts_at"],
            rows=price_rows(slot["rows"]),
            default=slot["default_price"],
        )
        for slot in slots
    ]
    if row["applies"] == "kept_until_moved":
        return _with(definition, rows=found[-1].rows, default=found[-1].default)
    return _with(definition, slots=tuple(sorted(found, key=lambda slot: str(slot.starts))))


def _with(definition: RateTableDefinition, **changes: Any) -> RateTableDefinition:
    same = {
        name: getattr(definition, name) for name in ("code", "name", "dimension", "applies")
    }
    return RateTableDefinition(**same, **changes)


def price_rows(rows: dict[str, str]) -> dict[str, Decimal]:
    """Read the stored rows of a table: price texts by dimension value, sorted."""
    return {name: Decimal(rows[name]) for name in sorted(rows)}


def _plans(rows: Iterable[Any], rates: Iterable[Any]) -> tuple[PricePlanDefinition, ...]:
    by_plan: dict[str, list[RateDefinition]] = defaultdict(list)
    for rate in rates:
        by_plan[rate["plan_code"]].append(rate_definition(rate))
    return tuple(
        PricePlanDefinition(
            code=row["code"],
            name=row["name"],
            currency=row["currency"],
            tax=row["tax_mode"],
            base=row["base"],
            select_when=row["select_when"] or "",
            apply_when=row["apply_when"] or "",
            units=tuple(row["units"]),
            family=row["family"],
            level=row["level"],
            effective_from=row["effective_from"],
            commitment=commitment_definition(row["commitment"]),
            rule_sets=ordered(row["rule_sets"]),
            rates=tuple(sorted(by_plan[row["code"]], key=lambda r: (r.product, r.frequency))),
            state=row["state"],
        )
        for row in rows
    )


def rate_definition(row: Any) -> RateDefinition:
    """Read a rate from its row with `product_code` and `table_code`."""
    given: dict[str, Any] = {"product": row["product_code"], "frequency": row["frequency"]}
    if row["table_code"] is not None:
        given["table"] = row["table_code"]
    return from_plain(RateDefinition, row["body"], **given)


def ordered(texts: dict[str, str]) -> dict[str, str]:
    """Sort the names of a stored mapping: a JSON column keeps no order of its own."""
    return {name: texts[name] for name in sorted(texts)}


def commitment_definition(body: dict[str, Any] | None) -> CommitmentDefinition | None:
    """Read a stored commitment."""
    return None if body is None else from_plain(CommitmentDefinition, body)


def _terms(row: Any) -> BillingTermsDefinition:
    return from_plain(
        BillingTermsDefinition,
        row["body"],
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        state=row["state"],
    )
