"""Apply a catalogue: the one way in which definitions are stored.

One transaction, committed by the caller. What is wanted is checked together with what is
stored, compared with it, and only differences are written; applying twice changes nothing.
Entries that the catalogue leaves out are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, cast
from uuid import UUID

from core.audit import record
from core.catalogue.changes import Change, Outcome, compare
from core.catalogue.checks import Installed, Known, check_catalogue
from core.catalogue.current import StoredCatalogue
from core.catalogue.normal import normal_catalogue
from core.catalogue.normal_entries import normal_entries
from core.catalogue.schema import Catalogue, Section
from core.catalogue.stored import read_stored
from core.catalogue.writer import write_changes
from core.catalogue.yaml_source import LoadedCatalogue
from core.db import Tx

MAX_AUDITED: Final = 100
"""Codes named in an audit entry, for each outcome."""

BUILT_INS: Final = Installed()
"""Nothing but the built-in price models; channels are not checked."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one entry."""

    section: Section
    code: str
    outcome: Outcome
    id: UUID


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of every entry, in the order of the sections."""

    entries: tuple[Applied, ...]

    def codes(self, outcome: Outcome) -> tuple[str, ...]:
        """Return the entries of one outcome as `section.code`."""
        return tuple(f"{e.section}.{e.code}" for e in self.entries if e.outcome == outcome)

    @property
    def created(self) -> tuple[str, ...]:
        """Return what was new."""
        return self.codes("created")

    @property
    def versioned(self) -> tuple[str, ...]:
        """Return what got a new version, or a rate table a new slot."""
        return self.codes("versioned")

    @property
    def extended(self) -> tuple[str, ...]:
        """Return the plans whose current version got rates of products that it lacked."""
        return self.codes("extended")

    @property
    def updated(self) -> tuple[str, ...]:
        """Return what changed in name, state or presentation only."""
        return self.codes("updated")

    @property
    def unchanged(self) -> tuple[str, ...]:
        """Return what was stored already."""
        return self.codes("unchanged")

    @property
    def changed_anything(self) -> bool:
        """Tell whether anything was written."""
        return any(entry.outcome != "unchanged" for entry in self.entries)


async def apply_catalogue(
    tx: Tx, source: Catalogue | LoadedCatalogue, *, installed: Installed = BUILT_INS
) -> ApplyResult:
    """Store what differs from the stored catalogue.

    Two appliers of one tenant wait for each other.

    Raises:
        CatalogueRefused: with every problem found; nothing was written.
    """
    await lock_catalogue(tx)
    changes, stored = await planned_changes(tx, source, installed=installed)
    ids = await write_changes(tx, changes, stored)
    result = ApplyResult(
        tuple(
            Applied(
                change.section, change.code, change.outcome, ids[change.section, change.code]
            )
            for change in changes
        )
    )
    if result.changed_anything:
        await record(
            tx,
            action="catalogue.apply",
            subject_type="catalogue",
            subject_id=None,
            details=_audited(result),
        )
    return result


def _audited(result: ApplyResult) -> dict[str, object]:
    """Say what changed, for the audit trail; long lists are cut."""
    told: dict[str, object] = {}
    for outcome in ("created", "versioned", "extended", "updated"):
        codes = result.codes(outcome)
        if codes:
            told[outcome] = {"count": len(codes), "first": list(codes[:MAX_AUDITED])}
    return told


async def lock_catalogue(tx: Tx) -> None:
    """Wait for, and keep out, whoever else changes this tenant's catalogue.

    In a statement of its own: what is read after it is what the last one left.
    """
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"catalogue {tx.tenant_id}"
    )


async def planned_changes(
    tx: Tx, source: Catalogue | LoadedCatalogue, *, installed: Installed = BUILT_INS
) -> tuple[tuple[Change, ...], StoredCatalogue]:
    """Check a catalogue and compare it with what is stored, without writing.

    Raises:
        CatalogueRefused: with every problem found.
    """
    loaded = source if isinstance(source, LoadedCatalogue) else LoadedCatalogue(source)
    stored = await read_stored(tx)
    zone = await tx.fetchval("SELECT timezone FROM tenant WHERE id = $1", tx.tenant_id)
    known = Known(
        wanted=loaded.catalogue,
        stored=stored.catalogue,
        zone=str(zone),
        now=tx.now,
        broken=loaded.broken,
        installed=installed,
        units=frozenset(stored.units),
    )
    loaded.refuse_if_any(check_catalogue(known))
    kinds = {code: known.product(code) for code in known.all("products")}
    wanted = normal_catalogue(
        loaded.catalogue,
        zone=str(zone),
        kinds={code: product.kind for code, product in kinds.items() if product is not None},
    )
    whole = replace(wanted, **cast("dict[str, Any]", normal_entries(known)))
    return compare(whole, stored, now=tx.now), stored
