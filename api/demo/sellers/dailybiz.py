"""DailyBiz: a modular ERP; users by consumption, then a pack of two. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.demo.cast import Ask, Customer, Seller, Story, Teller

ZONE: Final = "Europe/Paris"
WITH_RIGHTS: Final = ("Alix", "Bruno", "Chloé")
COLLABORATORS: Final = ("Denis", "Emma")


async def grow(story: Teller) -> None:
    """Give rights to three members beside the administrator, and buy a pack for two."""
    made = await story.do(
        "profileCreate",
        {"account": "garage", "name": "Selling", "rights": [{"module": "sales"}]},
        "profile { id }",
    )
    selling = made["profile"]["id"]
    await _member(story, "Zoé", role="ADMINISTRATOR", profiles=[selling])
    for name in WITH_RIGHTS:
        await _member(story, name, profiles=[selling])
    for name in COLLABORATORS:
        await _member(story, name, profiles=[])
    card = {"account": "garage", "kind": "CARD", "gateway": "test", "token": "ok"}
    await story.do("paymentMethodAdd", {**card, "label": "Visa"})
    await story.do(
        "subscriptionCreate",
        {
            "account": "garage",
            "ref": "garage-erp",
            "billingTerms": "monthly",
            "items": [{"product": "sales"}],
        },
    )
    await story.until(_first(5))
    pack = {"subscription": "garage-erp", "product": "users", "quantity": "2"}
    await story.do("subscriptionItemAdd", pack)


async def _member(
    story: Teller, name: str, *, profiles: list[str], role: str = "MEMBER"
) -> None:
    email = f"{name.lower()}@garage.example".replace("é", "e")
    given = {"account": "garage", "name": name, "email": email, "role": role}
    made = await story.do("memberAdd", given, "member { id }")
    if profiles:
        await story.do(
            "memberProfileSet", {"member": made["member"]["id"], "profiles": profiles}
        )


def _first(month: int) -> datetime:
    return datetime(2026, month, 1, tzinfo=ZoneInfo(ZONE))


DAILYBIZ: Final = Seller(
    slug="dailybiz",
    name="DailyBiz",
    sells="a modular ERP, in advance; users without a pack by consumption",
    country="FR",
    zone=ZONE,
    customers=(
        Customer(
            ref="boulangerie",
            name="Boulangerie Petit",
            country="FR",
            subscription="boulangerie-erp",
            terms="monthly",
            items=(
                {"product": "suite"},
                {"product": "users", "quantity": "3", "module": "suite"},
                {"product": "emailing"},
                {"product": "emails-5000", "module": "emailing"},
            ),
            invoices=2,
        ),
    ),
    stories=(
        Story(
            ref="garage",
            name="Garage Leroy",
            country="FR",
            begins=_first(4),
            ends=_first(6),
            tell=grow,
            in_words=(
                "1 April 2026: buys Sales; 3 members have rights beside the administrator.",
                "2 collaborators have none, and cost nothing.",
                "1 May: pays the 3 by consumption, and buys a pack for 2 of them.",
            ),
            asks=(
                Ask("May one more user have rights?", "users"),
                Ask("May they call for help?", "support.telephone"),
                Ask("May they open a ticket?", "support.ticket"),
            ),
        ),
    ),
)
