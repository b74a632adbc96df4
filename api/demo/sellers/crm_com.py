"""CRM.COM: pay-TV; a subscriber of last month, and one of 2015 who complains. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.demo.cast import Customer, Seller, Story, Teller

ZONE: Final = "Europe/Nicosia"
BY_DAY: Final = 5


def films(month: datetime) -> list[dict[str, Any]]:
    """Return five films, every fourth day at 20:00, and one at 03:00 by night."""
    evenings = [month + timedelta(days=4 * number, hours=20) for number in range(BY_DAY)]
    return [
        {
            "account": "nikos",
            "source": "box",
            "id": f"film-{number}",
            "occurredAt": at.isoformat(),
            "event": {"ott": {"service": "braveheart", "udrType": "usage-services"}},
        }
        for number, at in enumerate([*evenings, month + timedelta(days=2, hours=3)])
    ]


async def complain(story: Teller) -> None:
    """Order films, complain, and get 15.00 off the package once a manager has said so."""
    await story.do(
        "subscriptionCreate",
        {
            "account": "ada",
            "ref": "ada-tv",
            "billingTerms": "normal",
            "items": [
                {"product": "package"},
                {"product": "eurosport"},
                {"product": "ppv-movies"},
            ],
        },
    )
    order = {"subscription": "ada-tv", "service": "braveheart", "udrType": "usage-services"}
    await story.until(_day(10, hour=23, minute=30))
    await story.do("usageOrder", order)
    await story.until(_day(11, hour=3))
    await story.do("usageOrder", order)
    await story.until(_day(20))
    granted = await story.do(
        "discountGrant",
        {"definition": "complaint", "subscription": "ada-tv", "amount": "15"},
        "grant { id }",
    )
    await story.do("discountApprove", {"grant": granted["grant"]["id"]})


def _day(day: int, *, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2015, 1, day, hour, minute, tzinfo=ZoneInfo(ZONE))


CRM_COM: Final = Seller(
    slug="crm-com",
    name="CRM.COM",
    sells="pay-TV by the guide's price plan, VAT included",
    country="CY",
    zone=ZONE,
    units=(("customer-care-managers", "Customer Care Managers"),),
    customers=(
        Customer(
            ref="nikos",
            name="Nikos Georgiou",
            country="CY",
            subscription="nikos-tv",
            terms="normal",
            items=(
                {"product": "package"},
                {"product": "eurosport", "quantity": "4"},
                {"product": "ppv", "quantity": "4"},
                {"product": "ppv-movies"},
            ),
            events=films,
        ),
    ),
    stories=(
        Story(
            ref="ada",
            name="Ada Ioannou",
            country="CY",
            begins=_day(1),
            ends=datetime(2015, 2, 1, tzinfo=ZoneInfo(ZONE)),
            tell=complain,
            in_words=(
                "10 January 2015, 23:30: orders a film; 11 January, 03:00: another, by night.",
                "20 January: complains; an agent grants 15.00, a manager approves it.",
            ),
        ),
    ),
)
