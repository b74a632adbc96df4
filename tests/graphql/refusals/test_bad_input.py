"""Bad input of every kind: a typed error that says what to do, and nothing changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.features.billing.selling import RECORD
from tests.graphql.refusals.world import LATELY, Told, World, top_level


def plan_with(rate: str, currency: str = "EUR") -> str:
    """A catalogue with one new plan and rate; the rate is on line 4."""
    return (
        f"price_plans:\n  bad:\n    {{name: Bad, currency: {currency}, rates: {{\n"
        f"      {rate}}}}}\n"
    )


OVERLAPPING = "mail: {tiers: [{from: 1, to: 10, price: 2}, {from: 5, price: 1}]}"
TIERED_EXPENSE = "trip: {tiers: [{from: 1, to: 10, price: 2}, {from: 11, price: 1}]}"
NEW_SUBSCRIPTION = {"account": "mine", "billingTerms": "monthly"}
NOT_FINITE = ("NaN", "Infinity", "-Infinity", "1E+999999", "-1E+999999")


def subscribed(product: str, quantity: str = "1") -> dict[str, Any]:
    """The input of a new subscription to one product."""
    return {**NEW_SUBSCRIPTION, "items": [{"product": product, "quantity": quantity}]}


def dose(quantity: str) -> dict[str, Any]:
    """An event whose quantity is a decimal."""
    return {"event": {"poison": {"kind": "SOUND", "quantity": quantity}}}


async def reading(world: World, value: str) -> list[Told]:
    """Set a gauge to a value; what the verdict says."""
    query = """mutation ($input: GaugeSetInput!) { gaugeSet(input: $input) {
      verdicts { reason message } } }"""
    given = {
        "account": "mine", "gauge": "profiles", "value": value, "at": LATELY,
        "source": "crm", "id": "bad",
    }  # fmt: skip
    answer = await world.one.ask(query, input={"readings": [given]})
    return [Told(each["reason"], each["message"]) for each in answer["gaugeSet"]["verdicts"]]


async def conflicting(world: World) -> list[Told]:
    """Send other content under the id of a stored event; the verdict shows both."""
    query = """mutation ($events: [UsageReportInput!]!) {
      usageRecord(input: {events: $events}) { verdicts { reason message
        stored { occurredAt email { recipients } } sent { occurredAt email { recipients } }
      } } }"""
    other = world.event(id="stored", event={"email": {"recipients": 3}})
    answer = await world.one.ask(query, events=[other])
    (verdict,) = answer["usageRecord"]["verdicts"]
    at = {"occurredAt": "2026-02-09T11:00:00Z"}
    assert verdict["stored"] == {**at, "email": {"recipients": 2}}
    assert verdict["sent"] == {**at, "email": {"recipients": 3}}
    return [Told(verdict["reason"], verdict["message"])]


async def oversized(world: World) -> list[Told]:
    """A request of one byte more than a mebibyte."""
    answer = await world.one.post("{ tenant { id } }", {"padding": "x" * 1_048_576})
    assert answer.status_code == 413
    return top_level(answer.json())


async def too_many(world: World) -> list[Told]:
    """One event more than a batch may have."""
    events = [world.event() for _ in range(1001)]
    answer = (await world.one.ask(RECORD, events=events))["usageRecord"]
    assert (answer["verdicts"], answer["counts"]) == ([], None)
    query = """mutation ($events: [UsageReportInput!]!) {
      usageRecord(input: {events: $events}) { userErrors { code message path } } }"""
    found = (await world.one.ask(query, events=events))["usageRecord"]["userErrors"]
    return [Told(each["code"], each["message"], ".".join(each["path"])) for each in found]


# What is sent, the code of the answer, words of its message, and the line where it has one.
ROWS: dict[str, tuple[Any, str, tuple[str, ...], int | None]] = {
    "unknown product in a plan": (
        lambda world: world.catalogue(plan_with("nope: {base: 1}")),
        "UNKNOWN_PRODUCT", ("nope", "define it under products, or mend the code"), 4,
    ),
    "unknown product in a subscription": (
        lambda world: world.mutate("subscriptionCreate", subscribed("nope")),
        "NOT_FOUND", ("no product 'nope'", "look at the list, query products"), None,
    ),
    "unknown product in an item": (
        lambda world: world.mutate(
            "subscriptionItemAdd", {"subscription": "mine-s", "product": "nope"}
        ),
        "NOT_FOUND", ("no product 'nope'", "look at the list"), None,
    ),
    "overlapping tiers": (
        lambda world: world.catalogue(plan_with(OVERLAPPING)),
        "TIERS_OVERLAP", ("holds up to 10", "write from 11"), 4,
    ),
    "tiers on an expense": (
        lambda world: world.catalogue(plan_with(TIERED_EXPENSE)),
        "TIERS_NOT_ALLOWED", ("no tiers", "give it a base price instead"), 4,
    ),
    "malformed YAML": (
        lambda world: world.catalogue("products:\n  a: {kind: licence\n  b: ]\n"),
        "MALFORMED_YAML", ("check indentation, colons and quotes",), 3,
    ),
    "unknown currency of a plan": (
        lambda world: world.catalogue(plan_with("mail: {base: 1}", currency="XYZ")),
        "UNKNOWN_CURRENCY", ("'XYZ' is no ISO 4217 currency", "write EUR, say"), 3,
    ),
    "unknown currency of an account": (
        lambda world: world.mutate("accountCreate", {"name": "A", "currency": "XYZ"}),
        "UNKNOWN_CURRENCY", ("'XYZ' is no ISO 4217 currency", "write EUR, say"), None,
    ),
    "negative item": (
        lambda world: world.mutate("subscriptionCreate", subscribed("seats", "-1")),
        "INVALID_QUANTITY", ("give a quantity above 0",), None,
    ),
    "negative change of an item": (
        lambda world: world.mutate(
            "subscriptionItemChangeQuantity", {"item": world.item, "quantity": "-1"}
        ),
        "INVALID_QUANTITY", ("give a quantity above 0",), None,
    ),
    "negative gauge": (
        lambda world: reading(world, "-1"), "INVALID_VALUE", ("give a value from 0",), None,
    ),
    "negative event of a built-in channel": (
        lambda world: world.record(event={"email": {"recipients": -1}}),
        "INVALID_VALUE", ("recipients is -1", "give 1 to 10000000"), None,
    ),
    "negative event of a plugin's channel": (
        lambda world: world.record(**dose("-1")), "PLUGIN_FAILED",
        ("plugin poison 6.6 could not measure the event", "not from 0 to 1E+13"), None,
    ),
    "event for an ended subscription": (
        lambda world: world.record(account=world.ended.ref),
        "SUBSCRIPTION_ENDED", ("ended at 2026-01-31T23:00:00+00:00", "check occurredAt"), None,
    ),
    "line for an ended subscription": (
        lambda world: world.upload(world.line(account=world.ended.ref)),
        "SUBSCRIPTION_ENDED", ("ended at 2026-01-31T23:00:00+00:00", "check occurredAt"), 1,
    ),
    "item for an ended subscription": (
        lambda world: world.mutate(
            "subscriptionItemAdd", {"subscription": "ended-s", "product": "text"}
        ),
        "SUBSCRIPTION_ENDED", ("make a new one",), None,
    ),
    "duplicate with other content": (
        conflicting, "CONFLICT", ("give it an id of its own, or amend what is stored",), None,
    ),
    "oversized body": (oversized, "PAYLOAD_TOO_LARGE", ("1048576 bytes", "Split"), None),
    "oversized line": (
        lambda world: world.upload(world.line(id="x" * 65_536)),
        "INVALID_VALUE", ("longer than 65536 bytes", "split"), 1,
    ),
    "unknown field of a channel": (
        lambda world: world.record(event={"email": {"recipients": 1, "colour": "red"}}),
        "BAD_USER_INPUT", ("colour",), None,
    ),
    "unknown field of a channel in a line": (
        lambda world: world.upload(
            world.line(event={"email": {"recipients": 1, "colour": "red"}})
        ),
        "INVALID_VALUE", ("no field 'colour'", "it has campaign, recipients"), 1,
    ),
    "unknown channel in a line": (
        lambda world: world.upload(world.line(event={"fax": {"pages": 1}})),
        "INVALID_VALUE", ("fax", "choose from email"), 1,
    ),
    "event 6 minutes in the future": (
        lambda world: world.record(occurredAt="2026-02-10T12:06:00+01:00"),
        "IN_THE_FUTURE",
        ("more than 5 minutes ahead", "check the sender's clock, or send it again then"), None,
    ),
    "more than 1000 events": (
        too_many, "TOO_MANY_EVENTS", ("1001", "send several batches"), None,
    ),
}  # fmt: skip
for text in NOT_FINITE:
    ROWS |= {
        f"item of {text}": (
            lambda world, text=text: world.mutate(
                "subscriptionCreate", subscribed("seats", text)
            ),
            "BAD_USER_INPUT", ("Decimal must be",), None,
        ),
        f"gauge at {text}": (
            lambda world, text=text: reading(world, text),
            "INVALID_VALUE", ("give a value from 0",), None,
        ),
        f"event of {text}": (
            lambda world, text=text: world.record(**dose(text)),
            "INVALID_VALUE", ("quantity is no finite number", "give one"), None,
        ),
        f"line of {text}": (
            lambda world, text=text: world.upload(world.line(**dose(text))),
            "INVALID_VALUE", ("no decimal number", "write 12.50, say"), 1,
        ),
        f"count of {text}": (
            lambda world, text=text: world.record(event={"email": {"recipients": text}}),
            "BAD_USER_INPUT", ("Int cannot represent",), None,
        ),
        f"number {text} in a line": (
            lambda world, text=text: world.upload(
                world.line().replace(b'"recipients":1', b'"recipients":' + text.encode())
            ),
            "INVALID_VALUE", ("no JSON", "write one object a line"), 1,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ROWS)
async def test_bad_input_is_refused_and_nothing_changes(world: World, kind: str) -> None:
    """A code for programs, a message that says what to do, and every table as it was."""
    send, code, words, at_line = ROWS[kind]
    before = await world.stored()
    (told,) = await send(world)
    assert told.code == code, told
    for word in words:
        assert word in told.message, told
    assert told.line == at_line
    assert await world.stored() == before
