"""Alerts on allowances: each threshold once a period, and also where it is over by then."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from core.entitlements.consume import Consume, consume
from tests.building import utc

from .conftest import Watching


async def _taken(watching: Watching, account: UUID, amount: int, *, at: datetime) -> None:
    async with watching.shop.at(at) as tx:
        asked = Consume(account, "letters", Decimal(amount), "app", at.isoformat())
        await consume(tx, asked)


async def _bought(watching: Watching) -> UUID:
    account = await watching.shop.customer()
    await watching.shop.subscribed(account, ("monthly", "1"))
    return account


async def test_what_ended_between_two_looks_is_told(watching: Watching) -> None:
    """100 letters a month; 90 on 31 January, 23:59, after the last look of that month.

    The next look is on 1 February, when the new hundred is whole.
    """
    account = await _bought(watching)
    await watching.define("80", measure="allowance", feature="letters", at=utc(1, 2))
    await watching.look(utc(1, 31, 23))
    await _taken(watching, account, 90, at=utc(2) - timedelta(minutes=1))

    await watching.look(utc(2, 1, 1))
    await watching.look(utc(2, 1, 2))

    assert await watching.told() == [("80", "90.00", "01-01")]


async def test_a_worker_that_was_away_for_months_tells_every_month(watching: Watching) -> None:
    """80 of January and 100 of February are told in March, with what March has used by then."""
    account = await _bought(watching)
    await watching.define("80", "100", measure="allowance", feature="letters", at=utc(1, 2))
    await watching.look(utc(1, 3))
    for at, amount in ((utc(1, 20), 80), (utc(2, 20), 100), (utc(3, 5), 79)):
        await watching.shop.close(at)
        await _taken(watching, account, amount, at=at)

    await watching.look(utc(3, 6))

    assert sorted(await watching.told()) == [
        ("100", "100.00", "02-01"), ("80", "100.00", "02-01"), ("80", "80.00", "01-01"),
    ]  # fmt: skip


async def test_a_threshold_is_told_once_a_period_and_again_in_the_next(
    watching: Watching,
) -> None:
    """80, 90 and 100 in January tell 80 once; 85 in February tell it once more."""
    account = await _bought(watching)
    await watching.define("80", measure="allowance", feature="letters", at=utc(1, 2))
    for at, amount in ((utc(1, 5), 80), (utc(1, 6), 10), (utc(1, 7), 10), (utc(2, 5), 85)):
        await _taken(watching, account, amount, at=at)
        await watching.look(at + timedelta(hours=1))

    assert await watching.told() == [("80", "80.00", "01-01"), ("80", "85.00", "02-01")]


async def test_what_ended_before_an_alert_was_defined_is_not_told(watching: Watching) -> None:
    """Another alert lets the worker look since January; this one begins on 2 February."""
    account = await _bought(watching)
    await watching.define("100", measure="allowance", feature="letters", at=utc(1, 2))
    await _taken(watching, account, 90, at=utc(1, 20))
    late = await watching.define("80", measure="allowance", feature="letters", at=utc(2, 2))

    await watching.look(utc(2, 2, 1))

    assert await watching.told(late) == []


async def test_an_amount_used_before_the_alert_is_told_while_it_holds(
    watching: Watching,
) -> None:
    """90 of 100 in January; an alert of the same day has them at its first look."""
    account = await _bought(watching)
    await _taken(watching, account, 90, at=utc(1, 20))
    await watching.define("80", measure="allowance", feature="letters", at=utc(1, 20, 12))

    await watching.look(utc(1, 20, 13))

    assert await watching.told() == [("80", "90.00", "01-01")]
