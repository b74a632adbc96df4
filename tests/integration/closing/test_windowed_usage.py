"""Windowed usage: whatever comes late, is voided or amended, the sum is what a replay says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import pytest

from core.billing_cycles.interim import bill_next_interim
from core.billing_cycles.preview import current_usage, invoice_preview
from core.billing_cycles.pricing import Pricing
from core.db import Database
from core.plugin_api import Occurrence, hookimpl
from core.plugin_host import PluginHost, PluginSource, judged, rules_in_force
from core.subscriptions.cancel import cancel
from core.usage.amend import usage_amend
from core.usage.judgements import AskedJudgements, usage_judgements
from core.usage.record import record_usage
from core.usage.records import UsageReport
from core.usage.void import usage_void
from core.usage.windows import AskedWindow, NotWindowed, window_state
from plugins.whatsapp.event import (
    WhatsappCategory,
    WhatsappDirection,
    WhatsappEvent,
    WhatsappForm,
)
from plugins.whatsapp.plugin import WhatsappChannel
from plugins.whatsapp.rules import RULE_SETS
from tests.building import Shop, open_shop, utc
from tests.invariants import broken

CATALOGUE: Final = """
products:
  marketing: {kind: usage_service, name: Ads, meters: {channel: whatsapp, unit: marketing}}
  utility: {kind: usage_service, name: Utility, meters: {channel: whatsapp, unit: utility}}
  service: {kind: usage_service, name: Free-form, meters: {channel: whatsapp, unit: service}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates: {marketing: {base: 0.10}, utility: {base: 0.03}, service: {base: 0.02}}
  pinned:
    name: Pinned
    currency: EUR
    rule_sets: {whatsapp: "2026-10-01"}
    rates: {marketing: {base: 0.10}, utility: {base: 0.03}, service: {base: 0.02}}
billing_terms:
  monthly: {name: Monthly, plans: [simple, pinned]}
  limited: {name: Limited, plans: [simple], max_unbilled_amount: 0.08}
"""
PRODUCTS: Final = (("marketing", "1"), ("utility", "1"), ("service", "1"))
NUMBERS: Final = ("+33155550000", "+33155550001")
CUSTOMERS: Final = ("+33612345678", "+32470123456")
ALLOWANCE: Final = 6
MONTHS: Final = (8, 9, 10, 11)
BILLED: Final = """
SELECT p.code, l.from_at, sum(l.quantity)::int FROM invoice_line l
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 GROUP BY 1, 2 HAVING sum(l.quantity) <> 0
"""


class SmallAllowance(WhatsappChannel):
    """The channel with an allowance that a test can use up."""

    rule_sets = tuple(  # type: ignore[misc]
        replace(one, values={**one.values, "allowance": str(ALLOWANCE)}) for one in RULE_SETS
    )


def _host() -> PluginHost:
    @hookimpl
    def register_channels() -> Any:
        return (SmallAllowance(),)

    plugin = SimpleNamespace(REQUIRES_API=(1, 1), register_channels=register_channels)
    return PluginHost([PluginSource("whatsapp", "1", None, is_built_in=True, given=plugin)])


HOST: Final = _host()


@dataclass(slots=True)
class Life:
    """A customer's events as they stand, and the shop that they are reported to."""

    shop: Shop
    account: UUID
    standing: dict[str, tuple[datetime, WhatsappEvent]] = field(default_factory=dict)

    async def report(
        self, name: str, at: datetime, event: WhatsappEvent, now: datetime
    ) -> None:
        """Report an event by some instant."""
        report = UsageReport(self.account, "meta", name, at, "whatsapp", event)
        async with self.shop.at(now) as tx:
            (verdict,) = await record_usage(tx, host=HOST, events=[report], gate=self.shop.gate)
        assert verdict.outcome == "accepted", verdict
        self.standing[name] = at, event

    async def void(self, name: str, now: datetime) -> None:
        """Take an event back."""
        async with self.shop.at(now) as tx:
            await usage_void(
                tx, account=self.account, source="meta", event_id=name, gate=self.shop.gate,
                host=HOST,
            )  # fmt: skip
        del self.standing[name]

    async def amend(self, name: str, at: datetime, event: WhatsappEvent, now: datetime) -> None:
        """Correct an event."""
        report = UsageReport(self.account, "meta", name, at, "whatsapp", event)
        async with self.shop.at(now) as tx:
            verdict = await usage_amend(tx, host=HOST, report=report, gate=self.shop.gate)
        assert verdict.outcome in {"accepted", "duplicate"}, verdict
        self.standing[name] = at, event

    def replayed(self, *, pinned: str | None = None) -> Counter[tuple[str, datetime]]:
        """Count what is billed of what stands, by product and month: one pass per number."""
        found: Counter[tuple[str, datetime]] = Counter()
        rules = rules_in_force(HOST.channels["whatsapp"], timezone="UTC", pinned=pinned)
        for number in NUMBERS:
            own = sorted(
                Occurrence(at, "meta", name, event)
                for name, (at, event) in self.standing.items()
                if event.business_number == number
            )
            answers = judged(HOST.channels["whatsapp"], own, rules) if own else []
            for one, answer in zip(own, answers, strict=True):
                if answer.measure is not None:
                    found[answer.measure.unit, utc(one.occurred_at.month)] += 1
        return found

    async def billed(self) -> Counter[tuple[str, datetime]]:
        """Read what all invoices together billed, by product and month."""
        rows = await self.shop.rows(BILLED)
        return Counter({(code, from_at): count for code, from_at, count in rows})


async def opened(db: Database, *, plan: str = "simple", terms: str = "monthly") -> Life:
    """Open a shop with one customer, from August on."""
    shop = await open_shop(db, catalogue=CATALOGUE)
    pricing = Pricing(HOST)
    shop = Shop(db, shop.tenant_id, pricing=pricing, host=HOST)
    account = await shop.customer(opened=utc(8))
    await shop.subscribed(account, *PRODUCTS, plan=plan, terms=terms, now=utc(8))
    return Life(shop, account)


def sent(
    number: str = NUMBERS[0], customer: str = CUSTOMERS[0], what: str = ""
) -> WhatsappEvent:
    """Return a message of the business: free-form, or a template of a category."""
    if not what:
        return WhatsappEvent(
            WhatsappDirection.OUT, number, customer, form=WhatsappForm.FREE_FORM
        )
    return WhatsappEvent(
        WhatsappDirection.OUT,
        number,
        customer,
        form=WhatsappForm.TEMPLATE,
        category=WhatsappCategory[what],
    )


def received(number: str = NUMBERS[0], customer: str = CUSTOMERS[0]) -> WhatsappEvent:
    """Return a message of a customer."""
    return WhatsappEvent(WhatsappDirection.IN, number, customer)


def _drawn(random: Random) -> WhatsappEvent:
    number, customer = random.choice(NUMBERS), random.choice(CUSTOMERS)
    what = random.choice(("in", "in", "entry", "", "", "", "UTILITY", "UTILITY", "MARKETING"))
    if what in {"in", "entry"}:
        return replace(received(number, customer), entry_point=what == "entry")
    return sent(number, customer, what)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that reaches the shop at an instant."""

    now: datetime
    verb: str
    name: str
    at: datetime
    event: WhatsappEvent


def steps_of(random: Random) -> list[Step]:
    """Draw four months of messages, a third late, some voided or amended afterwards."""
    found: list[Step] = []
    begin = utc(MONTHS[0])
    hours = int((utc(12) - begin).total_seconds() // 3600)
    clusters = [random.randrange(hours) for _ in range(25)]
    for number in range(140):
        at = begin + timedelta(
            hours=min(hours - 1, random.choice(clusters) + random.randint(0, 30)),
            minutes=random.randrange(60),
        )
        delay = timedelta(days=random.choice((0, 0, 0, 3, 20, 50)))
        event, name = _drawn(random), f"{number:03}"
        found.append(Step(at + delay, "report", name, at, event))
        later = at + delay + timedelta(days=random.randint(1, 40))
        verb = random.choices(("", "void", "amend"), (8, 1, 1))[0]
        if verb:
            moved = at + timedelta(hours=random.randint(-20, 20))
            moved = min(max(begin, moved), utc(12) - timedelta(hours=1))
            found.append(Step(max(later, moved), verb, name, moved, _drawn(random)))
    return sorted(found, key=lambda one: (one.now, one.name))


async def lived(life: Life, steps: list[Step], closings: list[datetime], size: int) -> None:
    """Play the steps, and close at the given times in between."""
    waiting = list(closings)
    for step in steps:
        while waiting and waiting[0] <= step.now:
            await life.shop.close(waiting.pop(0), chunk_size=size)
        if step.verb == "report":
            await life.report(step.name, step.at, step.event, step.now)
        elif step.verb == "void":
            await life.void(step.name, step.now)
        else:
            await life.amend(step.name, step.at, step.event, step.now)
    for now in waiting:
        await life.shop.close(now, chunk_size=size)


@pytest.mark.parametrize("seed", range(4))
async def test_all_invoices_together_bill_what_one_replay_says(db: Database, seed: int) -> None:
    """Closed each month, or seldom: for every month the same messages are billed in the end."""
    steps = steps_of(Random(seed))
    monthly = [utc(9), utc(10), utc(11), utc(12), utc(1, year=2027), utc(3, year=2027)]
    seldom = [utc(10), utc(12, 15), utc(3, year=2027)]
    told = []
    for closings, size in ((monthly, 1000), (seldom, 1)):
        life = await opened(db)
        await lived(life, steps, closings, size)
        assert await life.billed() == life.replayed()
        told.append(await life.billed())
        async with life.shop.at() as tx:
            assert await broken(tx) == []
    assert told[0] == told[1]
    assert sum(told[0].values()) > 10


async def test_a_pinned_rule_set_judges_whatever_the_date(db: Database) -> None:
    """Seven free-form messages in August, of which six are the allowance of October's set."""
    life = await opened(db, plan="pinned")
    for number in range(7):
        await life.report(f"{number}", utc(8, 10, number), sent(), utc(8, 10, number))
    await life.shop.close(utc(9))
    assert await life.billed() == {("service", utc(8)): 1}
    assert life.replayed(pinned="2026-10-01") == await life.billed()


async def test_a_late_message_shifts_which_were_free_in_a_closed_month(db: Database) -> None:
    """Of seven in October the last is billed; an eighth, the first by time and reported in
    November, uses the allowance up: one more is billed, of October.
    """
    life = await opened(db)
    for number in range(7):
        await life.report(f"{number}", utc(10, 10, number), sent(), utc(10, 10, number))
    await life.shop.close(utc(11))
    await life.report("late", utc(10, 2), sent(), utc(11, 5))
    async with life.shop.at(utc(11, 6)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        preview = await invoice_preview(tx, subscription, pricing=life.shop.pricing)
    assert [line.quantity for line in preview.draft.lines] == [1]
    await life.shop.close(utc(12))
    invoices = await life.shop.invoices()
    assert invoices[-1]["lines"] == [("usage", "Free-form, 2026-10-01 to 2026-10-31", "0.02")]
    assert await life.billed() == {("service", utc(10)): 2}


async def test_a_message_in_the_open_month_dirties_no_closed_one(db: Database) -> None:
    """Only what lies before a closed period's end can change it."""
    life = await opened(db)
    await life.report("a", utc(8, 10), sent(what="UTILITY"), utc(8, 10))
    await life.shop.close(utc(9))
    await life.report("b", utc(9, 1), received(), utc(9, 1))
    assert await life.shop.rows("SELECT 1 FROM usage_dirtied WHERE tenant_id = $1") == []
    await life.report("c", utc(8, 31, 23), received(), utc(9, 2))
    found = "SELECT count(*)::int FROM usage_dirtied WHERE tenant_id = $1"
    assert await life.shop.rows(found) == [(1,)]


async def test_the_present_usage_tells_what_was_free(db: Database) -> None:
    """One utility template in the window and one outside: one is billed, one counted free."""
    life = await opened(db)
    await life.report("a", utc(8, 10), received(), utc(8, 10))
    await life.report("b", utc(8, 10, 1), sent(what="UTILITY"), utc(8, 10, 1))
    await life.report("c", utc(8, 12), sent(what="UTILITY"), utc(8, 12))
    async with life.shop.at(utc(8, 13)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        found = await current_usage(tx, subscription, pricing=life.shop.pricing)
    assert found is not None
    (line,) = found.lines
    assert (line.quantity, line.amount) == (1, Decimal("0.03"))
    assert '"Free: the customer\'s window is open"' in str(line.working)


async def test_each_event_tells_what_became_of_it(db: Database) -> None:
    """A template in the window, one outside, and a free-form message outside any window; the
    one that was taken back is not told.
    """
    life = await opened(db)
    await life.report("a", utc(8, 10), received(), utc(8, 10))
    await life.report("b", utc(8, 10, 1), sent(what="UTILITY"), utc(8, 10, 1))
    await life.report("c", utc(8, 12), sent(what="UTILITY"), utc(8, 12))
    await life.report("d", utc(8, 13), sent(), utc(8, 13))
    await life.report("e", utc(8, 14), sent(), utc(8, 14))
    await life.void("e", utc(8, 14))
    asked = AskedJudgements(life.account, "whatsapp", NUMBERS[0], utc(8, 10, 1), utc(9))
    async with life.shop.at(utc(8, 15)) as tx:
        found = await usage_judgements(tx, asked, host=HOST)
    assert [(one.event_id, one.quantity, one.reason, one.until) for one in found] == [
        ("b", 0, "window", utc(8, 11)),
        ("c", 1, "", None),
        ("d", 0, "outside_window", None),
    ]


async def test_a_pinned_set_judges_each_event_as_it_is_billed(db: Database) -> None:
    """Seven free-form messages under a plan with October's set: six of the allowance."""
    life = await opened(db, plan="pinned")
    for number in range(7):
        await life.report(f"{number}", utc(8, 10, number), sent(), utc(8, 10, number))
    asked = AskedJudgements(life.account, "whatsapp", NUMBERS[0], utc(8), utc(9))
    async with life.shop.at(utc(8, 15)) as tx:
        found = await usage_judgements(tx, asked, host=HOST)
    assert [one.quantity for one in found] == [0, 0, 0, 0, 0, 0, 1]
    assert {one.reason for one in found} == {"outside_window"}


async def test_the_window_is_told_from_what_stands(db: Database) -> None:
    """Open for 24 hours; closed where the customer's message was taken back."""
    life = await opened(db)
    await life.report("a", utc(8, 10), received(), utc(8, 10))

    async def state(at: datetime, channel: str = "whatsapp") -> object:
        asked = AskedWindow(life.account, channel, NUMBERS[0], CUSTOMERS[0], at)
        async with life.shop.at(utc(8, 12)) as tx:
            return (await window_state(tx, asked, host=HOST)).open_until

    assert await state(utc(8, 10, 23)) == utc(8, 11)
    assert await state(utc(8, 11)) is None
    await life.void("a", utc(8, 10, 1))
    assert await state(utc(8, 10, 23)) is None
    with pytest.raises(NotWindowed):
        await state(utc(8, 10), channel="email")


async def test_a_threshold_counts_what_is_billed_by_then(db: Database) -> None:
    """The third template reaches 0.09 of at most 0.08: an interim invoice. A message that is
    reported then makes the second one free: the month's end gives 0.03 back.
    """
    life = await opened(db, terms="limited")
    for number in (10, 12, 14):
        await life.report(f"{number}", utc(8, number), sent(what="UTILITY"), utc(8, number))
    async with life.shop.at(utc(8, 14)) as tx:
        closed = await bill_next_interim(tx, pricing=life.shop.pricing)
    assert closed is not None
    assert await life.billed() == {("utility", utc(8)): 3}
    await life.report("late", utc(8, 11, 12), received(), utc(8, 15))
    await life.shop.close(utc(9))
    assert await life.billed() == life.replayed() == {("utility", utc(8)): 2}


async def test_a_message_reported_after_the_end_is_settled(db: Database) -> None:
    """The subscription ended with August; in October a message of August frees a template."""
    life = await opened(db)
    await life.report("a", utc(8, 10, 1), sent(what="UTILITY"), utc(8, 10, 1))
    async with life.shop.at(utc(8, 11)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        await cancel(tx, subscription_id=subscription)
    await life.shop.close(utc(10))
    assert await life.billed() == {("utility", utc(8)): 1}
    await life.report("late", utc(8, 10), received(), utc(10, 5))
    await life.shop.close(utc(11))
    assert await life.billed() == life.replayed() == {}
    assert (await life.shop.invoices())[-1]["lines"] == [
        ("usage", "Utility, 2026-08-01 to 2026-08-31", "-0.03")
    ]


async def test_two_subscriptions_of_an_account_share_windows_not_periods(db: Database) -> None:
    """The second one meters from September on; the window of 31 August frees its template."""
    life = await opened(db)
    async with life.shop.at(utc(8, 11)) as tx:
        (subscription,) = await tx.fetchrow("SELECT id FROM subscription WHERE tenant_id = $1",
                                            tx.tenant_id)  # fmt: skip
        await cancel(tx, subscription_id=subscription)
    await life.shop.close(utc(9))
    await life.shop.subscribed(life.account, *PRODUCTS, now=utc(9))
    await life.report("in", utc(8, 31, 12), received(), utc(9, 1))
    await life.report("a", utc(9, 1, 11), sent(what="UTILITY"), utc(9, 1, 11))
    await life.report("b", utc(9, 1, 12), sent(what="UTILITY"), utc(9, 1, 12))
    await life.shop.close(utc(10))
    assert await life.billed() == life.replayed() == {("utility", utc(9)): 1}
