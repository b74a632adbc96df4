"""Selects that are written as text once, and lists of the schema among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Date,
    DateTime,
    Integer,
    Numeric,
    PickleType,
    String,
    Time,
    bindparam,
    column,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.rows import Written

from .conftest import Open


async def test_a_written_statement_takes_other_values_each_time(begin: Open) -> None:
    """Values go by their names, one that is used twice is sent once, fixed ones stay."""
    number = bindparam("number", type_=Integer)
    places: Any = (
        func.generate_series(1, number).table_valued(column("n", Integer)).render_derived()
    )
    statement = select(places.c.n, bindparam("word", "fixed", String).label("word"))
    written = Written(statement.where(places.c.n > number - 2).order_by(places.c.n))
    async with begin() as tx:
        assert list(map(tuple, await written.fetch(tx, number=3))) == [
            (2, "fixed"),
            (3, "fixed"),
        ]
        assert list(map(tuple, await written.fetch(tx, number=1, word="given"))) == [
            (1, "given")
        ]


async def test_values_may_be_hidden_from_the_planner(begin: Open) -> None:
    """The same rows; planned five times, and then by the plan that is kept.

    With its value seen, one number seems to be a tenth of the numbers that an array has.
    """
    numbers = bindparam("numbers", type_=ARRAY(Integer))
    listed: Any = func.unnest(numbers).table_valued(column("n", Integer)).render_derived()
    thousand: Any = func.generate_series(1, 1000).table_valued(column("m", Integer))
    statement = select(func.count().label("pairs")).select_from(
        listed.join(thousand.render_derived("t"), true())
    )
    seen, hidden = Written(statement), Written(statement, hides_values=True)
    async with begin() as tx:
        for time in range(12):
            for written in (seen, hidden):
                assert list(map(tuple, await written.fetch(tx, numbers=[time]))) == [(1000,)]
        plans = [
            (row["is_hidden"], row["custom_plans"], row["generic_plans"])
            for row in await tx.fetch(
                "SELECT statement LIKE '%(SELECT $_::INTEGER[])%' AS is_hidden, custom_plans,"
                " generic_plans FROM pg_prepared_statements"
                " WHERE statement LIKE '%count(*) AS pairs%' AND statement NOT LIKE '%_plans%'"
            )
        ]
    assert sorted(plans) == [(False, 12, 0), (True, 5, 7)]


async def test_hidden_values_keep_their_whole_types(begin: Open) -> None:
    """Names of types with gaps, lengths and places too: cut off, they would be other types."""
    given: dict[str, tuple[Any, Any]] = {
        "instant": (DateTime(timezone=True), datetime(2026, 10, 1, 12, 30, tzinfo=UTC)),
        "local": (DateTime(), datetime(2026, 10, 1, 12, 30)),  # noqa: DTZ001 - has no zone
        "opens": (Time(timezone=True), time(8, 15, tzinfo=UTC)),
        "code": (String(3), "EUR"),
        "price": (Numeric(10, 2), Decimal("12.34")),
        "days": (ARRAY(Date), [date(2026, 10, 1)]),
        "instants": (ARRAY(DateTime(timezone=True)), [datetime(2026, 10, 1, tzinfo=UTC)]),
        "codes": (ARRAY(String(3)), ["EUR", "CHF"]),
    }
    columns = [bindparam(name, type_=kind).label(name) for name, (kind, _) in given.items()]
    written = Written(select(*columns), hides_values=True)
    values = {name: value for name, (_kind, value) in given.items()}
    async with begin() as tx:
        (row,) = await written.fetch(tx, **values)
    assert dict(row) == values


def test_columns_that_the_driver_returns_otherwise_are_refused() -> None:
    """SQLAlchemy would unpickle, the driver has bytes. Arrays of text are as they are."""
    with pytest.raises(TypeError, match="thing is not what the driver returns"):
        Written(select(column("thing", PickleType)))
    Written(select(column("words", ARRAY(String))))
