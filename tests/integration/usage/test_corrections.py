"""Voids and amendments add rows and change none; their difference is billed when open."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.db import Tx
from core.kernel.errors import Refusal
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.usage.amend import usage_amend
from core.usage.corrections import AlreadyVoid, EventNotFound
from core.usage.records import UsageReport, Verdict
from core.usage.void import usage_void
from plugins.sms.event import SmsEvent
from tests.building import GATE
from tests.integration.usage.conftest import (
    FEBRUARY,
    NOW,
    At,
    Freeze,
    Record,
    Rows,
    mail,
    outcomes,
)

IN_FEBRUARY = datetime(2026, 2, 10, tzinfo=UTC)


async def void(tx: Tx, event_id: str = "e1") -> None:
    """Void an event of the account `client`."""
    await usage_void(tx, account="client", source="app", event_id=event_id, gate=GATE)


async def amended(
    at: At, host: PluginHost, report: UsageReport, now: datetime = NOW
) -> Verdict:
    """Amend an event in a transaction of its own."""
    async with at(now) as tx:
        return await usage_amend(tx, host=host, report=report, gate=GATE)


async def test_a_void_takes_back_what_was_counted(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """5 - 5 = 0 e-mails in 1 - 1 = 0 events; the id stays taken."""
    await record(mail(recipients=5))
    async with at(NOW) as tx:
        await void(tx)
    stored = await rows()
    assert [(r["revision"], r["sign"], r["quantity"]) for r in stored] == [
        (0, 1, 5),
        (1, -1, -5),
    ]
    assert stored[0]["billing_period_id"] == stored[1]["billing_period_id"]
    assert outcomes(await record(mail(recipients=5), mail(recipients=6))) == [
        "duplicate",
        "CONFLICT",
    ]


async def test_a_late_void_is_billed_with_the_open_period(
    record: Record, rows: Rows, at: At, freeze: Freeze, subscription: Subscription
) -> None:
    """It happened in January, which is frozen; February gives it back."""
    await record(mail())
    await freeze(FEBRUARY)
    async with at(IN_FEBRUARY) as tx:
        await void(tx)
    first, second = await rows()
    assert second["usage_period_id"] == first["usage_period_id"]
    assert second["billing_period_id"] != first["billing_period_id"]


async def test_what_is_not_there_or_void_already_cannot_be_voided(
    record: Record, rows: Rows, at: At, host: PluginHost, subscription: Subscription
) -> None:
    """Nothing changes; an amendment is refused likewise."""
    await record(mail())
    async with at(NOW) as tx:
        await void(tx)
    before = await rows()

    async def refused(work: type[Refusal], event_id: str) -> None:
        with pytest.raises(work):
            async with at(NOW) as tx:
                await void(tx, event_id)
        with pytest.raises(work):
            await amended(at, host, mail(event_id, recipients=4))

    await refused(EventNotFound, "other")
    await refused(AlreadyVoid, "e1")
    assert await rows() == before


async def test_of_two_that_void_at_once_one_wins(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """The database takes the revision once; the other one learns that it is void."""
    await record(mail())

    async def try_it() -> str:
        try:
            async with at(NOW) as tx:
                await void(tx)
        except AlreadyVoid as refusal:
            return refusal.code
        return "void"

    answers = await asyncio.gather(*(try_it() for _ in range(4)))
    assert sorted(answers) == ["ALREADY_VOID"] * 3 + ["void"]
    assert [row["sign"] for row in await rows()] == [1, -1]


async def test_an_amendment_is_a_void_and_a_new_revision(
    record: Record, rows: Rows, at: At, host: PluginHost, subscription: Subscription
) -> None:
    """5 - 5 + 3 = 3 e-mails in 1 - 1 + 1 = 1 event."""
    await record(mail(recipients=5))
    assert (await amended(at, host, mail(recipients=3))).outcome == "accepted"
    stored = await rows()
    assert [(r["revision"], r["sign"], r["quantity"]) for r in stored] == [
        (0, 1, 5),
        (1, -1, -5),
        (2, 1, 3),
    ]
    assert (await amended(at, host, mail(recipients=3))).outcome == "duplicate"
    assert await rows() == stored


async def test_a_retry_of_the_first_report_after_an_amendment_is_a_duplicate(
    record: Record, at: At, host: PluginHost, subscription: Subscription
) -> None:
    """Both contents were reported; a third one conflicts with the present one."""
    await record(mail(recipients=5))
    await amended(at, host, mail(recipients=3))
    verdicts = await record(mail(recipients=5), mail(recipients=3), mail(recipients=4))
    assert outcomes(verdicts) == ["duplicate", "duplicate", "CONFLICT"]
    assert verdicts[2].stored is not None
    assert verdicts[2].stored.payload == {"recipients": 3}


async def test_an_amendment_may_change_the_channel_and_the_time(
    record: Record, rows: Rows, at: At, host: PluginHost, subscription: Subscription
) -> None:
    """What was an e-mail was a text; the e-mail comes off, the text's 2 segments go on."""
    await record(mail())
    text = SmsEvent("+33612345678", segments=2)
    late = datetime(2026, 1, 8, tzinfo=UTC)
    await amended(at, host, mail(channel="sms", event=text, occurred_at=late))
    assert [(r["channel"], r["quantity"]) for r in await rows()] == [
        ("email", 1),
        ("email", -1),
        ("sms", 2),
    ]


async def test_an_amendment_that_would_be_refused_as_a_report_changes_nothing(
    record: Record, rows: Rows, at: At, host: PluginHost, subscription: Subscription
) -> None:
    """The event stays as it was, neither voided nor replaced."""
    await record(mail())
    before = await rows()
    verdicts = [
        await amended(at, host, mail(recipients=0)),
        await amended(at, host, mail(occurred_at=FEBRUARY)),
        await amended(at, host, mail(subscription="other")),
    ]
    assert outcomes(verdicts) == ["INVALID_VALUE", "IN_THE_FUTURE", "NO_SUBSCRIPTION"]
    assert await rows() == before


async def test_corrections_leave_an_audit_entry(
    record: Record, at: At, host: PluginHost, subscription: Subscription
) -> None:
    """They change what is owed, so who made them is written down."""
    await record(mail("a"), mail("b"))
    await amended(at, host, mail("a", recipients=3))
    async with at(NOW) as tx:
        await void(tx, "b")
        actions = await tx.fetch(
            "SELECT action, actor FROM audit_entry WHERE action LIKE 'usage.%' ORDER BY id"
        )
    assert [tuple(row) for row in actions] == [
        ("usage.amended", "staff:ada"),
        ("usage.voided", "staff:ada"),
    ]
