"""Reporting usage through GraphQL: a verdict per event, and nothing stored of a refused one."""

from __future__ import annotations

import pytest

from api.features.accounts.types import ACCOUNT_ID
from core.kernel.ids import new_id
from tests.graphql.features.billing.selling import Selling

MAIL = ("mail", "1")
TEXT = ("text", "1")


async def test_a_batch_is_answered_event_by_event(selling: Selling) -> None:
    """New, sent twice, out of bounds: three verdicts, and one row."""
    customer = await selling.customer(MAIL)
    event = selling.mail(customer.ref, 2500)
    bad = selling.mail(customer.ref, 0)
    before = await selling.api.rows("usage_event")
    payload = await selling.record(event, event, bad)
    assert [each["verdict"] for each in payload["verdicts"]] == [
        "ACCEPTED",
        "DUPLICATE",
        "REJECTED",
    ]
    assert [each["index"] for each in payload["verdicts"]] == [0, 1, 2]
    rejected = payload["verdicts"][2]
    assert rejected["reason"] == "INVALID_VALUE"
    assert rejected["message"] == "recipients is 0; give 1 to 10000000"
    assert rejected["path"] == ["event", "email", "recipients"]
    assert payload["counts"] == {
        "received": 3,
        "accepted": 1,
        "free": 0,
        "duplicate": 1,
        "rejected": 1,
    }
    assert payload["userErrors"] == []
    after = await selling.api.rows("usage_event")
    assert after["usage_event"] == before["usage_event"] + 1


async def test_an_account_is_named_by_id_or_ref(selling: Selling) -> None:
    """Both lead to the same account: the same event by either name is one event."""
    customer = await selling.customer(MAIL)
    event = selling.mail(customer.ref)
    assert await selling.outcomes(event) == ["ACCEPTED"]
    assert await selling.outcomes(event | {"account": customer.id}) == ["DUPLICATE"]


async def test_each_channel_has_an_input_of_its_own(selling: Selling) -> None:
    """150 characters beyond GSM-7 are 3 segments: 67 + 67 + 16."""
    customer = await selling.customer(TEXT)
    event = selling.mail(
        customer.ref, event={"sms": {"to": "+33612345678", "text": "\u0436" * 150}}
    )
    assert await selling.outcomes(event) == ["ACCEPTED"]
    async with selling.api.transaction() as tx:
        stored = await tx.fetchval(
            "SELECT quantity FROM usage_event WHERE account_id = $1", customer.key
        )
    assert stored == 3


REFUSED = [
    ("UNKNOWN_ACCOUNT", {"account": "nobody"}),
    ("UNKNOWN_ACCOUNT", {"account": ACCOUNT_ID.encode(new_id())}),
    ("UNKNOWN_ACCOUNT", {"account": "sub_01h455vb4pex5vsknk084sn02q"}),
    ("NO_SUBSCRIPTION", {"subscription": "another"}),
    ("NO_SUBSCRIPTION", {"event": {"sms": {"to": "+33612345678", "segments": 1}}}),
    ("IN_THE_FUTURE", {"occurredAt": "2026-01-10T12:05:01+01:00"}),
    ("TOO_OLD", {"occurredAt": "2025-12-31T23:59:59+01:00"}),
    ("INVALID_VALUE", {"source": ""}),
    ("INVALID_VALUE", {"id": "x" * 201}),
    ("INVALID_VALUE", {"occurredAt": "1999-12-31T23:59:59Z"}),
    ("INVALID_VALUE", {"event": {"email": {"recipients": -1}}}),
]


@pytest.mark.parametrize(("reason", "changes"), REFUSED)
async def test_a_refused_event_loses_no_other(
    selling: Selling, reason: str, changes: dict[str, object]
) -> None:
    """Its neighbours on both sides are stored, and nothing of itself."""
    customer = await selling.customer(MAIL)
    before = await selling.api.rows("usage_event")
    outcomes = await selling.outcomes(
        selling.mail(customer.ref),
        selling.mail(customer.ref) | changes,
        selling.mail(customer.ref),
    )
    assert outcomes == ["ACCEPTED", reason, "ACCEPTED"]
    after = await selling.api.rows("usage_event")
    assert after["usage_event"] == before["usage_event"] + 2


async def test_two_subscriptions_are_told_apart_by_name(selling: Selling) -> None:
    """Unnamed it is ambiguous, by ref it is not."""
    customer = await selling.customer(MAIL)
    await selling.another(customer, MAIL, ref=f"{customer.ref}-second")
    unnamed, named = selling.mail(customer.ref), selling.mail(customer.ref)
    named["subscription"] = f"{customer.ref}-second"
    assert await selling.outcomes(unnamed, named) == ["AMBIGUOUS_SUBSCRIPTION", "ACCEPTED"]


async def test_a_conflict_shows_both_contents(selling: Selling) -> None:
    """Same id, other content: refused, and what is stored stays."""
    customer = await selling.customer(MAIL)
    event = selling.mail(customer.ref, 2)
    assert await selling.outcomes(event) == ["ACCEPTED"]
    query = """
    mutation ($events: [UsageReportInput!]!) {
      usageRecord(input: {events: $events}) {
        verdicts(only: REJECTED) {
          index reason path
          stored { occurredAt email { recipients campaign } sms { to } }
          sent { email { recipients } }
        }
      }
    }"""
    other = event | {"event": {"email": {"recipients": 3}}}
    answer = await selling.api.one.ask(query, events=[event, other])
    (verdict,) = answer["usageRecord"]["verdicts"]
    assert (verdict["index"], verdict["reason"], verdict["path"]) == (1, "CONFLICT", ["id"])
    assert verdict["stored"] == {
        "occurredAt": "2026-01-09T11:00:00Z",
        "email": {"recipients": 2, "campaign": None},
        "sms": None,
    }
    assert verdict["sent"] == {"email": {"recipients": 3}}
    async with selling.api.transaction() as tx:
        stored = await tx.fetchval(
            "SELECT sum(quantity) FROM usage_event WHERE account_id = $1", customer.key
        )
    assert stored == 2


async def test_one_more_than_a_thousand_refuses_the_batch(selling: Selling) -> None:
    """The limit itself is taken; beyond it nothing is stored."""
    customer = await selling.customer(MAIL)
    before = await selling.api.rows("usage_event", "usage_batch")
    refused = await selling.record(*(selling.mail(customer.ref) for _ in range(1001)))
    assert [each["code"] for each in refused["userErrors"]] == ["TOO_MANY_EVENTS"]
    assert refused["userErrors"][0]["path"] == ["input", "events"]
    assert (refused["verdicts"], refused["counts"]) == ([], None)
    assert await selling.api.rows("usage_event", "usage_batch") == before
    taken = await selling.record(*(selling.mail(customer.ref) for _ in range(1000)))
    assert taken["counts"]["accepted"] == 1000


async def test_a_malformed_shape_refuses_the_request(selling: Selling) -> None:
    """Two channels at once are no event: GraphQL answers, and nothing is stored."""
    customer = await selling.customer(MAIL)
    before = await selling.api.rows("usage_event", "usage_batch")
    both = {"email": {"recipients": 1}, "sms": {"to": "+33612345678", "segments": 1}}
    query = """mutation ($events: [UsageReportInput!]!) {
      usageRecord(input: {events: $events}) { counts { received } } }"""
    for broken in ({"event": both}, {"event": {}}, {"occurredAt": "yesterday"}):
        event = selling.mail(customer.ref) | broken
        assert await selling.api.one.refused(query, events=[event]) == ["BAD_USER_INPUT"]
    assert await selling.api.rows("usage_event", "usage_batch") == before


async def test_another_sellers_account_is_as_good_as_none(selling: Selling) -> None:
    """By id and by ref: the verdict is the one for what does not exist."""
    customer = await selling.customer(MAIL)
    before = await selling.api.rows("usage_event", client=selling.api.other)
    outcomes = await selling.outcomes(
        selling.mail(customer.id), selling.mail(customer.ref), client=selling.api.other
    )
    assert outcomes == ["UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"]
    assert await selling.api.rows("usage_event", client=selling.api.other) == before


async def test_reporting_needs_its_own_capability(selling: Selling) -> None:
    """A key that may only read usage stores none."""
    customer = await selling.customer(MAIL)
    reader = await selling.api.key_with("usage.read")
    before = await selling.api.rows("usage_event")
    query = """mutation ($events: [UsageReportInput!]!) {
      usageRecord(input: {events: $events}) { counts { received } } }"""
    codes = await reader.refused(query, events=[selling.mail(customer.ref)])
    assert codes == ["FORBIDDEN"]
    assert await selling.api.rows("usage_event") == before


async def test_the_number_of_statements_does_not_grow_with_the_batch(
    selling: Selling,
) -> None:
    """One event or fifty of two channels' worth: the same statements."""
    customer = await selling.customer(MAIL)
    with selling.api.statements() as one:
        await selling.record(selling.mail(customer.ref))
    with selling.api.statements() as fifty:
        await selling.record(*(selling.mail(customer.ref) for _ in range(50)))
    assert len(fifty) == len(one)
