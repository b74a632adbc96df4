"""Several selects in one message: each with rows of its own, planned once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from core.together import Asked, Together

from .conftest import Open

SELECTS: Final = {
    "numbers": Asked(
        "SELECT n, $1::uuid AS tenant FROM unnest($2::int[]) AS n WHERE n < $3 ORDER BY n DESC",
        ("numbers", "below"),
    ),
    "amounts": Asked(
        "SELECT 1.90::money_amount::numeric, '{\"a\": [1]}'::jsonb, $2::timestamptz"
        " FROM tenant WHERE id = $1",
        ("at",),
    ),
    "nothing": Asked("SELECT 1 FROM tenant WHERE id = $1 AND $2 > 9", ("below",)),
    "always": Asked("SELECT EXISTS (SELECT FROM tenant WHERE id = $1)"),
}
TYPES: Final = {"numbers": "int[]", "below": "int", "at": "timestamptz"}
AT: Final = datetime(2026, 1, 5, tzinfo=UTC)


async def test_each_select_has_its_rows_and_the_parameters_that_it_names(begin: Open) -> None:
    """Of 1, 2, 3 and 7 those below 7, in their order; amounts, JSON, instants; no rows."""
    together = Together(SELECTS, types=TYPES)
    async with begin() as tx:
        found = await together.fetch(tx, numbers=[1, 7, 3, 2], below=7, at=AT)
        tenant = tx.tenant_id
    assert found == {
        "numbers": [(3, tenant), (2, tenant), (1, tenant)],
        "amounts": [(Decimal("1.90"), {"a": [1]}, AT)],
        "nothing": (),
        "always": [(True,)],
    }


async def test_apart_they_have_the_same_rows(begin: Open) -> None:
    """The same selects, one after the other: four statements in place of one."""
    together = Together(SELECTS, types=TYPES)
    async with begin() as tx:
        one = await together.fetch(tx, numbers=[1, 7, 3, 2], below=7, at=AT)
        four = await together.apart(tx, numbers=[1, 7, 3, 2], below=7, at=AT)
    assert {name: list(map(tuple, rows)) for name, rows in four.items()} == {
        name: list(rows) for name, rows in one.items()
    }


async def test_it_is_planned_five_times_and_never_again(begin: Open) -> None:
    """Twelve executions, each with another number: five plans, then the one that is kept.

    Where the planner sees the values, a plan for one number seems to cost a tenth of that
    for the ten that it expects of any array, and it plans twelve times.
    """
    asked = Asked(
        "SELECT count(*) FROM tenant, unnest($2::int[]), generate_series(1, 1000)"
        " WHERE id = $1",
        ("numbers",),
    )
    together = Together({"pairs": asked}, types=TYPES)
    async with begin() as tx:
        for time in range(12):
            assert await together.fetch(tx, numbers=[time]) == {"pairs": [(1000,)]}
            await tx.fetch(asked.sql, tx.tenant_id, [time])
        plans = {
            row["statement"]: (row["custom_plans"], row["generic_plans"])
            for row in await tx.fetch("SELECT * FROM pg_prepared_statements")
        }
    assert plans[together.statement] == (5, 7)
    assert plans[asked.sql] == (12, 0)
