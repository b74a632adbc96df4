"""Using up what is granted: exactly, once, and what expires first before the rest."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from core.entitlements.can import InvalidAmount
from core.entitlements.refusals import ConsumptionConflict, NotConsumed, NotEntitled
from tests.building import FIRST, utc
from tests.integration.entitlements.conftest import Mailer


async def test_64_senders_at_once_send_exactly_200_mails(mailer: Mailer) -> None:
    """Each asks for 5: 40 of 64 are served, 24 refused, and nothing is left or lacking."""
    account = await mailer.shop.customer()
    await mailer.tried(account, ("contacts", "1000"))

    async def send(number: int) -> bool:
        try:
            await mailer.used(account, "email.send", 5, key=f"m{number}")
        except NotEntitled:
            return False
        return True

    sent = await asyncio.gather(*(send(number) for number in range(64)))

    assert (sum(sent), len(sent) - sum(sent)) == (40, 24)
    assert await mailer.shop.rows(
        "SELECT granted, used FROM allowance WHERE tenant_id = $1"
    ) == [(Decimal(200), Decimal(200))]
    assert await mailer.shop.rows(
        "SELECT count(*), sum(amount) FROM consumption WHERE tenant_id = $1"
    ) == [(40, Decimal(200))]


async def test_the_same_report_counts_once_also_at_once(mailer: Mailer) -> None:
    """16 times the same: one is stored, all are answered alike."""
    account = await mailer.shop.customer()
    await mailer.tried(account, ("contacts", "1000"))

    answers = await asyncio.gather(
        *(mailer.used(account, "email.send", 150, key="same") for _ in range(16))
    )

    assert len({each.consumption.id for each in answers}) == 1
    assert sum(not each.is_repeated for each in answers) == 1
    assert (await mailer.ask(account, "email.send")).verdict.remaining == Decimal(50)


async def test_other_content_under_the_same_id_is_refused(mailer: Mailer) -> None:
    """The message shows both; nothing is taken."""
    account = await mailer.shop.customer()
    await mailer.tried(account, ("contacts", "1000"))
    await mailer.used(account, "email.send", 10, key="m1")

    with pytest.raises(ConsumptionConflict, match=r"app m1 is stored as 10 of email\.send; 11"):
        await mailer.used(account, "email.send", 11, key="m1")

    assert (await mailer.ask(account, "email.send")).verdict.remaining == Decimal(190)


async def test_what_is_refused_takes_nothing_and_says_what_helps(mailer: Mailer) -> None:
    """201 of 200: none at all, and the products that would allow it."""
    account = await mailer.shop.customer()
    await mailer.tried(account, ("contacts", "1000"))

    with pytest.raises(NotEntitled, match=r"USED_UP: 200 of email\.send are left, 201 were"):
        await mailer.used(account, "email.send", 201, key="m1")
    with pytest.raises(NotConsumed):
        await mailer.used(account, "contacts", 1, key="m2")
    with pytest.raises(InvalidAmount):
        await mailer.used(account, "email.send", 0, key="m3")

    assert (await mailer.ask(account, "email.send")).verdict.remaining == Decimal(200)
    assert await mailer.shop.rows("SELECT id FROM consumption WHERE tenant_id = $1") == []


async def test_what_expires_first_is_used_first(mailer: Mailer) -> None:
    """100 of January are used before 1000 good for a year; 150 take 100 and 50."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("mailing", "1"), ("mails", "1"), ("monthly-mails", "1"))

    first = await mailer.used(account, "email.send", 150, key="m1", now=utc(1, 10))

    assert [each.amount for each in first.consumption.parts] == [Decimal(100), Decimal(50)]
    left = await mailer.ask(account, "email.send", now=utc(1, 10))
    assert left.verdict.remaining == Decimal(950)


async def test_an_amount_that_renews_is_there_again_with_each_period(mailer: Mailer) -> None:
    """100 in January, 100 in February; what January left over is gone."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("monthly-mails", "1"))
    await mailer.used(account, "email.send", 60, key="m1", now=utc(1, 10))
    await mailer.shop.close(utc(2, 1, 1))

    february = await mailer.ask(account, "email.send", now=utc(2, 2))

    assert february.verdict.remaining == Decimal(100)


async def test_a_trial_that_is_ordered_goes_on_with_what_was_bought(mailer: Mailer) -> None:
    """A trial's mails that are used up do not count against what is paid."""
    account = await mailer.shop.customer()
    await mailer.tried(account, ("contacts", "1000"))
    await mailer.used(account, "email.send", 200, key="m1")

    with pytest.raises(NotEntitled, match="USED_UP"):
        await mailer.used(account, "email.send", 1, key="m2", now=FIRST)
    with pytest.raises(NotEntitled, match="TRIAL_OVER"):
        await mailer.used(account, "email.send", 1, key="m2", now=utc(2, 1))
