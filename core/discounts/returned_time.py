"""Free time comes back with the days that it made free.

A month of three free ones that an upgrade cuts on its 11th day has 20 days that are given back:
nothing was paid for them, and 2/3 of a month are free again, behind the new months.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx

# The working of a free line tells its discount and its months, and of several grants of one
# definition the how manieth spent them; the bill, which grant that was.
_OF_LINES: Final = """
FROM (
    SELECT a.grant_id, w.item_id,
        sum(w.share * (l.working -> 0 -> 'facts' ->> 'months')::numeric) AS months
    FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::numeric[])
        AS w (invoice_id, item_id, number, share)
    JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = w.invoice_id
        AND l.number = w.number AND l.working -> 0 -> 'facts' ? 'months'
    JOIN LATERAL (
        SELECT a.grant_id, e.code,
            row_number() OVER (PARTITION BY g.definition_id ORDER BY g.id)::text AS nth
        FROM applied_discount a
        JOIN discount_grant g ON g.tenant_id = $1 AND g.id = a.grant_id
            AND g.subscription_id = l.subscription_id
        JOIN catalogue_entry e ON e.tenant_id = $1 AND e.id = g.definition_id
        WHERE a.tenant_id = $1 AND a.invoice_id = w.invoice_id AND a.free_time IS NOT NULL
    ) AS a ON a.code = l.working -> 0 -> 'facts' ->> 'discount'
        AND a.nth = coalesce(l.working -> 0 -> 'facts' ->> 'grant', '1')
    GROUP BY a.grant_id, w.item_id
) AS r
WHERE f.tenant_id = $1 AND f.grant_id = r.grant_id AND f.item_id = r.item_id
"""
_RETURN: Final = f"""
UPDATE discount_free_time f SET used = greatest(f.used - r.months, 0) {_OF_LINES}
"""  # noqa: S608 - our own words
_LEAVE: Final = f"""
UPDATE discount_free_time f SET used = greatest(f.allowed - r.months, 0) {_OF_LINES}
"""  # noqa: S608 - our own words


class ReturnedTime(NamedTuple):
    """A share of an item's slice that is not used, and the lines of the slice's discounts."""

    invoice_id: UUID
    item_id: UUID
    lines: tuple[int, ...]
    share: Fraction


async def return_free_time(tx: Tx, returned: Sequence[ReturnedTime]) -> None:
    """Let what was free of these shares be free again; the subscription is locked."""
    await _change(tx, _RETURN, returned)


async def leave_free_time(tx: Tx, spent: Sequence[ReturnedTime]) -> None:
    """Leave each item as much free time as these shares had, and no more.

    For reading bills of the past again, inside of a savepoint that is rolled back.
    """
    await _change(tx, _LEAVE, spent)


async def _change(tx: Tx, statement: str, shares: Sequence[ReturnedTime]) -> None:
    rows = [
        (
            one.invoice_id,
            one.item_id,
            number,
            Decimal(one.share.numerator) / one.share.denominator,
        )
        for one in shares
        for number in one.lines
    ]
    if rows:
        await tx.execute(statement, tx.tenant_id, *map(list, zip(*rows, strict=True)))
