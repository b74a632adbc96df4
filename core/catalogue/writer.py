"""Write changes of the catalogue: the only code that inserts into its tables.

Rows are collected over all changes and inserted table by table, so that the number of
statements does not grow with the catalogue; only changed heads are updated one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlmodel import SQLModel

from core.catalogue.batch import Batch, Row
from core.catalogue.changes import Change
from core.catalogue.current import StoredCatalogue
from core.catalogue.schema import Section
from core.catalogue.tables import (
    BillingTermsPlanRow,
    BillingTermsRow,
    BillingTermsVersionRow,
    CatalogueEntryRow,
    CatalogueEntryVersionRow,
    GaugeRow,
    PricePlanRow,
    PricePlanVersionRow,
    ProductRow,
    RateRow,
    RateTableRow,
    RateTableSlotRow,
    SuiteMemberRow,
)
from core.db import Tx
from core.kernel.ids import new_id

_ORDER: Final[tuple[type[SQLModel], ...]] = (
    GaugeRow,
    ProductRow,
    SuiteMemberRow,
    RateTableRow,
    RateTableSlotRow,
    PricePlanRow,
    PricePlanVersionRow,
    RateRow,
    BillingTermsRow,
    BillingTermsVersionRow,
    BillingTermsPlanRow,
    CatalogueEntryRow,
    CatalogueEntryVersionRow,
)


async def write_changes(
    tx: Tx, changes: Iterable[Change], stored: StoredCatalogue
) -> dict[tuple[Section, str], UUID]:
    """Write all changes and return the ids of every entry by section and code."""
    batch = Batch(tx, stored)
    found = tuple(changes)
    for change in found:
        if change.before is None:  # named before anything refers to it: a suite its members
            batch.ids[change.section, change.code] = new_id()
    for change in found:
        batch.add(change)
    # Of some sections one entry is active: the old one steps back before the new one comes.
    resigning = [update for update in batch.updates if update[2].get("state") == "inactive"]
    await _update(tx, resigning)
    for table in _ORDER:
        if rows := batch.rows.get(table):
            await tx.connection.execute(insert(table), _ordered(rows))
    await _update(tx, [update for update in batch.updates if update not in resigning])
    await _show_to(tx, batch.units)
    return batch.ids


def _ordered(rows: list[Row]) -> list[Row]:
    """Put plans without a base first: the others name them."""
    return sorted(rows, key=lambda row: row.get("base_plan_id") is not None)


async def _update(tx: Tx, updates: Iterable[tuple[type[SQLModel], UUID, Row]]) -> None:
    for table, row_id, values in updates:
        columns = table.__table__.c  # type: ignore[attr-defined]
        mine = (columns.tenant_id == tx.tenant_id) & (columns.id == row_id)
        await tx.connection.execute(update(table.__table__).where(mine).values(values))  # type: ignore[attr-defined]


async def _show_to(tx: Tx, units: dict[UUID, tuple[UUID, ...]]) -> None:
    """Replace the units that may choose an entry."""
    if not units:
        return
    await tx.execute(
        "DELETE FROM visible_to WHERE tenant_id = $1 AND subject_id = ANY ($2::uuid[])",
        tx.tenant_id,
        list(units),
    )
    pairs = [(owner, unit) for owner, listed in units.items() for unit in listed]
    await tx.execute(
        "INSERT INTO visible_to (tenant_id, subject_id, org_unit_id)"
        " SELECT $1, * FROM unnest($2::uuid[], $3::uuid[])",
        tx.tenant_id,
        [owner for owner, _unit in pairs],
        [unit for _owner, unit in pairs],
    )
