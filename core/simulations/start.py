"""Ask what accounts would have paid in a past month under other prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from core import audit
from core.accounts.update_account import AccountNotFound
from core.catalogue.apply import planned_changes
from core.catalogue.checks import Installed
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.yaml_source import load_catalogue
from core.db import Tx
from core.kernel.ids import new_id
from core.rows import to_record
from core.simulations.errors import (
    MonthNotOver,
    NothingToSimulate,
    TooManyAccounts,
    TooManySimulations,
)
from core.simulations.month import bounds_of
from core.simulations.records import Simulation
from core.simulations.repository import COLUMNS
from core.tenant_due import insist_due

SIMULATION_DUE: Final = "simulation"
"""The kind of due work that simulations are."""
MAX_ACCOUNTS: Final = 1_000
"""Accounts that can be named; without names it is all of them."""
MAX_WAITING: Final = 20

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_WAITING: Final = """
SELECT count(*) FROM simulation WHERE tenant_id = $1 AND state IN ('queued', 'running')
"""
_SEEN: Final = (
    "SELECT id, test_clock FROM account WHERE tenant_id = $1 AND id = ANY ($2::uuid[])"
)
_ALL: Final = "SELECT count(*) FROM account WHERE tenant_id = $1 AND test_clock IS NULL"
_PLAN: Final = "SELECT EXISTS (SELECT FROM price_plan WHERE tenant_id = $1 AND id = $2)"
_INSERT: Final = f"""
INSERT INTO simulation (tenant_id, id, month, from_at, until_at, account_ids, price_plan_id,
    catalogue, accounts_total, requested_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING {COLUMNS}
"""  # noqa: S608 - our own columns


@dataclass(frozen=True, slots=True)
class StartSimulation:
    """A month by its first day, accounts or None for all, and exactly one alternative."""

    month: date
    accounts: Sequence[UUID] | None = None
    price_plan_id: UUID | None = None
    catalogue: str | None = None


async def start_simulation(
    tx: Tx, asked: StartSimulation, *, installed: Installed
) -> Simulation:
    """Queue a simulation; workers run it in the background.

    All accounts are those that live in real time; accounts on a test clock are named.

    Raises:
        MonthNotOver, AccountNotFound, NothingToSimulate, TooManyAccounts, TooManySimulations
        CatalogueEntryUnknown: there is no such plan.
        CatalogueRefused: with every problem of the catalogue, by line.
    """
    zone = await tx.fetchval("SELECT timezone FROM tenant WHERE id = $1", tx.tenant_id)
    from_at, until_at = bounds_of(asked.month, str(zone))
    chosen, now = await _accounts(tx, asked.accounts)
    if until_at > now:
        raise MonthNotOver(
            f"{asked.month:%Y-%m} is over on {until_at.isoformat()}; choose an earlier month",
            path=("month",),
        )
    await _check_alternative(tx, asked, installed=installed)
    await tx.execute(_LOCK, f"simulations {tx.tenant_id}")
    if await tx.fetchval(_WAITING, tx.tenant_id) >= MAX_WAITING:
        raise TooManySimulations(f"{MAX_WAITING} simulations wait; cancel one, or try later")
    total = await tx.fetchval(_ALL, tx.tenant_id) if chosen is None else len(chosen)
    row = await tx.fetchrow(
        _INSERT, tx.tenant_id, new_id(), asked.month, from_at, until_at, chosen,
        asked.price_plan_id, asked.catalogue, total, tx.actor, tx.now,
    )  # fmt: skip
    assert row is not None
    made = to_record(Simulation, row)
    await audit.record(
        tx, action="simulation.started", subject_type="simulation", subject_id=made.id,
        details=_told(asked, total),
    )  # fmt: skip
    await insist_due(tx, SIMULATION_DUE, at=tx.now)
    return made


def check_how_many(named: Sequence[object]) -> None:
    """Refuse more accounts than may be named, before any of them is looked up.

    Raises:
        TooManyAccounts
    """
    if len(named) > MAX_ACCOUNTS:
        raise TooManyAccounts(
            f"{len(named)} accounts are named, of at most {MAX_ACCOUNTS}; leave them out to"
            " take all",
            path=("accounts",),
        )


async def _accounts(tx: Tx, named: Sequence[UUID] | None) -> tuple[list[UUID] | None, datetime]:
    """Return the accounts in the order of their ids, and the latest present time of theirs."""
    if named is None:
        return None, tx.now
    check_how_many(named)
    found = await tx.fetch(_SEEN, tx.tenant_id, list(named))
    seen = {row["id"]: row["test_clock"] for row in found}
    for place, one in enumerate(named):
        if one not in seen:
            raise AccountNotFound(
                "there is no such account; look at the list, query accounts",
                path=("accounts", str(place)),
            )
    if not seen:
        raise NothingToSimulate("name an account, or leave them out", path=("accounts",))
    clocks = [clock for clock in seen.values() if clock is not None]
    return sorted(seen, key=lambda key: key.int), max([tx.now, *clocks])


async def _check_alternative(tx: Tx, asked: StartSimulation, *, installed: Installed) -> None:
    if asked.price_plan_id is not None:
        if not await tx.fetchval(_PLAN, tx.tenant_id, asked.price_plan_id):
            raise CatalogueEntryUnknown(
                "there is no such price plan; check its id or code",
                path=("alternative", "pricePlan"),
            )
        return
    assert asked.catalogue is not None  # exactly one alternative
    loaded = load_catalogue(asked.catalogue)
    changes, _stored = await planned_changes(tx, loaded, installed=installed)
    if all(change.outcome == "unchanged" for change in changes):
        raise NothingToSimulate(
            "the catalogue is what is stored already; change a price in it",
            path=("alternative", "catalogue"),
        )


def _told(asked: StartSimulation, accounts: int) -> dict[str, Any]:
    return {
        "month": f"{asked.month:%Y-%m}",
        "accounts": accounts,
        "pricePlan": asked.price_plan_id,
        "catalogue": asked.catalogue is not None,
    }
