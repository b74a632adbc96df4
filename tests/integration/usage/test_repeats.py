"""The same event again is counted once; another event under its id is refused."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from core.db import Database
from core.embedded import DatabaseUrls
from core.kernel.clock import FixedClock
from core.kernel.ids import new_id
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.tenancy.create_tenant import CreatedTenant
from core.usage import repository
from core.usage.record import record_usage
from plugins.email.pricing import EmailEvent
from plugins.sms.event import SmsEvent
from tests.building import GATE
from tests.integration.usage.conftest import NOW, At, Record, Rows, mail, outcomes, subscribed


async def test_a_retry_of_the_whole_call_changes_nothing(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """Every event of it is a duplicate; the rows are those of the first call."""
    batch = [mail(f"e{n}", recipients=n) for n in range(1, 6)]
    assert outcomes(await record(*batch)) == ["accepted"] * 5
    before = await rows()
    assert outcomes(await record(*batch)) == ["duplicate"] * 5
    assert await rows() == before


async def test_the_same_content_may_be_written_in_another_way(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """An instant in another offset, a default written out, a ref instead of an id."""
    noon = datetime(2026, 1, 9, 12, tzinfo=UTC)
    await record(mail(event=EmailEvent(), occurred_at=noon))
    again = mail(
        event=EmailEvent(recipients=1, campaign=None),
        occurred_at=noon.astimezone(timezone(timedelta(hours=-5))),
        account=subscription.account_id,
    )
    assert outcomes(await record(again)) == ["duplicate"]
    assert len(await rows()) == 1


async def test_another_content_is_refused_with_both_shown(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """What is stored stays; the sender sees what differs."""
    await record(mail(recipients=2))
    before = await rows()
    (verdict,) = await record(mail(recipients=3))
    assert (verdict.outcome, verdict.reason) == ("rejected", "CONFLICT")
    assert verdict.stored is not None
    assert verdict.sent is not None
    assert verdict.stored.payload == {"recipients": 2}
    assert verdict.sent.payload == {"recipients": 3}
    assert await rows() == before


async def test_an_instant_or_a_named_subscription_is_content_too(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """One microsecond later, or the subscription named where it was not: a conflict."""
    await record(mail())
    later = datetime(2026, 1, 9, 12, 0, 0, 1, tzinfo=UTC)
    assert outcomes(await record(mail(occurred_at=later), mail(subscription="sub"))) == [
        "CONFLICT",
        "CONFLICT",
    ]
    assert len(await rows()) == 1


async def test_a_text_that_is_not_stored_is_compared_all_the_same(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """Two texts of one segment each differ, though what is kept of them does not."""
    first, second = (
        mail(channel="sms", event=SmsEvent("+33612345678", text=text)) for text in ("ab", "ba")
    )
    assert outcomes(await record(first)) == ["accepted"]
    assert outcomes(await record(first, second)) == ["duplicate", "CONFLICT"]
    assert len(await rows()) == 1


async def test_within_a_batch_the_first_of_an_id_counts(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """A repeated one is a duplicate, another one a conflict with the first."""
    verdicts = await record(mail(recipients=3), mail(recipients=3), mail(recipients=2))
    assert outcomes(verdicts) == ["accepted", "duplicate", "CONFLICT"]
    assert verdicts[2].stored is not None
    assert verdicts[2].stored.payload == {"recipients": 3}
    assert [row["quantity"] for row in await rows()] == [3]


async def test_a_refused_event_does_not_take_its_id(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """The second one of the batch is stored, because the first was not."""
    verdicts = await record(mail(recipients=0), mail(recipients=7))
    assert outcomes(verdicts) == ["INVALID_VALUE", "accepted"]
    assert [row["quantity"] for row in await rows()] == [7]


async def test_a_retry_is_a_duplicate_though_it_would_not_be_taken_any_more(
    record: Record, rows: Rows, at: At, subscription: Subscription
) -> None:
    """A second subscription makes new events ambiguous, not what is stored already."""
    await record(mail())
    await subscribed(at, subscription.account_id, "mail")
    assert outcomes(await record(mail(), mail("new"), mail(recipients=9))) == [
        "duplicate",
        "AMBIGUOUS_SUBSCRIPTION",
        "AMBIGUOUS_SUBSCRIPTION",
    ]
    assert len(await rows()) == 1


async def test_source_and_account_are_part_of_the_identity(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """The same id of another source is another event."""
    assert outcomes(await record(mail(source="a"), mail(source="b"))) == ["accepted"] * 2
    assert len({row["identity"] for row in await rows()}) == 2


async def test_what_is_stored_does_not_depend_on_the_order_of_arrival(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """Any order, in any batches: the same rows with the same periods."""
    events = [mail(f"o{n}", recipients=n + 1) for n in range(8)]
    shuffled = random.Random(7).sample(events, 8)
    for batch in (shuffled[:3], shuffled[3:]):
        await record(*batch)
    stored = [(row["event_id"], row["quantity"]) for row in await rows()]
    assert stored == [(f"o{n}", Decimal(n + 1)) for n in range(8)]


async def test_batches_of_any_size_answer_alike(
    record: Record, rows: Rows, subscription: Subscription
) -> None:
    """Large batches are copied and small ones sent as arrays: verdicts and rows agree."""
    size = repository.UNNEST_AT_MOST + 1
    events = [mail(str(new_id())) for _ in range(size)]
    assert outcomes(await record(*events[:-1])) == ["accepted"] * (size - 1)
    assert outcomes(await record(*events)) == ["duplicate"] * (size - 1) + ["accepted"]
    bigger = [*events, mail(events[0].id, recipients=5), mail("last", recipients=4)]
    assert outcomes(await record(*bigger)) == ["duplicate"] * size + ["CONFLICT", "accepted"]
    assert len(await rows()) == size + 1


async def test_sixteen_writers_of_the_same_events_count_them_once(
    rows: Rows,
    subscription: Subscription,
    seller: CreatedTenant,
    module_database: DatabaseUrls,
    host: PluginHost,
) -> None:
    """Of 16 racing writers one is told `accepted` for each event, and 15 `duplicate`.

    A 17th with another content under the same ids is refused for what it did not store.
    """
    database = Database(module_database.app, role="api", pool_size=17)
    events = [mail(f"race-{n:03}", recipients=n + 1) for n in range(120)]

    async def write(order: int) -> list[tuple[str, str]]:
        mine = random.Random(order).sample(events, len(events))
        if order == 16:
            mine = [one._replace(event=EmailEvent(recipients=999)) for one in mine]
        clock = FixedClock(NOW)
        async with database.transaction(seller.tenant.id, actor="w", clock=clock) as tx:
            verdicts = await record_usage(tx, host=host, events=mine, gate=GATE)
        return [(one.id, said) for one, said in zip(mine, outcomes(verdicts), strict=True)]

    answers = await asyncio.gather(*(write(order) for order in range(17)))
    await database.close()
    stored = {row["event_id"]: row["quantity"] for row in await rows()}
    assert len(stored) == 120
    for event in events:
        said = [dict(answer)[event.id] for answer in answers]
        assert said.count("accepted") == 1
        if stored[event.id] == 999:
            assert said[16] == "accepted"
            assert said[:16] == ["CONFLICT"] * 16
        else:
            assert said[16] == "CONFLICT"
            assert said.count("duplicate") == 15
