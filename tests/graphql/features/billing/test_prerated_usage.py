"""Films that a third party has priced, through the API: typed, answered, shown, refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api
from tests.graphql.features.billing.selling import MovableClock, Selling
from tests.graphql.features.billing.test_orders import CATALOGUE

SHOWN = """
amount tax dimension
rating { directive rate quantity unitPrice usageCatalogue }
... on OttUsageEvent { event { ratedAmount ratedTax ratedCurrency ratedDiscounts } }
"""
GIVEN = {"ratedAmount": "3.50", "ratedTax": "0.68", "ratedCurrency": "EUR"}
STORED = ("usage_event", "interim_request", "wallet_entry")


@pytest.fixture(scope="module")
async def catalogue(api: Api, clock: MovableClock) -> Selling:
    """The seller with films, applied once."""
    selling = Selling(api, clock)
    await selling.apply(CATALOGUE)
    return selling


@pytest.fixture
async def ref(selling: Selling, catalogue: Selling) -> str:
    """The ref of a customer who may order films."""
    del catalogue
    return (await selling.customer(("ppv", "1"))).ref


def film(selling: Selling, ref: str, **changes: Any) -> dict[str, Any]:
    """A film at the partner's price."""
    event = {"service": "film", "udrType": "film"} | GIVEN | changes
    return selling.mail(ref, event={"ott": event})


async def test_the_price_that_came_with_it_is_shown(
    selling: Selling, api: Api, ref: str
) -> None:
    """3.50 with 0.68 as given, whoever reported it; taken back, it is shown as it was."""
    event = film(selling, ref, ratedDiscounts=True)
    assert await selling.outcomes(event, event) == ["ACCEPTED", "DUPLICATE"]
    given = {"account": ref, "source": "router", "id": event["id"]}
    answer = await api.one.changed("usageVoid", f"event {{ state {SHOWN} }}", given)
    assert answer["event"] == {
        "state": "VOIDED",
        "amount": "3.5",
        "tax": "0.68",
        "dimension": "pre-rated by router",
        "rating": {
            "directive": "bill",
            "rate": "pre-rated by router",
            "quantity": "1",
            "unitPrice": None,
            "usageCatalogue": "films",
        },
        "event": GIVEN | {"ratedDiscounts": True},
    }


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"ratedCurrency": "USD"}, "OTHER_CURRENCY", "ratedCurrency"),
        ({"ratedCurrency": ""}, "INVALID_VALUE", "ratedCurrency"),
        ({"ratedCurrency": "EURO"}, "INVALID_VALUE", "ratedCurrency"),
        ({"ratedAmount": None}, "INVALID_VALUE", "ratedAmount"),
        ({"ratedAmount": "-3.50"}, "INVALID_VALUE", "ratedAmount"),
        ({"ratedAmount": "3.505"}, "INVALID_VALUE", "ratedAmount"),
        ({"ratedAmount": "NaN"}, "INVALID_VALUE", "ratedAmount"),
        ({"ratedTax": "4"}, "INVALID_VALUE", "ratedTax"),
        ({"ratedTax": "-1"}, "INVALID_VALUE", "ratedTax"),
    ],
)
async def test_a_price_that_cannot_be_billed_is_refused_and_nothing_changes(
    selling: Selling, api: Api, ref: str, *, changes: dict[str, Any], reason: str, field: str
) -> None:
    """As a verdict of its event, and as a user error of an amendment of a sound one."""
    sound = film(selling, ref)
    assert await selling.outcomes(sound) == ["ACCEPTED"]
    before = await api.rows(*STORED)
    payload = await selling.record(film(selling, ref, **changes))
    (verdict,) = payload["verdicts"]
    assert (verdict["verdict"], verdict["reason"]) == ("REJECTED", reason)
    assert verdict["path"] == ["event", "ott", field]
    wrong = sound | {"event": film(selling, ref, **changes)["event"]}
    assert await api.one.codes("usageAmend", {"report": wrong}) == [
        (reason, f"input.report.event.ott.{field}")
    ]
    assert await api.rows(*STORED) == before


async def test_another_price_under_its_id_shows_both(
    selling: Selling, api: Api, ref: str
) -> None:
    """What is stored, and what was sent."""
    sound = film(selling, ref)
    await selling.outcomes(sound)
    event = {"ott": sound["event"]["ott"] | {"ratedAmount": "3.60"}}
    answer = await api.one.ask(
        "mutation ($events: [UsageReportInput!]!) { usageRecord(input: {events: $events}) {"
        " verdicts { reason stored { ott { ratedAmount } } sent { ott { ratedAmount } } } } }",
        events=[sound | {"event": event}],
    )
    assert answer["usageRecord"]["verdicts"] == [
        {
            "reason": "CONFLICT",
            "stored": {"ott": {"ratedAmount": "3.50"}},
            "sent": {"ott": {"ratedAmount": "3.60"}},
        }
    ]
