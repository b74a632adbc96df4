"""Buying in advance, binding and resting through the API."""

from __future__ import annotations

import itertools

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api
from tests.tv import CATALOGUE

ABSENT = "01h455vb4pex5vsknk084sn02q"
REQUEST = "request { id duration state settledAt period { isAdvance startsAt endsAt } }"
_refs = (f"tv-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """The first seller with a pay-TV catalogue, and an account on 10 January."""
    async with api.transaction() as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
    await api.one.changed(
        "accountCreate",
        "account { id }",
        {"name": "Client", "ref": "tv-client", "testClock": "2026-01-10T12:00:00+01:00"},
    )
    return api


async def gold(shop: Api, *, terms: str = "monthly", kind: str = "GOLD") -> str:
    """Subscribe to Gold; return the ref."""
    ref = next(_refs)
    await shop.one.changed(
        "subscriptionCreate",
        "subscription { id }",
        {
            "account": "tv-client",
            "billingTerms": terms,
            "pricePlan": "simple",
            "type": kind,
            "ref": ref,
            "items": [{"product": "gold"}],
        },
    )
    return ref


async def test_a_request_is_made_amended_cancelled_and_listed(shop: Api) -> None:
    """The subscription shows its requests, the last first, and what it may ask for."""
    ref = await gold(shop, kind="FREE")
    made = await shop.one.changed(
        "buyInAdvanceRequest", REQUEST, {"subscription": ref, "duration": "P1Y"}
    )
    assert (made["request"]["duration"], made["request"]["state"]) == ("year", "WAITING")
    request = made["request"]["id"]
    amended = await shop.one.changed(
        "buyInAdvanceAmend", REQUEST, {"request": request, "duration": "6 months"}
    )
    assert amended["request"]["duration"] == "6 months"
    cancelled = await shop.one.changed("buyInAdvanceCancel", REQUEST, {"request": request})
    assert cancelled["request"]["state"] == "CANCELLED"

    told = await shop.one.ask(
        "query ($ref: String!, $id: ID!) { subscription(ref: $ref) { advanceRequests {"
        " edges { node { id subscription { ref } } } } }"
        " availableDurations(subscription: $id) {"
        ' shortest longest unit } node(id: "' + request + '") { id } }',
        ref=ref,
        id=ref,
    )
    assert told["subscription"]["advanceRequests"]["edges"] == [
        {"node": {"id": request, "subscription": {"ref": ref}}}
    ]
    assert told["availableDurations"] == [
        {"shortest": 32, "longest": 800, "unit": "DAY"},  # longer than January
        {"shortest": 2, "longest": 36, "unit": "MONTH"},
    ]
    assert told["node"] == {"id": request}


async def test_a_year_billed_at_once_is_shown_first_and_made_once(shop: Api) -> None:
    """A dry run leaves nothing; the same key twice makes one request and one invoice."""
    ref = await gold(shop)
    answer = REQUEST + " invoice { number total { amount } }"
    given = {"subscription": ref, "duration": "12 months", "billNow": True}
    before = await shop.rows("advance_request", "invoice", "billing_period")
    dry = await shop.one.changed("buyInAdvanceRequest", answer, {**given, "dryRun": True})
    assert dry["request"]["state"] == "BILLED"
    assert await shop.rows("advance_request", "invoice", "billing_period") == before

    keyed = {**given, "idempotencyKey": "year-at-once"}
    first = await shop.one.changed("buyInAdvanceRequest", answer, keyed)
    again = await shop.one.changed("buyInAdvanceRequest", answer, keyed)

    assert first == again
    assert first["invoice"]["total"] == dry["invoice"]["total"]
    assert first["request"]["period"] == {
        "isAdvance": True,
        "startsAt": "2026-01-31T23:00:00Z",
        "endsAt": "2027-01-31T23:00:00Z",
    }
    made = await shop.rows("advance_request", "invoice")
    assert made == {
        "advance_request": before["advance_request"] + 1,
        "invoice": before["invoice"] + 1,
    }


async def test_refusals_name_their_field_and_others_see_nothing(shop: Api) -> None:
    """What is not offered, waits no more, or belongs to another seller."""
    ref = await gold(shop)
    given = {"subscription": ref, "duration": "12 months"}
    for changes, code in (
        ({"duration": "2 months"}, "DURATION_NOT_OFFERED"),
        ({"duration": "soon"}, "FREQUENCY_REFUSED"),
        ({"subscription": f"sub_{ABSENT}"}, "NOT_FOUND"),
        ({"subscription": "nobody"}, "NOT_FOUND"),
    ):
        codes = await shop.one.codes("buyInAdvanceRequest", {**given, **changes})
        assert [found for found, _path in codes] == [code], changes
    assert await shop.other.codes("buyInAdvanceRequest", given) == [
        ("NOT_FOUND", "input.subscription")
    ]
    made = await shop.one.changed("buyInAdvanceRequest", REQUEST, given)
    request = made["request"]["id"]
    assert await shop.other.codes("buyInAdvanceCancel", {"request": request}) == [
        ("NOT_FOUND", "input.request")
    ]
    told = await shop.other.ask(
        "query ($id: ID!) { availableDurations(subscription: $id) { unit } }", id=ref
    )
    assert told["availableDurations"] is None


async def test_a_subscription_rests_and_says_so(shop: Api) -> None:
    """Suspended while it rests, active before and after; a dry run changes nothing."""
    ref = await gold(shop)
    fields = "rest { fromAt untilAt isBilled note } subscription { state rests { untilAt } }"
    given = {"subscription": ref, "until": "2026-01-20", "note": "on holiday"}
    given["until"] = "2026-01-20T00:00:00+01:00"
    dry = await shop.one.changed("subscriptionSuspend", fields, {**given, "dryRun": True})
    assert dry["subscription"]["state"] == "SUSPENDED"
    told = await shop.one.ask(
        "query ($ref: String!) { subscription(ref: $ref) { state rests { fromAt } } }", ref=ref
    )
    assert told["subscription"] == {"state": "ACTIVE", "rests": []}

    rested = await shop.one.changed("subscriptionSuspend", fields, given)
    assert rested["rest"] == {
        "fromAt": "2026-01-10T11:00:00Z",
        "untilAt": "2026-01-19T23:00:00Z",
        "isBilled": False,
        "note": "on holiday",
    }
    assert await shop.one.codes("subscriptionSuspend", given) == [("WRONG_STATE", "input")]
    resumed = await shop.one.changed(
        "subscriptionResume", "resumedAt subscription { state }", {"subscription": ref}
    )
    assert resumed["subscription"]["state"] == "ACTIVE"
    assert [
        code
        for code, _path in await shop.one.codes("subscriptionResume", {"subscription": ref})
    ] == ["NOT_RESTING"]


async def test_a_subscription_is_bound_with_a_penalty(shop: Api) -> None:
    """A year from 10 January, then a day later; leaving costs the expense."""
    ref = await gold(shop)
    fields = "subscription { boundFrom boundUntil penaltyProduct { code } }"
    bound = await shop.one.changed(
        "subscriptionBind",
        fields,
        {"subscription": ref, "term": "12 months", "penaltyProduct": "leaving"},
    )
    assert bound["subscription"] == {
        "boundFrom": "2026-01-10T11:00:00Z",
        "boundUntil": "2027-01-09T23:00:00Z",
        "penaltyProduct": {"code": "leaving"},
    }
    for given, code in (
        ({"subscription": ref, "term": "1 month"}, "BINDING_REFUSED"),
        ({"subscription": ref, "term": "year", "penaltyProduct": "gold"}, "PENALTY_REFUSED"),
        ({"subscription": ref, "term": "year", "penaltyProduct": "unrated"}, "NOT_RATED"),
    ):
        codes = await shop.one.codes("subscriptionBind", given)
        assert [found for found, _path in codes] == [code], given
