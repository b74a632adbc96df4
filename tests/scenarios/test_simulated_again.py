"""Months of scenarios, priced again under their own prices, come to what was invoiced.

Less what was given back, and what was charged without being used. Left out are accounts that
were classified anew, plans that were amended within a paid period, bills within a period whose
discounts count what was used by then, and cents of tax that another invoice rounds.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import pytest

from api.graphql.plugin_schema import PluginSchema
from api.scenarios.document import Scenario, scenarios_among
from api.scenarios.play import play
from core.billing_cycles.pricing import Pricing
from core.bootstrap import Application
from core.db import Tx
from core.kernel.zones import local_day
from core.simulations.compare import Billed, billed_of
from core.simulations.month import bounds_of, following, periods_of
from core.simulations.sides import Paid, price_side, read_side

SEEDS: Final = Path(__file__).parent / "seeds"
AGREEING: Final = (
    "000-late-usage", "000-level-change", "000-resting", "001-cancelled-while-resting",
    "001-carried-usage", "001-prepaid", "001-thresholds", "001-vat-included",
    "002-changes-and-history", "003-life-in-advance", "003-upgrades", "004-contracts",
    "004-notice", "13-crm360-level-3", "15-winback", "17-first-month-free",
    "17-levels-of-percentages", "17-usage-criteria", "18-credit-notes", "18-upgrades",
    "18-upgrades-in-free-months",
    "19-users-beyond-the-pack", "20-seats-and-licences", "21-sms-segments",
    "22-whatsapp-since-october", "23-a-year-upgraded",
)  # fmt: skip
MOST_MONTHS: Final = 24
_LAST_TENANT: Final = "SELECT tenant_id FROM tenant_due ORDER BY tenant_id DESC LIMIT 1"


@pytest.mark.parametrize(
    "scenario",
    scenarios_among([SEEDS / f"{name}.yaml" for name in AGREEING]),
    ids=lambda found: f"{found.file.stem}: {found.name}",
)
async def test_what_was_invoiced_comes_out_again(
    application: Application, schema: PluginSchema, scenario: Scenario
) -> None:
    """By subscription and month, net, to the cent; and something was compared.

    What was invoiced, less what was given back and what stays paid unused, is the outcome.
    """
    await play(application, schema, scenario)
    pricing = Pricing(application.host, application.pool)
    async with application.transaction(None, actor="test") as tx:
        tenant_id = await tx.fetchval(_LAST_TENANT)

    async with application.transaction(tenant_id, actor="test") as tx:
        found = await _compared(tx, pricing)

    assert found
    assert [one for one in found if one.explained != one.outcome] == []


class Again(NamedTuple):
    """What was invoiced for a month of a subscription, and what comes out again."""

    month: date
    subscription_id: UUID
    billed: Billed
    outcome: Decimal

    @property
    def explained(self) -> Decimal:
        """What is left of the invoices."""
        return self.billed.invoiced - self.billed.credited - self.billed.unused


async def _compared(tx: Tx, pricing: Pricing) -> list[Again]:
    """Return what was invoiced and what comes out again, by month and subscription."""
    zone = await tx.fetchval("SELECT timezone FROM tenant WHERE id = $1", tx.tenant_id)
    accounts = [row["id"] for row in await tx.fetch("SELECT id FROM account")]
    first = local_day(await tx.fetchval("SELECT min(starts_at) FROM billing_period"), zone)
    found: list[Again] = []
    month = date(first.year, first.month, 1)
    for _month in range(MOST_MONTHS):
        start, month = month, following(month)
        bounds = bounds_of(start, zone)
        periods = [
            period
            for period in await periods_of(tx, accounts, from_at=bounds[0], until_at=bounds[1])
            if period.state == "billed"
        ]
        if not periods:
            continue
        side = await price_side(await read_side(tx, periods, pricing=pricing), pricing=pricing)
        assert side.faults == {}
        billed = await billed_of(tx, periods, side)
        for key in {period.subscription_id for period in periods}:
            outcome = side.paid.get(key, Paid()).net
            found.append(Again(start, key, billed.get(key, Billed()), outcome))
    return found
