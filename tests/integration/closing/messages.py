"""A customer whose messages are reported, voided and amended, and a replay of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from core.billing_cycles.pricing import Pricing
from core.db import Database
from core.plugin_api import Occurrence, hookimpl
from core.plugin_host import PluginHost, PluginSource, judged, rules_in_force
from core.usage.amend import usage_amend
from core.usage.record import record_usage
from core.usage.records import UsageReport
from core.usage.void import usage_void
from plugins.whatsapp.event import (
    WhatsappCategory,
    WhatsappDirection,
    WhatsappEvent,
    WhatsappForm,
)
from plugins.whatsapp.plugin import WhatsappChannel
from plugins.whatsapp.rules import RULE_SETS
from tests.building import Shop, open_shop, utc

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
  weekly: {name: Weekly, plans: [simple, pinned], frequency: week}
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
