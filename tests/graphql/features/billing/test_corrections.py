"""Taking events back and correcting them through GraphQL, and reading what holds."""

from __future__ import annotations

import pytest

from tests.graphql.features.billing.selling import FEBRUARY, Customer, Selling

MAIL = ("mail", "1")
EVENTS = """
query ($where: UsageEventWhere!, $first: Int, $after: String, $order: UsageEventOrder) {
  usageEvents(where: $where, first: $first, after: $after, orderBy: $order) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node {
      __typename id eventId channel state isAmended isLate quantity unit occurredAt
      accountId subscriptionId
      ... on EmailUsageEvent { event { recipients campaign } }
    } }
  }
}"""
EVENT = "event { id state isAmended quantity }"


async def listed(selling: Selling, customer: Customer, **where: object) -> list[dict]:
    """The customer's events as the list shows them, in order of time."""
    answer = await selling.api.one.ask(
        EVENTS, where={"account": customer.ref} | where, order="FIRST"
    )
    return [edge["node"] for edge in answer["usageEvents"]["edges"]]


async def recorded(selling: Selling, recipients: int = 1) -> tuple[Customer, dict]:
    """A customer with one stored event, and the event as it was sent."""
    customer = await selling.customer(MAIL)
    event = selling.mail(customer.ref, recipients)
    assert await selling.outcomes(event) == ["ACCEPTED"]
    return customer, event


def name_of(event: dict) -> dict[str, object]:
    """The identity of an event."""
    return {name: event[name] for name in ("account", "source", "id")}


async def test_a_voided_event_counts_for_nothing(selling: Selling) -> None:
    """It stays readable, by its id too; its rows add up to 0."""
    customer, event = await recorded(selling, 2500)
    payload = await selling.api.one.changed("usageVoid", EVENT, name_of(event))
    assert payload["event"]["state"] == "VOIDED"
    (shown,) = await listed(selling, customer)
    assert (shown["state"], shown["quantity"]) == ("VOIDED", "2500")
    node = await selling.api.one.ask(
        "query ($id: ID!) { node(id: $id) { __typename id } }", id=shown["id"]
    )
    assert node["node"] == {"__typename": "EmailUsageEvent", "id": shown["id"]}
    async with selling.api.transaction() as tx:
        total = await tx.fetchval(
            "SELECT sum(quantity) FROM usage_event WHERE account_id = $1", customer.key
        )
    assert total == 0


async def test_an_amended_event_shows_its_new_content(selling: Selling) -> None:
    """2,500 recipients become 2,000; the list shows one event, corrected."""
    customer, event = await recorded(selling, 2500)
    report = event | {"event": {"email": {"recipients": 2000, "campaign": "spring"}}}
    payload = await selling.api.one.changed(
        "usageAmend", f"{EVENT} verdict", {"report": report}
    )
    assert payload["verdict"] == "ACCEPTED"
    (shown,) = await listed(selling, customer)
    assert shown["event"] == {"recipients": 2000, "campaign": "spring"}
    assert (shown["state"], shown["isAmended"], shown["quantity"]) == ("COUNTED", True, "2000")
    again = await selling.api.one.changed("usageAmend", "verdict", {"report": report})
    assert again["verdict"] == "DUPLICATE"


async def test_a_dry_run_shows_the_answer_and_changes_nothing(selling: Selling) -> None:
    """The payload says VOIDED, the list COUNTED."""
    customer, event = await recorded(selling)
    payload = await selling.api.one.changed(
        "usageVoid", EVENT, name_of(event) | {"dryRun": True}
    )
    assert payload["event"]["state"] == "VOIDED"
    assert [each["state"] for each in await listed(selling, customer)] == ["COUNTED"]


async def test_under_one_key_an_event_is_voided_once(selling: Selling) -> None:
    """The same request again gets the same answer; another one under the key is refused."""
    customer, event = await recorded(selling)
    given = name_of(event) | {"idempotencyKey": f"void-{customer.ref}"}
    first = await selling.api.one.changed("usageVoid", EVENT, given)
    before = await selling.api.rows("usage_event")
    assert await selling.api.one.changed("usageVoid", EVENT, given) == first
    other = given | {"source": "elsewhere"}
    assert await selling.api.one.codes("usageVoid", other) == [
        ("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")
    ]
    assert await selling.api.rows("usage_event") == before


async def test_what_cannot_be_voided_says_why(selling: Selling) -> None:
    """Unknown account, source or id; already void; another seller's. No row is added."""
    _customer, event = await recorded(selling)
    await selling.api.one.changed("usageVoid", EVENT, name_of(event))
    before = await selling.api.rows("usage_event")
    for change, code in (
        ({}, "ALREADY_VOID"),
        ({"account": "nobody"}, "EVENT_NOT_FOUND"),
        ({"source": "elsewhere"}, "EVENT_NOT_FOUND"),
        ({"id": "never-sent"}, "EVENT_NOT_FOUND"),
    ):
        found = await selling.api.one.codes("usageVoid", name_of(event) | change)
        assert found == [(code, "input.id")]
    foreign = await selling.api.other.codes("usageVoid", name_of(event))
    assert foreign == [("EVENT_NOT_FOUND", "input.id")]
    assert await selling.api.rows("usage_event") == before


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"id": "never-sent"}, "EVENT_NOT_FOUND", "input.report.id"),
        ({"account": "nobody"}, "EVENT_NOT_FOUND", "input.report.id"),
        (
            {"event": {"email": {"recipients": 0}}},
            "INVALID_VALUE",
            "input.report.event.email.recipients",
        ),
        (
            {"occurredAt": "2026-02-10T12:00:00+01:00"},
            "IN_THE_FUTURE",
            "input.report.occurredAt",
        ),
        ({"subscription": "another"}, "NO_SUBSCRIPTION", "input.report.subscription"),
    ],
)
async def test_a_refused_amendment_changes_nothing(
    selling: Selling, change: dict, code: str, path: str
) -> None:
    """The path leads to what is wrong, and the event is as it was."""
    customer, event = await recorded(selling, 5)
    before = await selling.api.rows("usage_event", "audit_entry")
    found = await selling.api.one.codes("usageAmend", {"report": event | change})
    assert found == [(code, path)]
    assert [each["quantity"] for each in await listed(selling, customer)] == ["5"]
    assert await selling.api.rows("usage_event", "audit_entry") == before


async def test_events_are_read_page_by_page(selling: Selling) -> None:
    """Five events in pages of two, forwards by their time; filters narrow the list."""
    customer = await selling.customer(MAIL)
    sent = [
        selling.mail(customer.ref, occurredAt=f"2026-01-0{day}T12:00:00+01:00")
        for day in range(1, 6)
    ]
    await selling.record(*sent)
    found, after = [], None
    for _page in range(3):
        answer = await selling.api.one.ask(
            EVENTS, where={"account": customer.id}, first=2, after=after, order="FIRST"
        )
        page = answer["usageEvents"]
        assert page["totalCount"] == 5
        found += [edge["node"]["eventId"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert found == [event["id"] for event in sent]
    assert page["pageInfo"]["hasNextPage"] is False
    january_3 = "2026-01-03T11:00:00Z"
    early = await listed(selling, customer, occurredUntil=january_3)
    late = await listed(selling, customer, occurredFrom=january_3, channel="email")
    assert (len(early), len(late)) == (2, 3)
    assert await listed(selling, customer, channel="sms") == []
    assert len(await listed(selling, customer, subscription=customer.subscription)) == 5
    assert await listed(selling, customer, subscription="another") == []


async def test_another_sellers_events_cannot_be_seen(selling: Selling) -> None:
    """Not in a list by the account's id, not by the event's id."""
    customer, _event = await recorded(selling)
    (shown,) = await listed(selling, customer)
    answer = await selling.api.other.ask(EVENTS, where={"account": customer.id})
    assert answer["usageEvents"]["edges"] == []
    assert answer["usageEvents"]["totalCount"] == 0
    node = await selling.api.other.ask(
        "query ($id: ID!) { node(id: $id) { id } }", id=shown["id"]
    )
    assert node["node"] is None


async def test_a_list_of_events_takes_the_same_statements_for_one_and_many(
    selling: Selling,
) -> None:
    """Twenty events cost what one costs."""
    customer = await selling.customer(MAIL)
    await selling.record(selling.mail(customer.ref))
    with selling.api.statements() as one:
        assert len(await listed(selling, customer)) == 1
    await selling.record(*(selling.mail(customer.ref) for _ in range(19)))
    with selling.api.statements() as many:
        assert len(await listed(selling, customer)) == 20
    assert len(many) == len(one)


async def test_everything_received_is_accounted_for(selling: Selling) -> None:
    """2 stored, 1 refused, 1 sent twice: received 3 = open 2 + rejected 1; 1 duplicate."""
    await selling.apply(client=selling.api.other)
    customer = await selling.customer(MAIL, client=selling.api.other)
    event = selling.mail(customer.ref)
    await selling.record(
        event,
        event,
        selling.mail(customer.ref),
        selling.mail(customer.ref, 0),
        client=selling.api.other,
    )
    query = """query ($from: Date!, $to: Date!) { reconciliation(from: $from, to: $to) {
      day channel received billed free rejected parked open duplicate isBalanced } }"""
    answer = await selling.api.other.ask(query, **{"from": "2026-01-10", "to": "2026-01-10"})
    assert answer["reconciliation"] == [
        {
            "day": "2026-01-10",
            "channel": "email",
            "received": 3,
            "billed": 0,
            "free": 0,
            "rejected": 1,
            "parked": 0,
            "open": 2,
            "duplicate": 1,
            "isBalanced": True,
        }
    ]
    for last in ("2026-01-09", "2027-01-11"):
        days = {"from": "2026-01-10", "to": last}
        answer = (await selling.api.other.post(query, days)).json()
        assert [each["extensions"]["code"] for each in answer["errors"]] == ["TOO_MANY_DAYS"]


async def test_gauges_are_set_reading_by_reading(selling: Selling) -> None:
    """New, repeated, contradicting, unknown: one row."""
    customer = await selling.customer(MAIL)
    reading = {
        "account": customer.ref,
        "gauge": "profiles",
        "value": "100000",
        "at": "2026-01-05T00:00:00+01:00",
        "source": "crm",
        "id": f"g-{customer.ref}",
    }
    given = [
        reading,
        reading,
        reading | {"value": "99"},
        reading | {"gauge": "none", "id": "g2"},
        reading | {"account": "nobody", "id": "g3"},
        reading | {"value": "NaN", "id": "g4"},
        reading | {"at": "2026-02-05T00:00:00+01:00", "id": "g5"},
    ]
    before = await selling.api.rows("gauge_reading")
    payload = await selling.api.one.changed(
        "gaugeSet", "verdicts { index verdict reason message }", {"readings": given}
    )
    assert [each["reason"] or each["verdict"] for each in payload["verdicts"]] == [
        "ACCEPTED",
        "DUPLICATE",
        "CONFLICT",
        "UNKNOWN_GAUGE",
        "UNKNOWN_ACCOUNT",
        "INVALID_VALUE",
        "IN_THE_FUTURE",
    ]
    after = await selling.api.rows("gauge_reading")
    assert after["gauge_reading"] == before["gauge_reading"] + 1
    foreign = await selling.api.other.changed(
        "gaugeSet", "verdicts { reason }", {"readings": [reading | {"account": customer.id}]}
    )
    assert foreign["verdicts"] == [{"reason": "UNKNOWN_ACCOUNT"}]
    many = {"readings": [reading | {"id": f"m{n}"} for n in range(1001)]}
    codes = await selling.api.one.codes("gaugeSet", many)
    assert codes == [("TOO_MANY_READINGS", "input.readings")]
    assert await selling.api.rows("gauge_reading") == after


async def test_usage_of_a_closed_period_is_late(selling: Selling) -> None:
    """January closed, January's event arrives: it is billed with February, and says so."""
    customer, _event = await recorded(selling)
    await selling.close(FEBRUARY)
    late = selling.mail(customer.ref, occurredAt="2026-01-20T12:00:00+01:00")
    assert await selling.outcomes(late) == ["ACCEPTED"]
    assert [each["isLate"] for each in await listed(selling, customer)] == [False, True]
