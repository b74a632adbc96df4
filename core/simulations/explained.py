"""Why the outcome of a month is not what was invoiced for it.

What was given back for time and units that were not used, what staff gave back by credit
notes, and what was charged for units that ended before their time, and kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.periods.rows import StoredPeriod
from core.simulations.month import INVOICES

NOTHING: Final = Decimal(0)

# Lines of credit notes are of the period of the line that they give back.
_GIVEN_BACK: Final = f"""
SELECT g.subscription_id,
    coalesce(sum(g.net) FILTER (WHERE n.scope = 'unused'), 0) AS credited,
    coalesce(sum(g.net) FILTER (WHERE n.scope <> 'unused'), 0) AS corrected
FROM {INVOICES} AS i
JOIN credit_note n ON n.tenant_id = $1 AND n.corrects_id = i.invoice_id
JOIN invoice_line g ON g.tenant_id = $1 AND g.invoice_id = n.invoice_id
    AND g.period_id = ANY ($2::uuid[])
GROUP BY g.subscription_id
"""  # noqa: S608 - our own words
# By item: the units and seconds that stay charged, and what they cost without tax.
_CHARGED: Final = """
SELECT f.subscription_id, f.item_id,
    sum(f.quantity * extract(epoch FROM f.until_at - f.from_at) - coalesce(c.time, 0)) AS time,
    sum(l.net - coalesce(b.net, 0)) AS net
FROM fee_slice f
CROSS JOIN LATERAL (SELECT sum(net) AS net FROM invoice_line
    WHERE tenant_id = $1 AND invoice_id = f.invoice_id
        AND number = ANY (f.reduced_by || f.line_number)) AS l
LEFT JOIN LATERAL (SELECT sum(quantity * extract(epoch FROM until_at - from_at)) AS time
    FROM fee_credit WHERE tenant_id = $1 AND subscription_id = f.subscription_id
        AND item_id = f.item_id AND revision = f.revision AND kind = f.kind
        AND slice_from = f.from_at AND layer = f.layer) AS c ON true
LEFT JOIN LATERAL (SELECT sum(g.net) AS net FROM credit_note n
    JOIN credit_note_line k ON k.tenant_id = $1 AND k.invoice_id = n.invoice_id
        AND k.corrects_number = ANY (f.reduced_by || f.line_number)
    JOIN invoice_line g ON g.tenant_id = $1 AND g.invoice_id = k.invoice_id
        AND g.number = k.number
    WHERE n.tenant_id = $1 AND n.corrects_id = f.invoice_id AND n.scope = 'unused') AS b ON true
WHERE f.tenant_id = $1 AND f.subscription_id = ANY ($2::uuid[]) AND f.kind = 'fee'
    AND f.period_id = ANY ($3::uuid[])
GROUP BY f.subscription_id, f.item_id
"""


class GivenBack(NamedTuple):
    """Net amounts of credit notes: for what was not used, and by hand of staff."""

    credited: Decimal = NOTHING
    corrected: Decimal = NOTHING


class Held(NamedTuple):
    """Units of an item times the seconds for which they are charged, and the net amount."""

    time: Decimal = NOTHING
    net: Decimal = NOTHING


Items = Mapping[tuple[UUID, UUID], Held]
"""By subscription and item."""


async def given_back(tx: Tx, periods: Collection[StoredPeriod]) -> dict[UUID, GivenBack]:
    """Return what credit notes gave back for these periods, by subscription, until now."""
    ids = [period.id for period in periods]
    subscriptions = list({period.subscription_id for period in periods})
    rows = await tx.fetch(_GIVEN_BACK, tx.tenant_id, ids, subscriptions)
    return {
        row["subscription_id"]: GivenBack(row["credited"], row["corrected"]) for row in rows
    }


async def charged_unused(
    tx: Tx,
    periods: Collection[StoredPeriod],
    subscription_ids: Collection[UUID],
    *,
    outcome: Items,
) -> dict[UUID, Decimal]:
    """Return what was charged for more time or units than there were, by subscription.

    `outcome` is what the periods come to when everything is known. Two of five licences left
    on day 11 and stayed paid to the end: five months were charged where there were 3 2/3.
    """
    if not subscription_ids:
        return {}
    ids = [period.id for period in periods]
    found: dict[UUID, Decimal] = defaultdict(Decimal)
    for row in await tx.fetch(_CHARGED, tx.tenant_id, list(subscription_ids), ids):
        held = outcome.get((row["subscription_id"], row["item_id"]), Held())
        if row["time"] > held.time:
            found[row["subscription_id"]] += row["net"] - held.net
    return found
