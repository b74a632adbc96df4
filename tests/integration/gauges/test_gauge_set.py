"""Gauges are set in batches: each reading gets its verdict, and keeps its value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.accounts.records import Account
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.gauges.gauge_set import GaugeReading, ReadingVerdict, TooManyReadings, gauge_set
from core.gauges.policy import Reading
from core.gauges.repository import GaugeAsked, courses, gauges_by_code, quantities
from core.kernel.clock import FixedClock
from core.kernel.periods import Period
from core.tenancy.create_tenant import CreatedTenant

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
JANUARY = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
FEBRUARY = Period(JANUARY.end, datetime(2026, 3, 1, tzinfo=UTC))

Begin = Callable[[], AbstractAsyncContextManager[Tx]]


@pytest.fixture
def now(db: Database, seller: CreatedTenant) -> Begin:
    """How a test opens a transaction of the seller on 10 February."""
    return lambda: db.transaction(seller.tenant.id, actor="staff:ada", clock=FixedClock(NOW))


@pytest.fixture
async def account(now: Begin) -> Account:
    """A customer of a seller who declares profiles and users."""
    async with now() as tx:
        await apply_catalogue(
            tx, load_catalogue("gauges: {profiles: {name: Profiles}, users: {name: Users}}")
        )
        return await create_account(tx, CreateAccount(name="Client", ref="client"))


def reading(number: int = 1, **changes: Any) -> GaugeReading:
    """100 profiles on 5 January, from the CRM."""
    sound = GaugeReading(
        account="client",
        gauge="profiles",
        value=Decimal(100),
        at=JANUARY.start + timedelta(days=4),
        source="crm",
        id=f"r{number}",
    )
    return replace(sound, **changes)


async def set_(now: Begin, *readings: GaugeReading) -> list[ReadingVerdict]:
    """Set gauges in a transaction of their own."""
    async with now() as tx:
        return await gauge_set(tx, readings)


async def stored(now: Begin) -> list[tuple[Any, ...]]:
    """Every reading of the tenant."""
    async with now() as tx:
        rows = await tx.fetch(
            "SELECT reading_id, value, at FROM gauge_reading WHERE tenant_id = $1 ORDER BY at,"
            " reading_id",
            tx.tenant_id,
        )
    return [tuple(row) for row in rows]


async def test_a_reading_is_accepted_once_and_its_repetition_acknowledged(
    now: Begin, account: Account
) -> None:
    """100.0 by id of the account is the same content as 100 by its ref."""
    assert [each.verdict for each in await set_(now, reading())] == ["accepted"]
    again = reading(account=account.id, value=Decimal("100.0"))
    assert [each.verdict for each in await set_(now, again)] == ["duplicate"]
    assert await stored(now) == [("r1", 100, datetime(2026, 1, 5, tzinfo=UTC))]


async def test_other_content_under_the_same_identity_is_refused_with_both_shown(
    now: Begin, account: Account
) -> None:
    """100 stays; 101 needs an id of its own, and so does another gauge."""
    await set_(now, reading())
    other = await set_(now, reading(value=Decimal(101)), reading(gauge="users"))
    assert [(each.verdict, each.reason) for each in other] == [("rejected", "CONFLICT")] * 2
    assert other[0].message == (
        "crm r1 is stored as 100 at 2026-01-05T00:00:00+00:00;"
        " 101 at 2026-01-05T00:00:00+00:00 needs an id of its own"
    )
    assert len(await stored(now)) == 1


async def test_within_a_batch_the_first_of_an_identity_counts(
    now: Begin, account: Account
) -> None:
    """The same again is a duplicate, another value a conflict."""
    found = await set_(now, reading(), reading(), reading(value=Decimal(7)), reading(2))
    assert [each.verdict for each in found] == [
        "accepted",
        "duplicate",
        "rejected",
        "accepted",
    ]
    assert [row[0] for row in await stored(now)] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account": "nobody"}, "UNKNOWN_ACCOUNT"),
        ({"account": UUID(int=1)}, "UNKNOWN_ACCOUNT"),
        ({"gauge": "none"}, "UNKNOWN_GAUGE"),
        ({"at": NOW + timedelta(minutes=5, seconds=1)}, "IN_THE_FUTURE"),
        ({"value": Decimal("NaN")}, "INVALID_VALUE"),
        ({"value": Decimal("Infinity")}, "INVALID_VALUE"),
        ({"value": Decimal(-1)}, "INVALID_VALUE"),
        ({"value": Decimal("1e13")}, "INVALID_VALUE"),
        ({"value": Decimal("0.0000000001")}, "INVALID_VALUE"),
        ({"source": ""}, "INVALID_VALUE"),
        ({"id": "x" * 201}, "INVALID_VALUE"),
        ({"id": "a\0b"}, "INVALID_VALUE"),
    ],
)
async def test_a_bad_reading_is_rejected_and_its_neighbour_kept(
    now: Begin, account: Account, changes: dict[str, Any], reason: str
) -> None:
    """A row per fault; of the batch only the sound reading is stored."""
    bad, sound = await set_(now, reading(1, **changes), reading(2))
    assert (bad.verdict, bad.reason) == ("rejected", reason)
    assert bad.message
    assert sound.verdict == "accepted"
    assert [row[0] for row in await stored(now)] == ["r2"]


async def test_what_lies_within_its_bounds_is_accepted(now: Begin, account: Account) -> None:
    """Zero, the finest value, the largest, and five minutes ahead."""
    found = await set_(
        now,
        reading(1, value=Decimal(0)),
        reading(2, value=Decimal("0.000000001")),
        reading(3, value=Decimal("9999999999999.999999999")),
        reading(4, at=NOW + timedelta(minutes=5)),
    )
    assert {each.verdict for each in found} == {"accepted"}


async def test_an_account_s_own_clock_decides_what_is_in_the_future(
    now: Begin, account: Account
) -> None:
    """Its time stands in 2020: a reading of 2026 lies ahead of it."""
    async with now() as tx:
        clock = CreateAccount(
            name="Trial", ref="trial", test_clock=datetime(2020, 1, 1, tzinfo=UTC)
        )
        await create_account(tx, clock)
    (ahead,) = await set_(now, reading(account="trial"))
    assert ahead.reason == "IN_THE_FUTURE"


async def test_more_than_1000_readings_are_refused_as_a_whole(
    now: Begin, account: Account
) -> None:
    """1000 are taken, 1001 are not."""
    with pytest.raises(TooManyReadings):
        await set_(now, *(reading(number) for number in range(1001)))
    assert await stored(now) == []
    found = await set_(now, *(reading(number) for number in range(1000)))
    assert [each.verdict for each in found] == ["accepted"] * 1000


async def test_two_senders_of_one_reading_get_one_accepted_and_one_duplicate(
    now: Begin, account: Account
) -> None:
    """The later one waits for the first and then sees what it stored."""
    both = await asyncio.gather(set_(now, reading()), set_(now, reading()))
    assert sorted(verdict.verdict for (verdict,) in both) == ["accepted", "duplicate"]
    assert len(await stored(now)) == 1


async def test_a_value_holds_until_another_is_set_also_into_the_next_period(
    now: Begin, account: Account
) -> None:
    """100 from 5 January, 130 on the 20th, 120 on 1 February at midnight, for two gauges."""
    await set_(
        now,
        reading(1),
        reading(2, value=Decimal(130), at=datetime(2026, 1, 20, tzinfo=UTC)),
        reading(3, value=Decimal(120), at=FEBRUARY.start),
        reading(4, gauge="users", value=Decimal(7)),
    )
    async with now() as tx:
        gauges = await gauges_by_code(tx, ["profiles", "users"])
        asked = [
            GaugeAsked(account.id, gauges["profiles"], JANUARY, "max"),
            GaugeAsked(account.id, gauges["profiles"], FEBRUARY, "max"),
            GaugeAsked(account.id, gauges["users"], FEBRUARY, "last"),
            GaugeAsked(UUID(int=1), gauges["users"], FEBRUARY, "average"),
        ]
        january, february, users, nobody = await courses(tx, asked)
        assert await quantities(tx, asked) == [130, 120, 7, 0]
    assert january.opening is None
    assert [each.value for each in january.readings] == [100, 130]
    assert (february.opening, february.readings) == (
        130,
        (Reading(FEBRUARY.start, Decimal(120)),),
    )
    assert (users.opening, users.readings) == (7, ())
    assert (nobody.opening, nobody.readings) == (None, ())
