"""Random lives of subscriptions, played the same way in as many sellers as wanted.

A life is drawn from its seed alone: what each step refers to (an item, an event) is named by
its place among those that the same life has made, and a step that is refused in one seller
is refused in all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from core.billing_cycles.asking import ask_interim
from core.billing_cycles.interim import bill_next_interim
from core.billing_cycles.wallet_top_up import TopUp, wallet_top_up
from core.buy_in_advance.request import request_in_advance
from core.db import Tx
from core.discounts.cancel import cancel_discount
from core.discounts.grant import GrantDiscount, grant_discount
from core.jobs.complete import complete_job
from core.jobs.create import CreateJob, create_job
from core.jobs.lines import NewLine
from core.kernel.errors import Refusal
from core.subscriptions.add_item import add_item
from core.subscriptions.amend_terms import amend_terms
from core.subscriptions.cancel import cancel
from core.subscriptions.change_quantity import change_quantity
from core.subscriptions.end_item import end_item
from core.subscriptions.reactivate import reactivate
from core.subscriptions.resume import resume
from core.subscriptions.suspend import Suspend, suspend
from core.usage.amend import usage_amend
from core.usage.record import record_usage
from core.usage.records import UsageReport
from core.usage.void import usage_void
from plugins.email.pricing import EmailEvent
from plugins.ott.event import OttDirective, OttEvent
from tests.building import Shop, utc

STEPS: Final = (
    ("emails", 8),
    ("late emails", 4),
    ("film", 6),
    ("late film", 3),
    ("void", 4),
    ("amend event", 2),
    ("discount", 4),
    ("cancel discount", 1),
    ("add item", 3),
    ("start-up", 1),
    ("change quantity", 3),
    ("end item", 0.7),
    ("rest", 3),
    ("resume", 2),
    ("in advance", 2),
    ("amend terms", 3),
    ("interim", 4),
    ("cancel", 0.3),
    ("reactivate", 1),
    ("top up", 4),
    ("job", 1),
)
DISCOUNTS: Final = ("tenth", "third", "twenty", "once", "gift")
TERMS: Final = ("monthly", "carrying", "advance", "seconds", "yearly", "direct")
MONTHS: Final = 5
_SEATS: Final = """
SELECT DISTINCT i.item_id FROM subscription_item i
JOIN product p ON p.tenant_id = $1 AND p.id = i.product_id
WHERE i.tenant_id = $1 AND i.subscription_id = $2 AND p.code = 'seats' ORDER BY i.item_id
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to one customer at an instant."""

    at: datetime
    customer: int
    what: str
    seed: int


@dataclass(slots=True)
class Customer:
    """A customer of one seller."""

    account: UUID
    subscriptions: list[UUID]
    events: list[tuple[str, str]] = field(default_factory=list)
    grants: list[UUID] = field(default_factory=list)


def steps_of(seed: int, *, customers: int, steps: int) -> list[Step]:
    """Draw the steps of a life in the order of their time."""
    random = Random(seed)
    names, weights = zip(*STEPS, strict=True)
    start, end = utc(1, 2), utc(1 + MONTHS)
    seconds = int((end - start).total_seconds())
    times = sorted(start + timedelta(seconds=random.randrange(seconds)) for _ in range(steps))
    return [
        Step(at, random.randrange(customers), random.choices(names, weights)[0], number)
        for number, at in enumerate(times)
    ]


async def customers_of(shop: Shop, seed: int, *, customers: int) -> list[Customer]:
    """Open the accounts of a life with their subscriptions."""
    random = Random(seed)
    found = []
    for number in range(customers):
        per: Any = random.choice(("subscription", "account"))
        began = utc(1) + timedelta(hours=random.choice((0, 0, 30, 700)))
        account = await shop.customer(f"c{number}", country="FR", invoice_per=per, opened=began)
        made = []
        for _each in range(2 if per == "account" else 1):
            is_prepaid = random.random() < 0.25
            terms = "prepaid" if is_prepaid else random.choice(TERMS)
            items = [("support", "1"), ("email", "1"), ("seats", str(random.randint(1, 4)))]
            items += [("package", "1")] * random.randint(0, 1)
            subscription = await shop.subscribed(
                account, *items, terms=terms, now=began,
                plan=random.choice(("simple", "gross")),
            )  # fmt: skip
            made.append(subscription.id)
        found.append(Customer(account, made))
    return found


async def play(shop: Shop, step: Step, customer: Customer) -> str:
    """Play a step; return what came of it, the same in every seller."""
    random = Random(step.seed)
    subscription = random.choice(customer.subscriptions)
    try:
        async with shop.at(step.at) as tx:
            turn = _Turn(tx, shop, step, customer, subscription, random)
            return str(await VERBS[step.what](turn))
    except Refusal as refusal:
        return refusal.code


@dataclass(slots=True)
class _Turn:
    """What a step acts on, in one seller."""

    tx: Tx
    shop: Shop
    step: Step
    customer: Customer
    subscription: UUID
    random: Random

    async def report(self) -> object:
        """Report up to three events, of now or of weeks ago."""
        reports = []
        for number in range(self.random.randint(1, 3)):
            channel, event = _event(self.step, self.random)
            is_late = self.step.what.startswith("late")
            days = self.random.randint(5, 70) if is_late else 0
            name = f"{self.step.seed}-{number}"
            at = self.step.at - timedelta(days=days)
            reports.append(
                UsageReport(
                    self.customer.account, "any", name, at, channel, event, self.subscription
                )
            )
            self.customer.events.append((name, channel))
        verdicts = await record_usage(
            self.tx, host=self.shop.host, events=reports, gate=self.shop.gate
        )
        return [one.reason or one.outcome for one in verdicts]

    async def void(self) -> object:
        """Void one of the events."""
        if self.customer.events:
            name, _channel = self.random.choice(self.customer.events)
            await usage_void(
                self.tx, account=self.customer.account, source="any", event_id=name,
                gate=self.shop.gate,
            )  # fmt: skip
        return "void"

    async def amend_event(self) -> object:
        """Give e-mails another quantity and another time."""
        names = [name for name, channel in self.customer.events if channel == "email"]
        if not names:
            return None
        report = UsageReport(
            self.customer.account, "any", self.random.choice(names),
            self.step.at - timedelta(days=self.random.randint(0, 40)), "email",
            EmailEvent(self.random.randint(1, 1500)),
            self.random.choice(self.customer.subscriptions),
        )  # fmt: skip
        verdict = await usage_amend(
            self.tx, host=self.shop.host, report=report, gate=self.shop.gate
        )
        return verdict.reason or verdict.outcome

    async def discount(self) -> object:
        """Give a discount."""
        command = GrantDiscount(self.random.choice(DISCOUNTS), subscription=self.subscription)
        made = await grant_discount(self.tx, command, unit_id=None)
        self.customer.grants.append(made.id)
        return made.state

    async def cancel_discount(self) -> object:
        """Cancel one of the discounts."""
        if self.customer.grants:
            await cancel_discount(self.tx, self.random.choice(self.customer.grants))
        return "cancelled"

    async def add_item(self) -> object:
        """Add a product."""
        product = self.random.choice(("seats", "package", "support"))
        await add_item(self.tx, subscription_id=self.subscription, product=product)
        return product

    async def start_up(self) -> object:
        """Add what is charged once."""
        await add_item(self.tx, subscription_id=self.subscription, product="start-up")
        return "start-up"

    async def change_quantity(self) -> object:
        """Want more or fewer seats."""
        item, quantity = await self._seats(), Decimal(self.random.randint(1, 6))
        if item is not None:
            await change_quantity(self.tx, item_id=item, quantity=quantity)
        return quantity

    async def end_item(self) -> object:
        """End the seats."""
        item = await self._seats()
        return None if item is None else await end_item(self.tx, item_id=item)

    async def _seats(self) -> UUID | None:
        rows = await self.tx.fetch(_SEATS, self.tx.tenant_id, self.subscription)
        return self.random.choice(rows)["item_id"] if rows else None

    async def rest(self) -> object:
        """Rest from now on, for some days or until resumed."""
        until = self.step.at + timedelta(days=self.random.randint(1, 50))
        command = Suspend(self.subscription, until_at=self.random.choice((None, until)))
        return (await suspend(self.tx, command)).until_at

    async def resume(self) -> object:
        """Go on."""
        return (await resume(self.tx, subscription_id=self.subscription)).until_at

    async def in_advance(self) -> object:
        """Ask for a longer period."""
        months = f"{self.random.randint(2, 4)} months"
        await request_in_advance(self.tx, subscription_id=self.subscription, duration=months)
        return months

    async def amend_terms(self) -> object:
        """Have other terms, from some days ago, now, or some days ahead."""
        phase = await amend_terms(
            self.tx,
            subscription_id=self.subscription,
            billing_terms=self.random.choice(TERMS),
            price_plan=self.random.choice(("simple", "gross", "cheap")),
            from_at=self.step.at + timedelta(days=self.random.choice((-3, 0, 0, 5, 20))),
        )
        return phase.from_at

    async def interim(self) -> object:
        """Be billed in between."""
        await ask_interim(
            self.tx, self.subscription, account_id=self.customer.account, reason="events",
            test_clock=None,
        )  # fmt: skip
        closed = await bill_next_interim(self.tx, pricing=self.shop.pricing)
        return [one.draft.total for one in closed.invoices] if closed else None

    async def cancel(self) -> object:
        """Turn renewal off."""
        return (await cancel(self.tx, subscription_id=self.subscription)).ends_at

    async def reactivate(self) -> object:
        """Turn renewal on again."""
        return (await reactivate(self.tx, subscription_id=self.subscription)).state

    async def top_up(self) -> object:
        """Put money into the wallet."""
        command = TopUp(self.subscription, Decimal(self.random.randint(1, 150)))
        return (await wallet_top_up(self.tx, command, pricing=self.shop.pricing)).balance

    async def job(self) -> object:
        """Have something repaired."""
        hours = NewLine("repair", Decimal(self.random.randint(1, 9)) / 4)
        command = CreateJob(self.customer.account, "visit", price_plan="simple", lines=[hours])
        job = await create_job(self.tx, command)
        return (await complete_job(self.tx, job_id=job.id)).state


VERBS: Final[Mapping[str, Callable[[_Turn], Awaitable[object]]]] = {
    "emails": _Turn.report,
    "late emails": _Turn.report,
    "film": _Turn.report,
    "late film": _Turn.report,
    "void": _Turn.void,
    "amend event": _Turn.amend_event,
    "discount": _Turn.discount,
    "cancel discount": _Turn.cancel_discount,
    "add item": _Turn.add_item,
    "start-up": _Turn.start_up,
    "change quantity": _Turn.change_quantity,
    "end item": _Turn.end_item,
    "rest": _Turn.rest,
    "resume": _Turn.resume,
    "in advance": _Turn.in_advance,
    "amend terms": _Turn.amend_terms,
    "interim": _Turn.interim,
    "cancel": _Turn.cancel,
    "reactivate": _Turn.reactivate,
    "top up": _Turn.top_up,
    "job": _Turn.job,
}


def _event(step: Step, random: Random) -> tuple[str, object]:
    if step.what.endswith("emails"):
        return "email", EmailEvent(random.randint(1, 1500))
    directive = random.choice(("bill", "bill", "bill", "credit", "free"))
    service = random.choice(("film", "match"))
    return "ott", OttEvent(service=service, udr_type="movie", directive=OttDirective(directive))
