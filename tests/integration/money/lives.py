"""Random lives of subscriptions, played the same way in as many sellers as wanted.

A life is drawn from its seed alone: what each step refers to (an item, an event) is named by
its place among those that the same life has made, and a step that is refused in one seller
is refused in all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from core.billing_cycles.interim import ask_interim, bill_next_interim
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
TERMS: Final = ("monthly", "advance", "seconds", "yearly", "direct")
MONTHS: Final = 5


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
        account = await shop.customer(
            f"c{number}", country="FR", invoice_per=per, opened=began
        )
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
            return str(await _played(tx, shop, step, customer, subscription, random))
    except Refusal as refusal:
        return refusal.code


async def _played(
    tx: Tx, shop: Shop, step: Step, customer: Customer, subscription: UUID, random: Random
) -> object:
    match step.what:
        case "emails" | "late emails" | "film" | "late film":
            return await _report(tx, shop, step, customer, subscription, random)
        case "void":
            return await _void(tx, shop, customer, random)
        case "amend event":
            return await _amend_event(tx, shop, step, customer, random)
        case "discount":
            made = await grant_discount(
                tx, GrantDiscount(random.choice(DISCOUNTS), subscription=subscription),
                unit_id=None,
            )  # fmt: skip
            customer.grants.append(made.id)
        case "cancel discount" if customer.grants:
            await cancel_discount(tx, random.choice(customer.grants))
        case "add item":
            product = random.choice(("seats", "package", "support"))
            await add_item(tx, subscription_id=subscription, product=product)
        case "start-up":
            await add_item(tx, subscription_id=subscription, product="start-up")
        case "change quantity":
            item = await _item(tx, subscription, random, code="seats")
            if item is not None:
                quantity = Decimal(random.randint(1, 6))
                await change_quantity(tx, item_id=item, quantity=quantity)
        case "end item":
            item = await _item(tx, subscription, random, code="seats")
            if item is not None:
                await end_item(tx, item_id=item)
        case "rest":
            until = step.at + timedelta(days=random.randint(1, 50))
            await suspend(tx, Suspend(subscription, until_at=random.choice((None, until))))
        case "resume":
            await resume(tx, subscription_id=subscription)
        case "in advance":
            months = random.randint(2, 4)
            await request_in_advance(
                tx, subscription_id=subscription, duration=f"{months} months"
            )
        case "amend terms":
            await amend_terms(
                tx,
                subscription_id=subscription,
                billing_terms=random.choice(TERMS),
                price_plan=random.choice(("simple", "gross", "cheap")),
                from_at=step.at + timedelta(days=random.choice((-3, 0, 0, 5, 20))),
            )
        case "interim":
            await ask_interim(
                tx, subscription, account_id=customer.account, reason="events", test_clock=None
            )
            closed = await bill_next_interim(tx, pricing=shop.pricing)
            return [one.draft.total for one in closed.invoices] if closed else None
        case "cancel":
            await cancel(tx, subscription_id=subscription)
        case "reactivate":
            await reactivate(tx, subscription_id=subscription)
        case "top up":
            amount = Decimal(random.randint(1, 150))
            return (
                await wallet_top_up(tx, TopUp(subscription, amount), pricing=shop.pricing)
            ).balance
        case "job":
            command = CreateJob(
                customer.account, "visit", price_plan="simple",
                lines=[NewLine("repair", Decimal(random.randint(1, 9)) / 4)],
            )  # fmt: skip
            job = await create_job(tx, command)
            await complete_job(tx, job_id=job.id)
    return step.what


async def _item(tx: Tx, subscription: UUID, random: Random, *, code: str) -> UUID | None:
    rows = await tx.fetch(
        "SELECT DISTINCT i.item_id FROM subscription_item i JOIN product p"
        " ON p.tenant_id = $1 AND p.id = i.product_id WHERE i.tenant_id = $1"
        " AND i.subscription_id = $2 AND p.code = $3 ORDER BY i.item_id",
        tx.tenant_id, subscription, code,
    )  # fmt: skip
    return random.choice(rows)["item_id"] if rows else None


def _event(step: Step, random: Random) -> tuple[str, object]:
    if step.what.endswith("emails"):
        return "email", EmailEvent(random.randint(1, 1500))
    directive = random.choice(("bill", "bill", "bill", "credit", "free"))
    service = random.choice(("film", "match"))
    return "ott", OttEvent(
        service=service, udr_type="movie", directive=OttDirective(directive)
    )


async def _report(
    tx: Tx, shop: Shop, step: Step, customer: Customer, subscription: UUID, random: Random
) -> object:
    reports = []
    for number in range(random.randint(1, 3)):
        channel, event = _event(step, random)
        days = random.randint(5, 70) if step.what.startswith("late") else 0
        name = f"{step.seed}-{number}"
        reports.append(
            UsageReport(
                customer.account, "any", name, step.at - timedelta(days=days), channel, event,
                subscription,
            )
        )  # fmt: skip
        customer.events.append((name, channel))
    verdicts = await record_usage(tx, host=shop.host, events=reports, gate=shop.gate)
    return [one.reason or one.outcome for one in verdicts]


async def _void(tx: Tx, shop: Shop, customer: Customer, random: Random) -> object:
    if customer.events:
        name, _channel = random.choice(customer.events)
        await usage_void(
            tx, account=customer.account, source="any", event_id=name, gate=shop.gate
        )
    return "void"


async def _amend_event(
    tx: Tx, shop: Shop, step: Step, customer: Customer, random: Random
) -> object:
    names = [name for name, channel in customer.events if channel == "email"]
    if not names:
        return None
    report = UsageReport(
        customer.account, "any", random.choice(names),
        step.at - timedelta(days=random.randint(0, 40)), "email",
        EmailEvent(random.randint(1, 1500)), random.choice(customer.subscriptions),
    )  # fmt: skip
    verdict = await usage_amend(tx, host=shop.host, report=report, gate=shop.gate)
    return verdict.reason or verdict.outcome
