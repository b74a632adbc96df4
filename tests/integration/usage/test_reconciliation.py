"""The sum that everything received is found in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from core.accounts.records import Account
from core.subscriptions.records import Subscription
from core.usage.reconciliation import reconciliation
from core.usage.void import usage_void
from tests.building import GATE
from tests.integration.usage.conftest import FEBRUARY, At, Freeze, Record, mail, subscribed

START = datetime(2026, 1, 1, tzinfo=UTC)


async def test_everything_received_is_accounted_for(
    record: Record, at: At, freeze: Freeze, account: Account, subscription: Subscription
) -> None:
    """8 received: 3 billed + 0 free + 2 rejected + 1 parked + 2 open; 2 duplicates beside.

    A void changes nothing: what it takes back was received.
    """
    other = await subscribed(at, account.id, "mail", ref="parked")
    billed = [mail(f"b{n}", subscription="sub") for n in range(3)]
    parked = mail("p", subscription="parked")
    await record(*billed, parked, mail("r", recipients=0), mail("s", account="nobody"))
    await record(*billed[:2])
    ids = await freeze(FEBRUARY)
    async with at(FEBRUARY) as tx:
        await tx.execute(
            "UPDATE billing_period SET state = CASE WHEN subscription_id = $1 THEN 'parked'"
            " ELSE 'billed' END WHERE id = ANY($2::uuid[])",
            other.id,
            ids,
        )
    later = datetime(2026, 2, 10, 22, 59, tzinfo=UTC)
    midnight = later + timedelta(minutes=1)
    await record(mail("o", occurred_at=later, subscription="sub"), now=later)
    await record(mail("m", occurred_at=later, subscription="sub"), now=midnight)
    async with at(midnight) as tx:
        await usage_void(tx, account="client", source="app", event_id="o", gate=GATE)
        days = await reconciliation(
            tx, from_at=START, until_at=midnight + timedelta(days=1), timezone="Europe/Paris"
        )
    shown = [
        (one.day, one.received, one.billed, one.rejected, one.parked, one.open, one.duplicate)
        for one in days
    ]
    assert shown == [
        (date(2026, 1, 10), 6, 3, 2, 1, 0, 2),
        (date(2026, 2, 10), 1, 0, 0, 0, 1, 0),
        (date(2026, 2, 11), 1, 0, 0, 0, 1, 0),
    ]
    assert all(one.is_balanced and one.channel == "email" for one in days)
