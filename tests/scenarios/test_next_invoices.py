"""Before the clock of a scenario moves, the next invoices are those that it will bring.

Left out are bills of usage that is billed as it happens, and wallets that lack the money: what
comes first there is another invoice, or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from api.graphql.plugin_schema import PluginSchema
from api.scenarios.document import Scenario, Step, scenarios_among
from api.scenarios.play import _Run, play
from core.billing_cycles.next_invoices import next_invoices
from core.billing_cycles.pricing import Pricing
from core.bootstrap import Application

SEEDS: Final = Path(__file__).parent / "seeds"
FORESEEN: Final = (
    "000-late-usage", "000-level-change", "000-simulations-and-discounts", "001-vat-included",
    "17-first-month-free", "18-upgrades",
)  # fmt: skip
_TENANT: Final = "SELECT tenant_id FROM tenant_due ORDER BY tenant_id DESC LIMIT 1"
_INVOICES: Final = """
SELECT id, account_id, due_at, total FROM invoice
WHERE kind = 'invoice' AND id <> ALL ($1::uuid[]) ORDER BY total
"""

Bills = dict[tuple[UUID, datetime], list[Decimal]]
"""Totals by account and due time."""


@pytest.mark.parametrize(
    "scenario",
    scenarios_among([SEEDS / f"{name}.yaml" for name in FORESEEN]),
    ids=lambda found: f"{found.file.stem}: {found.name}",
)
async def test_the_next_invoices_are_those_that_come(
    application: Application,
    schema: PluginSchema,
    scenario: Scenario,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each total, with tax, at each due time that the clock passes; and something was due."""
    moves, foreseen, came = _Run._move, [], []

    async def watched(run: _Run, step: Step) -> bool:
        assert step.at is not None
        to = run._arguments().instant(step.at, line=step.line)
        expected = await _expected(application, until=to)
        known = [row["id"] for row in await _billed(application)]
        went_on = await moves(run, step)
        found: Bills = {}
        for row in await _billed(application, known=known):
            found.setdefault((row["account_id"], row["due_at"]), []).append(row["total"])
        foreseen.append(expected)
        came.append({key: found.get(key, []) for key in expected})
        return went_on

    monkeypatch.setattr(_Run, "_move", watched)
    await play(application, schema, scenario)

    assert any(foreseen)
    assert came == foreseen


async def _expected(application: Application, *, until: datetime) -> Bills:
    """Return what the next closings of all accounts would bill, as far as the clock goes."""
    pricing = Pricing(application.host, application.pool)
    async with application.transaction(None, actor="test") as tx:
        tenant_id = await tx.fetchval(_TENANT)
    async with application.transaction(tenant_id, actor="test") as tx:
        accounts = [row["id"] for row in await tx.fetch("SELECT id FROM account")]
        found = await next_invoices(tx, accounts, pricing=pricing)
    bills: Bills = {}
    for account_id, each in found.items():
        for one in each:
            assert one.draft is not None, one.error
            if one.due_at <= until:
                bills.setdefault((account_id, one.due_at), []).append(one.draft.total)
    return {key: sorted(totals) for key, totals in bills.items()}


async def _billed(application: Application, *, known: Sequence[UUID] = ()) -> list[Any]:
    """Return the invoices that are there, but for those that are known."""
    async with application.transaction(None, actor="test") as tx:
        tenant_id = await tx.fetchval(_TENANT)
    async with application.transaction(tenant_id, actor="test") as tx:
        return list(await tx.fetch(_INVOICES, list(known)))
