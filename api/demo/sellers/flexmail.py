"""Flexmail: e-mail marketing by contacts; a trial, an order, an upgrade on day 11. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.demo.cast import Ask, Customer, Seller, Story, Teller

ZONE: Final = "Europe/Brussels"
ADDRESSES: Final = 1_001
"""One more than was ordered: the last one waits, and the upgrade lets it in."""
BATCH: Final = 500
RUNS: Final = (5_000,) * 4 + (3_500,)
"""Transactional e-mails of a month: 23,500."""


def transactional(month: datetime) -> list[dict[str, Any]]:
    """Return the month's runs, one every fifth day."""
    return [
        {
            "account": "brouwerij",
            "source": "router",
            "id": f"run-{number}",
            "occurredAt": (month + timedelta(days=5 * number)).isoformat(),
            "event": {"email": {"recipients": count}},
        }
        for number, count in enumerate(RUNS)
    ]


async def upgrade(story: Teller) -> None:
    """Try for twelve days, order up to 1,000 contacts, and upgrade to 5,000 on day 11."""
    await story.do(
        "subscriptionTrialStart",
        {
            "account": "bakkerij",
            "ref": "bakkerij-mail",
            "billingTerms": "monthly",
            "pricePlan": "essential",
            "items": [{"product": "contacts", "quantity": "500"}],
        },
    )
    mails = {"account": "bakkerij", "feature": "email.send", "amount": "150"}
    await story.do("entitlementConsume", {**mails, "source": "app", "id": "first-mailing"})
    await story.until(_april(1))
    card = {"account": "bakkerij", "kind": "CARD", "gateway": "test", "token": "ok"}
    made = await story.do(
        "paymentMethodAdd", {**card, "label": "Mastercard"}, "paymentMethod { id }"
    )
    ordered = await story.do(
        "subscriptionOrder",
        {
            "subscription": "bakkerij-mail",
            "paymentMethod": made["paymentMethod"]["id"],
            "items": [{"product": "contacts", "quantity": "1000"}],
        },
        "subscription { items { id product { code } } }",
    )
    (item,) = ordered["subscription"]["items"]
    await story.until(_april(5))
    contacts = [*_contacts()]
    for start in range(0, len(contacts), BATCH):
        batch = {"account": "bakkerij", "events": contacts[start : start + BATCH]}
        await story.do("contactsRecord", batch, "count { active held }")
    await story.until(_april(11))
    await story.do(
        "subscriptionPlanChange",
        {
            "subscription": "bakkerij-mail",
            "items": [{"item": item["id"], "quantity": "5000"}],
        },
    )


def _contacts() -> Iterator[dict[str, Any]]:
    for number in range(ADDRESSES):
        email = f"client-{number}@example.com"
        at = _april(4).isoformat()
        source = {"source": "form", "id": f"sign-up-{number}"}
        yield {"email": email, "state": "ACTIVE", "at": at, **source}


def _april(day: int) -> datetime:
    return datetime(2026, 4, day, tzinfo=ZoneInfo(ZONE))


FLEXMAIL: Final = Seller(
    slug="flexmail",
    name="Flexmail",
    sells="e-mail marketing by active contacts, in advance",
    country="BE",
    zone=ZONE,
    customers=(
        Customer(
            ref="brouwerij",
            name="Brouwerij De Haan",
            country="BE",
            subscription="brouwerij-mail",
            terms="monthly",
            plan="pro",
            items=(
                {"product": "contacts", "quantity": "2500"},
                {"product": "users", "quantity": "4"},
                {"product": "transactional"},
            ),
            events=transactional,
            invoices=2,
        ),
    ),
    stories=(
        Story(
            ref="bakkerij",
            name="Bakkerij Janssens",
            country="BE",
            begins=datetime(2026, 3, 20, tzinfo=ZoneInfo(ZONE)),
            ends=datetime(2026, 5, 11, tzinfo=ZoneInfo(ZONE)),
            tell=upgrade,
            in_words=(
                "20 March 2026: tries it, and sends 150 of the trial's 200 e-mails.",
                "1 April: orders up to 1,000 contacts, and pays by card.",
                "5 April: has 1,001 contacts, of whom the last one waits.",
                "11 April, day 11 of 30: upgrades to 5,000; 20 days are credited.",
            ),
            asks=(
                Ask("May e-mails be sent?", "email.send"),
                Ask("May a contact be added?", "contacts"),
            ),
        ),
    ),
)
