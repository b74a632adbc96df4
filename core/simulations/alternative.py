"""The prices that stand in for those that held, for the time of a savepoint.

Phases are pointed at other plan versions in the database itself, so that whatever reads a
phase, from rule sets to segments, reads the alternative and needs no hook for it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from core.catalogue.apply import ApplyResult, apply_catalogue
from core.catalogue.checks import Installed
from core.catalogue.yaml_source import load_catalogue
from core.db import Tx
from core.simulations.records import Simulation

# Of each phase the version in force when it or the month begins, or the plan's first one.
_OTHER_PLAN: Final = """
WITH plan AS (SELECT id, base_plan_id FROM price_plan WHERE tenant_id = $1 AND id = $3)
UPDATE subscription_phase p SET
    price_plan_version_id = (SELECT v.id FROM price_plan_version v
        WHERE v.tenant_id = $1 AND v.price_plan_id = plan.id
        ORDER BY v.effective_from <= greatest(p.from_at, $4) DESC,
            CASE WHEN v.effective_from <= greatest(p.from_at, $4) THEN v.number END DESC,
            v.number LIMIT 1),
    base_plan_version_id = (SELECT v.id FROM price_plan_version v
        WHERE v.tenant_id = $1 AND v.price_plan_id = plan.base_plan_id
        ORDER BY v.effective_from <= greatest(p.from_at, $4) DESC,
            CASE WHEN v.effective_from <= greatest(p.from_at, $4) THEN v.number END DESC,
            v.number LIMIT 1)
FROM plan
WHERE p.tenant_id = $1 AND p.subscription_id = ANY ($2::uuid[]) AND p.from_at < $5
  AND (p.until_at IS NULL OR p.until_at > $4)
"""
_PUBLISHED: Final = """
WITH newest AS (
    SELECT DISTINCT ON (price_plan_id) price_plan_id, id FROM price_plan_version
    WHERE tenant_id = $1 AND price_plan_id = ANY ($3::uuid[])
    ORDER BY price_plan_id, number DESC),
replaced AS (
    SELECT v.id, n.id AS by FROM price_plan_version v
    JOIN newest n ON n.price_plan_id = v.price_plan_id WHERE v.tenant_id = $1)
UPDATE subscription_phase p SET
    price_plan_version_id = coalesce(
        (SELECT r.by FROM replaced r WHERE r.id = p.price_plan_version_id),
        p.price_plan_version_id),
    base_plan_version_id = coalesce(
        (SELECT r.by FROM replaced r WHERE r.id = p.base_plan_version_id),
        p.base_plan_version_id)
WHERE p.tenant_id = $1 AND p.subscription_id = ANY ($2::uuid[])
"""


async def put_alternative(
    tx: Tx, simulation: Simulation, subscription_ids: Collection[UUID], *, installed: Installed
) -> None:
    """Let these subscriptions have the other prices; call it where it is undone.

    Raises:
        CatalogueRefused: the text does not fit what is stored by now.
    """
    ids = list(subscription_ids)
    if simulation.price_plan_id is not None:
        await tx.execute(
            _OTHER_PLAN, tx.tenant_id, ids, simulation.price_plan_id, simulation.from_at,
            simulation.until_at,
        )  # fmt: skip
        return
    assert simulation.catalogue is not None  # a CHECK of the table
    loaded = load_catalogue(simulation.catalogue)
    applied = await apply_catalogue(tx, loaded, installed=installed)
    await tx.execute(_PUBLISHED, tx.tenant_id, ids, _versioned(applied))


def _versioned(applied: ApplyResult) -> list[UUID]:
    """Return the plans of which the catalogue publishes a new version."""
    return [
        entry.id
        for entry in applied.entries
        if entry.section == "price_plans" and entry.outcome == "versioned"
    ]
