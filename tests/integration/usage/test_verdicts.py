"""Each event of a batch gets its own verdict; what is refused leaves no row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.accounts.records import Account
from core.kernel.ids import new_id
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.usage.record import record_usage
from core.usage.records import TooManyEvents, UsageLimits
from plugins.email.pricing import EmailEvent
from plugins.sms.event import SmsEvent
from tests.building import GATE
from tests.integration.usage.conftest import (
    JANUARY,
    NOW,
    At,
    Record,
    Rows,
    mail,
    outcomes,
    subscribed,
)


async def test_an_accepted_event_is_stored_with_its_measure_and_periods(
    record: Record, rows: Rows, subscription: Subscription, at: At
) -> None:
    """2,500 recipients are 2,500 e-mails, in January's period, billed with January."""
    assert outcomes(await record(mail(recipients=2500))) == ["accepted"]
    (row,) = await rows()
    assert row["subscription_id"] == subscription.id
    assert (row["quantity"], row["sign"], row["revision"]) == (Decimal(2500), 1, 0)
    assert (row["unit"], row["dimension"], row["slot"]) == ("email", "", 0)
    assert row["payload"] == {"recipients": 2500}
    async with at(NOW) as tx:
        period = await tx.fetchrow(
            "SELECT * FROM billing_period WHERE id = $1", row["usage_period_id"]
        )
    assert (period["stream"], period["starts_at"]) == ("usage", JANUARY)
    assert row["billing_period_id"] == row["usage_period_id"]


REFUSED = [
    ("UNKNOWN_ACCOUNT", {"account": "nobody"}),
    ("UNKNOWN_ACCOUNT", {"account": new_id()}),
    ("IN_THE_FUTURE", {"occurred_at": NOW + timedelta(minutes=5, microseconds=1)}),
    ("NO_SUBSCRIPTION", {"subscription": "another"}),
    ("NO_SUBSCRIPTION", {"subscription": new_id()}),
    ("TOO_OLD", {"occurred_at": JANUARY - timedelta(microseconds=1)}),
    ("INVALID_VALUE", {"recipients": 0}),
    ("INVALID_VALUE", {"event": EmailEvent(campaign="nul \0")}),
    ("INVALID_VALUE", {"event": EmailEvent(recipients=2**31)}),
    ("INVALID_VALUE", {"event": SmsEvent("+33612345678", segments=1)}),
    ("INVALID_VALUE", {"channel": "pigeon"}),
    ("INVALID_VALUE", {"source": ""}),
    ("INVALID_VALUE", {"source": "s" * 201}),
    ("INVALID_VALUE", {"source": "nul \0"}),
    ("INVALID_VALUE", {"source": "half \ud800"}),
    ("INVALID_VALUE", {"account": "nul \0"}),
    ("INVALID_VALUE", {"occurred_at": datetime(2026, 1, 9)}),  # noqa: DTZ001 - the point
    ("INVALID_VALUE", {"occurred_at": datetime(1, 1, 1, tzinfo=UTC)}),
]


@pytest.mark.parametrize(("reason", "changes"), REFUSED)
async def test_a_refused_event_says_why_and_leaves_no_row(
    record: Record, rows: Rows, subscription: Subscription, reason: str, changes: dict
) -> None:
    """Its neighbours on both sides are stored all the same."""
    verdicts = await record(mail("before"), mail("bad", **changes), mail("z"))
    assert outcomes(verdicts) == ["accepted", reason, "accepted"]
    assert verdicts[1].message
    assert [row["event_id"] for row in await rows()] == ["before", "z"]


async def test_five_minutes_ahead_is_still_taken(
    record: Record, subscription: Subscription
) -> None:
    """Clocks differ a little; exactly five minutes is the last instant."""
    ahead = mail(occurred_at=NOW + timedelta(minutes=5))
    assert outcomes(await record(ahead)) == ["accepted"]


async def test_an_account_without_the_product_has_no_subscription_for_it(
    record: Record, rows: Rows, at: At, account: Account
) -> None:
    """Texts alone meter no e-mail."""
    await subscribed(at, account.id, "text")
    assert outcomes(await record(mail())) == ["NO_SUBSCRIPTION"]
    assert await rows() == []


async def test_two_subscriptions_that_meter_it_are_told_apart_by_name(
    record: Record, rows: Rows, at: At, account: Account, subscription: Subscription
) -> None:
    """Unnamed it is ambiguous; by ref or by id it is not."""
    other = await subscribed(at, account.id, "mail", ref="other")
    verdicts = await record(
        mail("a"), mail("b", subscription="other"), mail("c", subscription=subscription.id)
    )
    assert outcomes(verdicts) == ["AMBIGUOUS_SUBSCRIPTION", "accepted", "accepted"]
    stored = await rows()
    assert [row["subscription_id"] for row in stored] == [other.id, subscription.id]


async def test_after_its_end_a_subscription_takes_no_usage(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """The end itself is outside; the microsecond before it is inside."""
    end = datetime(2026, 1, 8, tzinfo=UTC)
    async with at(NOW) as tx:
        await tx.execute("UPDATE subscription SET ends_at = $1, state = 'ended'", end)
    verdicts = await record(
        mail("at", occurred_at=end),
        mail("before", occurred_at=end - timedelta(microseconds=1)),
    )
    assert outcomes(verdicts) == ["SUBSCRIPTION_ENDED", "accepted"]
    assert [row["event_id"] for row in await rows()] == ["before"]


async def test_a_test_clock_decides_what_the_future_is(
    record: Record, at: At, account: Account
) -> None:
    """An account that lives in June takes June's usage in January, and none of July."""
    june = datetime(2026, 6, 10, tzinfo=UTC)
    async with at(JANUARY) as tx:
        await create_account(tx, CreateAccount(name="Test", ref="test", test_clock=june))
    await subscribed(at, "test", "mail", starts_at=june - timedelta(days=9))
    verdicts = await record(
        mail("june", account="test", occurred_at=june),
        mail("july", account="test", occurred_at=june + timedelta(days=30)),
    )
    assert outcomes(verdicts) == ["accepted", "IN_THE_FUTURE"]


async def test_an_event_keeps_the_slot_of_the_table_that_prices_it(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """The slot of 20 January holds from that day's first instant in Paris on."""
    change = datetime(2026, 1, 19, 23, tzinfo=UTC)
    text = SmsEvent("+33612345678", text="ж" * 150)
    verdicts = await record(
        mail("a", channel="sms", event=text, occurred_at=change - timedelta(microseconds=1)),
        mail("b", channel="sms", event=text, occurred_at=change),
        now=change + timedelta(days=1),
    )
    assert outcomes(verdicts) == ["accepted", "accepted"]
    stored = await rows()
    assert [row["slot"] for row in stored] == [1, 2]
    assert [row["dimension"] for row in stored] == ["FR", "FR"]


async def test_the_text_of_a_message_is_counted_and_not_stored(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """150 characters of UCS-2 are 3 segments (67 each); the text itself is gone."""
    await record(mail(channel="sms", event=SmsEvent("+33612345678", text="ж" * 150)))
    (row,) = await rows()
    assert row["quantity"] == 3
    assert row["payload"] == {
        "to": "+33612345678",
        "segments": 3,
        "encoding": "UCS_2",
        "length": 150,
    }


async def test_a_batch_has_at_most_a_thousand_events(
    record: Record, rows: Rows, subscription: Subscription, at: At, host: PluginHost
) -> None:
    """1000 are taken; one more than the limit refuses the call, and nothing is stored."""
    assert len(await record(*(mail(f"{n:04}") for n in range(1000)))) == 1000
    with pytest.raises(TooManyEvents):
        await record(*(mail(f"more-{n:04}") for n in range(1001)))
    async with at(NOW) as tx:
        with pytest.raises(TooManyEvents):
            await record_usage(
                tx,
                host=host,
                gate=GATE,
                events=[mail("x"), mail("y")],
                limits=UsageLimits(most_events=1),
            )
    assert len(await rows()) == 1000


async def test_an_empty_batch_is_answered_with_nothing(record: Record, rows: Rows) -> None:
    """Nothing in, nothing stored, nothing out."""
    assert await record() == []
    assert await rows() == []


async def test_the_batch_is_tallied_by_channel(
    record: Record, at: At, subscription: Subscription
) -> None:
    """What was received is known even of events that left no row."""
    await record(mail("a"), mail("a"), mail("b", recipients=0), mail("c", channel="pigeon"))
    async with at(NOW) as tx:
        tallies = await tx.fetch("SELECT * FROM usage_batch ORDER BY channel")
    shown = [(t["channel"], t["accepted"], t["duplicate"], t["rejected"]) for t in tallies]
    assert shown == [("", 0, 0, 1), ("email", 1, 1, 1)]
    assert tallies[1]["reasons"] == {"INVALID_VALUE": 1}
