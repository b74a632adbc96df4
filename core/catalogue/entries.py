"""Load entries that are read whole: segments, discounts, usage catalogues and the like.

Every function is one statement. A version never changes, so what was read of one is kept
in the process; name, state and the units that may choose an entry are read each time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.catalogue.checks.known import LISTS, WORDS
from core.catalogue.entry_body import entry_definition
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.schema import ENTRY_SECTIONS, EntryDefinition, EntrySection
from core.db import Tx

MAX_CACHED: Final = 4096
_cache: OrderedDict[tuple[UUID, UUID], EntryDefinition] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of an entry; name, state and the definition's units are today's."""

    id: UUID
    version_id: UUID
    number: int
    code: str
    name: str
    state: str
    section: EntrySection
    definition: EntryDefinition
    created_at: datetime


async def entries(
    tx: Tx, section: EntrySection, *, states: Collection[str] | None = None
) -> list[Entry]:
    """Return the latest version of every entry of a section, by code."""
    wanted = None if states is None else list(states)
    rows = await tx.fetch(_LATEST_OF_SECTIONS, tx.tenant_id, [section], wanted)
    return [entry_of(row) for row in rows]


async def all_entries(tx: Tx) -> list[Entry]:
    """Return the latest version of every entry of every section, by code."""
    rows = await tx.fetch(_LATEST_OF_SECTIONS, tx.tenant_id, list(ENTRY_SECTIONS), None)
    return [entry_of(row) for row in rows]


async def entry_by_code(tx: Tx, section: EntrySection, code: str) -> Entry:
    """Return the latest version of one entry.

    Raises:
        CatalogueEntryUnknown: nothing of the section has the code.
    """
    rows = await tx.fetch(_LATEST_BY_CODE, tx.tenant_id, section, code)
    if not rows:
        told = (
            f"there is no {WORDS[section]} {code!r}; look at the list, query {LISTS[section]}"
        )
        raise CatalogueEntryUnknown(told)
    return entry_of(rows[0])


async def entry_by_id(tx: Tx, section: EntrySection, entry_id: UUID) -> Entry:
    """Return the latest version of one entry.

    Raises:
        CatalogueEntryUnknown: nothing of the section has the id.
    """
    found = (await entries_by_ids(tx, [entry_id])).get(entry_id)
    if found is None or found.section != section:
        raise CatalogueEntryUnknown(
            f"there is no such {WORDS[section]}; look at the list, query {LISTS[section]}"
        )
    return found


async def entries_by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Return the latest versions of the entries that exist, by id."""
    rows = await tx.fetch(_LATEST_BY_IDS, tx.tenant_id, list(ids))
    return {row["id"]: entry_of(row) for row in rows}


async def entries_by_version(tx: Tx, version_ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Return the versions that exist, by version id."""
    rows = await tx.fetch(_BY_VERSIONS, tx.tenant_id, list(version_ids))
    return {row["version_id"]: entry_of(row) for row in rows}


def entry_of(row: Any) -> Entry:
    """Make an entry of a row with its head, its version's columns and its units' codes."""
    key = (row["tenant_id"], row["version_id"])
    section: EntrySection = row["section"]
    definition = _cache.get(key)
    if definition is None:
        state, units = row["state"], tuple(row["units"])
        definition = entry_definition(
            section, row["body"], code=row["code"], name=row["name"], state=state, units=units
        )
        _cache[key] = definition
    _cache.move_to_end(key)
    while len(_cache) > MAX_CACHED:
        _cache.popitem(last=False)
    today: dict[str, Any] = {"name": row["name"], "state": row["state"]}
    if hasattr(definition, "units"):
        today["units"] = tuple(row["units"])
    return Entry(
        id=row["id"],
        version_id=row["version_id"],
        number=row["number"],
        code=row["code"],
        name=row["name"],
        state=row["state"],
        section=section,
        definition=replace(definition, **today),
        created_at=row["created_at"],
    )


_COLUMNS: Final = """
SELECT e.tenant_id, e.id, e.section, e.code, e.name, e.state, e.created_at,
    v.id AS version_id, v.number, v.body,
    ARRAY(SELECT u.code FROM visible_to x
        JOIN org_unit u ON u.tenant_id = x.tenant_id AND u.id = x.org_unit_id
        WHERE x.tenant_id = e.tenant_id AND x.subject_id = e.id ORDER BY u.code) AS units
FROM catalogue_entry e
"""
_LATEST: Final = f"""
{_COLUMNS}
JOIN LATERAL (
    SELECT id, number, body FROM catalogue_entry_version v
    WHERE v.tenant_id = e.tenant_id AND v.entry_id = e.id ORDER BY number DESC LIMIT 1
) v ON true
WHERE e.tenant_id = $1
"""  # noqa: S608 - our own text
_LATEST_OF_SECTIONS: Final = (
    _LATEST
    + " AND e.section = ANY ($2) AND ($3::text[] IS NULL OR e.state = ANY ($3)) ORDER BY e.code"
)
_LATEST_BY_CODE: Final = _LATEST + " AND e.section = $2 AND e.code = $3"
_LATEST_BY_IDS: Final = _LATEST + " AND e.id = ANY ($2::uuid[])"
_BY_VERSIONS: Final = f"""
{_COLUMNS}
JOIN catalogue_entry_version v ON v.tenant_id = e.tenant_id AND v.entry_id = e.id
WHERE e.tenant_id = $1 AND v.id = ANY ($2::uuid[])
"""
