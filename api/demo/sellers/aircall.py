"""Aircall: WhatsApp licences and messages with their windows. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.demo.cast import Ask, Customer, Seller, Story, Teller

ZONE: Final = "Europe/Paris"
NUMBER: Final = "+33155550000"
CLIENT: Final = "+33612345678"
MARKETING: Final = 500
CHATS: Final = 24
MEMBERS: Final = {"Fatou": "ADMINISTRATOR", "Gilles": "MEMBER", "Hugo": "MEMBER"}
LICENSED: Final = ("Fatou", "Gilles")
ANSWERS: Final = 50
"""Free-form answers in each chat: 24 x 50 = 1,200 in the month, 1,000 of them free."""
_MESSAGES: Final = ("whatsapp-marketing", "whatsapp-utility", "whatsapp-service")
_FREE_FORM: Final = {"direction": "OUT", "form": "FREE_FORM"}
_FROM_CUSTOMER: Final = {"direction": "IN"}


def _template(category: str) -> dict[str, Any]:
    return {"direction": "OUT", "form": "TEMPLATE", "category": category}


def conversations(month: datetime) -> list[dict[str, Any]]:
    """Return a month of messages: a mailing, and a chat a day with answers and one utility."""
    return [
        _event("assurance", number, at=at, message=message)
        for number, (at, message) in enumerate(_month_of(month))
    ]


def _month_of(month: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    for number in range(MARKETING):
        client = f"+3361230{number:04}"
        yield (
            month + timedelta(days=1, seconds=number),
            {
                **_template("MARKETING"),
                "customer": client,
            },
        )
    for chat in range(CHATS):
        at = month + timedelta(days=chat, hours=9)
        yield at, _FROM_CUSTOMER
        for answer in range(ANSWERS):
            yield at + timedelta(minutes=answer + 1), _FREE_FORM
        yield at + timedelta(hours=2), _template("UTILITY")


def _event(
    account: str, number: int, *, at: datetime, message: dict[str, Any]
) -> dict[str, Any]:
    return {
        "account": account,
        "source": "meta",
        "id": f"message-{number}",
        "occurredAt": at.isoformat(),
        "event": {"whatsapp": {"businessNumber": NUMBER, "customer": CLIENT, **message}},
    }


async def buy_seats(story: Teller) -> None:
    """Buy three licences, give two away, write to a customer, and buy two more."""
    debit = {"account": "agence", "kind": "DIRECT_DEBIT", "gateway": "test", "token": "ok"}
    await story.do("paymentMethodAdd", {**debit, "label": "SEPA"})
    made = await story.do(
        "subscriptionCreate",
        {
            "account": "agence",
            "ref": "agence-whatsapp",
            "billingTerms": "monthly",
            "items": [
                {"product": "whatsapp", "quantity": "3"},
                *({"product": product} for product in _MESSAGES),
            ],
        },
        "subscription { items { id product { code } } }",
    )
    items = {item["product"]["code"]: item["id"] for item in made["subscription"]["items"]}
    licence = items["whatsapp"]
    for name, role in MEMBERS.items():
        given = {"account": "agence", "name": name, "email": _email(name), "role": role}
        member = await story.do("memberAdd", given, "member { id }")
        if name in LICENSED:
            holder = {"item": licence, "member": member["member"]["id"]}
            await story.do("licenceAssign", holder)
    await story.until(_day(4, 21))
    await story.do("usageRecord", {"events": [*_example()]})
    await story.until(_day(4, 24))
    await story.do("subscriptionItemChangeQuantity", {"item": licence, "quantity": "5"})


def _example() -> Iterator[dict[str, Any]]:
    """Return the first example of Aircall's page: one marketing and one utility are billed."""
    messages = (
        _template("MARKETING"),
        _template("UTILITY"),
        _FROM_CUSTOMER,
        _FREE_FORM,
        _template("UTILITY"),
        _FROM_CUSTOMER,
    )
    for number, message in enumerate(messages):
        at = _day(4, 20) + timedelta(hours=9, minutes=5 * number)
        yield _event("agence", number, at=at, message=message)


def _email(name: str) -> str:
    return f"{name.lower()}@agence.example"


def _day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=ZoneInfo(ZONE))


AIRCALL: Final = Seller(
    slug="aircall",
    name="Aircall",
    sells="WhatsApp in Aircall: licences in advance, messages in arrears",
    country="FR",
    zone=ZONE,
    customers=(
        Customer(
            ref="assurance",
            name="Assurance Mistral",
            country="FR",
            subscription="assurance-whatsapp",
            terms="monthly",
            items=(
                {"product": "professional", "quantity": "4"},
                {"product": "whatsapp", "quantity": "4"},
                *({"product": product} for product in _MESSAGES),
            ),
            events=conversations,
            invoices=2,
        ),
    ),
    stories=(
        Story(
            ref="agence",
            name="Agence Voilà",
            country="FR",
            begins=_day(4, 14),
            ends=_day(5, 14),
            tell=buy_seats,
            in_words=(
                "14 April 2026: buys 3 licences and gives 2 of them to members.",
                "20 April: marketing, utility, a reply; after it nothing is billed.",
                "24 April: 2 licences more, invoiced at once for the 20 days left.",
            ),
            asks=(
                Ask("May Gilles send?", "whatsapp.send", _email("Gilles")),
                Ask("May Hugo send?", "whatsapp.send", _email("Hugo")),
                Ask("May Hugo read?", "whatsapp.read", _email("Hugo")),
            ),
        ),
    ),
)
