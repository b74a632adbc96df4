"""Tasks through the API: opened by what is bought, offered, booked, done."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api

CATALOGUE = """
products:
  sales: {kind: module, name: Sales}
  training:
    {kind: one_time_service, name: Training, needs: [sales], fulfils: First training}
price_plans:
  erp: {name: ERP, currency: EUR, rates: {sales: {base: 29}, training: {base: 150}}}
billing_terms:
  monthly: {name: Monthly, plans: [erp], anchor: anniversary}
"""
START = "2026-01-10T12:00:00+01:00"
LATER = "2026-03-01T00:00:00+01:00"
FIRST, SECOND = "2026-01-15T09:00:00+00:00", "2026-01-16T09:00:00+00:00"
TASK = """name state opensAt slots bookedFor link linkSentAt doneAt
    account { ref } subscription { ref } product { code } module { code }"""
_refs = (f"training-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
async def seller(api: Api) -> Api:
    """Two sellers with the same catalogue."""
    for client in (api.one, api.other):
        async with api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return api


async def bought(api: Api, **more: Any) -> tuple[str, str]:
    """Subscribe an account of its own to Sales with a training; its ref, and the task's id."""
    ref = next(_refs)
    account = {"name": ref, "ref": ref, "testClock": START}
    await api.one.changed("accountCreate", "__typename", account)
    items = [{"product": "sales"}, {"product": "training"}]
    given = {"account": ref, "ref": ref, "billingTerms": "monthly", "items": items, **more}
    await api.one.changed("subscriptionCreate", "__typename", given)
    read = """query ($ref: String!) { account(ref: $ref) { fulfilmentTasks {
        edges { node { id } } } } }"""
    edges = (await api.one.ask(read, ref=ref))["account"]["fulfilmentTasks"]["edges"]
    assert len(edges) == 1
    return ref, edges[0]["node"]["id"]


async def shown(api: Api, task: str) -> dict[str, Any]:
    """Return a task."""
    read = f"query ($id: ID!) {{ node(id: $id) {{ ... on FulfilmentTask {{ {TASK} }} }} }}"
    found: dict[str, Any] = (await api.one.ask(read, id=task))["node"]
    return found


async def test_a_training_is_a_task_for_its_module(seller: Api) -> None:
    """It is open at once, once, and about Sales; more of the subscription opens no other."""
    ref, task = await bought(seller)
    assert await shown(seller, task) == {
        "name": "First training",
        "state": "OPEN",
        "opensAt": "2026-01-10T11:00:00Z",
        "slots": [],
        "bookedFor": None,
        "link": None,
        "linkSentAt": None,
        "doneAt": None,
        "account": {"ref": ref},
        "subscription": {"ref": ref},
        "product": {"code": "training"},
        "module": {"code": "sales"},
    }
    await seller.one.changed("subscriptionCancel", "__typename", {"subscription": ref})
    assert (await shown(seller, task))["state"] == "OPEN"


async def test_a_task_goes_from_offered_to_done(seller: Api) -> None:
    """Two times, the second booked, then the first; the link, and done. All of it is told."""
    ref, task = await bought(seller)
    change, state = seller.one.changed, f"task {{ {TASK} }}"
    offered = await change("taskOffer", state, {"task": task, "slots": [SECOND, FIRST]})
    assert offered["task"]["slots"] == ["2026-01-15T09:00:00Z", "2026-01-16T09:00:00Z"]
    await change("taskBook", state, {"task": task, "slot": SECOND})
    booked = await change("taskBook", state, {"task": task, "slot": FIRST})
    assert booked["task"]["bookedFor"] == "2026-01-15T09:00:00Z"
    link = {"task": task, "link": "https://meet.example.com/room"}
    sent = await change("taskLinkSend", state, link)
    assert sent["task"]["linkSentAt"] == "2026-01-10T11:00:00Z"
    done = await change("taskDone", state, {"task": task})
    assert (done["task"]["state"], done["task"]["doneAt"]) == ("DONE", "2026-01-10T11:00:00Z")
    read = """query ($ref: String!, $of: ID!) { account(ref: $ref) {
      history(where: {subscription: $of}) { edges { node {
        summary subscription { ref } actor { kind name } } } } } }"""
    edges = (await seller.one.ask(read, ref=ref, of=ref))["account"]["history"]["edges"]
    assert [edge["node"]["summary"] for edge in edges] == [
        "First training is done.",
        "The link for First training was sent.",
        "First training was booked.",
        "First training was booked.",
        "Times were offered for: First training.",
        "First training will be arranged.",
        "Subscribed to 1 x sales, 1 x training, on plan erp, from 2026-01-10.",
    ]
    assert {edge["node"]["subscription"]["ref"] for edge in edges} == {ref}
    assert {edge["node"]["actor"]["kind"] for edge in edges} == {"API_KEY"}


async def test_a_task_that_begins_later_says_so(seller: Api) -> None:
    """The subscription starts in March; times before are not offered."""
    _ref, task = await bought(seller, startsAt=LATER)
    assert (await shown(seller, task))["opensAt"] == "2026-02-28T23:00:00Z"
    early = {"task": task, "slots": [FIRST]}
    assert await seller.one.codes("taskOffer", early) == [("INVALID_SLOTS", "input.slots.0")]


async def test_staff_find_what_is_open(seller: Api) -> None:
    """A cancelled task is not among the open ones, and the other seller has none of both."""
    _, kept = await bought(seller)
    _, dropped = await bought(seller)
    await seller.one.changed("taskCancel", "__typename", {"task": dropped})
    read = """{ fulfilmentTasks(where: {state: OPEN}, first: 100) {
        edges { node { id } } } }"""
    found = [e["node"]["id"] for e in (await seller.one.ask(read))["fulfilmentTasks"]["edges"]]
    assert kept in found
    assert dropped not in found
    assert (await seller.other.ask(read))["fulfilmentTasks"]["edges"] == []


@pytest.mark.parametrize(
    ("mutation", "given", "code", "path"),
    [
        ("taskOffer", {"slots": []}, "INVALID_SLOTS", "slots"),
        ("taskOffer", {"slots": [FIRST, FIRST]}, "INVALID_SLOTS", "slots"),
        ("taskOffer", {"slots": ["2026-01-10T10:00:00Z"]}, "INVALID_SLOTS", "slots.0"),
        ("taskBook", {"slot": FIRST}, "WRONG_TASK_STATE", "task"),
        ("taskLinkSend", {"link": "https://x.fr"}, "WRONG_TASK_STATE", "task"),
        ("taskDone", {}, "WRONG_TASK_STATE", "task"),
        ("taskCancel", {"task": "task_01h455vb4pex5vsknk084sn02q"}, "NOT_FOUND", "task"),
        ("taskCancel", {"task": "acc_01h455vb4pex5vsknk084sn02q"}, "INVALID_ID", "task"),
    ],
)
async def test_what_is_refused_changes_nothing(
    seller: Api, mutation: str, given: dict[str, Any], code: str, path: str
) -> None:
    """An open task is neither booked nor done, and past times are not offered."""
    _ref, task = await bought(seller)
    before = await shown(seller, task)
    found = await seller.one.codes(mutation, {"task": task, **given})
    assert found == [(code, f"input.{path}")]
    assert await shown(seller, task) == before


async def test_only_offered_times_are_booked_and_links_are_addresses(seller: Api) -> None:
    """A time that nobody offered, and texts that are no web addresses."""
    _ref, task = await bought(seller)
    await seller.one.changed("taskOffer", "__typename", {"task": task, "slots": [FIRST]})
    other = {"task": task, "slot": SECOND}
    assert await seller.one.codes("taskBook", other) == [("SLOT_NOT_OFFERED", "input.slot")]
    await seller.one.changed("taskBook", "__typename", {"task": task, "slot": FIRST})
    for link in ("room", "javascript:alert(1)", "https://", "https://x.fr/a b"):
        given = {"task": task, "link": link}
        assert await seller.one.codes("taskLinkSend", given) == [("INVALID_LINK", "input.link")]
    assert (await shown(seller, task))["link"] is None
