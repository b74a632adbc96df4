"""An id of another seller's is answered like one that does not exist, wherever it is given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from api.features.accounts.types import ACCOUNT_ID
from api.features.invoices.types import INVOICE_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from tests.graphql.refusals.world import World

ABSENT = "01h455vb4pex5vsknk084sn02q"
EVENT = (
    'source: "x", id: "y", occurredAt: "2026-02-09T12:00:00+01:00", '
    "event: {email: {recipients: 1}}"
)
ERRORS = "userErrors { code message path }"
# What is done with an id of another seller's, and what the answer must hold.
FOREIGN: tuple[tuple[str, str, str], ...] = (
    ("acc", '{ account(id: "ID") { name } }', '{"account":null}'),
    ("sub", '{ subscription(id: "ID") { state } }', '{"subscription":null}'),
    ("inv", '{ invoice(id: "ID") { number } }', '{"invoice":null}'),
    ("acc", '{ node(id: "ID") { id } }', '{"node":null}'),
    ("sub", '{ node(id: "ID") { id } }', '{"node":null}'),
    ("inv", '{ node(id: "ID") { id } }', '{"node":null}'),
    ("acc", '{ invoices(where: {account: "ID"}) { totalCount } }', '"totalCount":0'),
    ("sub", '{ invoices(where: {subscription: "ID"}) { totalCount } }', '"totalCount":0'),
    ("acc", '{ usageEvents(where: {account: "ID"}) { edges { cursor } } }', '"edges":[]'),
    ("sub", '{ invoicePreview(subscription: "ID") { lineCount } }', "NOT_FOUND"),
    (
        "acc",
        'mutation { accountUpdate(input: {account: "ID", name: "X"}) { ERRORS } }',
        "NOT_FOUND",
    ),
    (
        "acc",
        """mutation { subscriptionCreate(input: {account: "ID", billingTerms: "monthly",
            items: [{product: "seats"}]}) { ERRORS } }""",
        "NOT_FOUND",
    ),
    (
        "sub",
        """mutation { subscriptionItemAdd(input: {subscription: "ID", product: "text"}) {
            ERRORS } }""",
        "NOT_FOUND",
    ),
    (
        "sub",
        'mutation { subscriptionCancel(input: {subscription: "ID"}) { ERRORS } }',
        "NOT_FOUND",
    ),
    ("sub", 'mutation { parkedRetry(input: {subscription: "ID"}) { ERRORS } }', "NOT_FOUND"),
    (
        "acc",
        """mutation { usageRecord(input: {events: [{account: "ID", EVENT}]}) {
            verdicts { reason message path } } }""",
        "UNKNOWN_ACCOUNT",
    ),
    (
        "sub",
        """mutation { usageRecord(input: {events: [
            {account: "mine", subscription: "ID", EVENT}]}) {
            verdicts { reason message path } } }""",
        "NO_SUBSCRIPTION",
    ),
    (
        "acc",
        """mutation { usageVoid(input: {account: "ID", source: "router", id: "stored"}) {
            ERRORS } }""",
        "EVENT_NOT_FOUND",
    ),
    (
        "acc",
        'mutation { usageAmend(input: {report: {account: "ID", EVENT}}) { ERRORS } }',
        "EVENT_NOT_FOUND",
    ),
    (
        "acc",
        """mutation { gaugeSet(input: {readings: [{account: "ID", gauge: "profiles", value: 1,
            source: "x", id: "y", at: "2026-02-09T12:00:00Z"}]}) {
            verdicts { reason message } } }""",
        "UNKNOWN_ACCOUNT",
    ),
)


@pytest.mark.parametrize(("kind", "document", "expected"), FOREIGN)
async def test_another_sellers_id_is_answered_like_one_that_does_not_exist(
    world: World, kind: str, document: str, expected: str
) -> None:
    """Reads and changes alike: the same answer but for the id, and nothing changes."""
    foreign = {"acc": world.theirs.id, "sub": world.theirs.subscription, "inv": world.invoice}
    document = document.replace("EVENT", EVENT).replace("ERRORS", ERRORS)
    before = await world.stored()
    answers = []
    for name in (foreign[kind], f"{kind}_{ABSENT}"):
        answer = (await world.one.post(document.replace("ID", name))).json()
        answer.pop("extensions", None)
        bare = name.partition("_")[2]
        text = orjson.dumps(answer).decode().replace(bare, "…")
        answers.append(text.replace(str(_key(kind, name)), "…"))
    assert answers[0] == answers[1]
    assert expected in answers[0]
    assert await world.stored() == before


@pytest.mark.parametrize("field", ["account", "subscription"])
async def test_a_line_that_names_another_sellers_is_answered_alike(
    world: World, field: str
) -> None:
    """As one that names what does not exist: not found, and nothing of it is stored."""
    kind = {"account": "acc", "subscription": "sub"}[field]
    theirs = {"account": world.theirs.id, "subscription": world.theirs.subscription}[field]
    before = await world.stored()
    told = []
    for name in (theirs, f"{kind}_{ABSENT}"):
        (one,) = await world.upload(world.line(**{field: name}))
        told.append(replace(one, message=one.message.replace(str(_key(kind, name)), "…")))
    assert told[0] == told[1]
    assert told[0].code == {"acc": "UNKNOWN_ACCOUNT", "sub": "NO_SUBSCRIPTION"}[kind]
    assert await world.stored() == before


def _key(kind: str, name: str) -> Any:
    return {"acc": ACCOUNT_ID, "sub": SUBSCRIPTION_ID, "inv": INVOICE_ID}[kind].parse(name)
