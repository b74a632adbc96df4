"""Who asks in the matrix, and how an answer about another is compared with an absent one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from tests.graphql.api_clients import KeyClient
from tests.graphql.customers import SCHEMA
from tests.graphql.matrix.asking import Asker, absent_of, one_of_each
from tests.graphql.matrix.goods import HINTS, good_arguments
from tests.graphql.matrix.sellers import NOBODY, Worlds
from tests.graphql.matrix.slots import Slot, slots_of
from tests.graphql.refusals.units import OF_ACCOUNTS

_ALL: Final = slots_of(SCHEMA)
SLOTS: Final = [each for each in _ALL if each.owner != "SubscriptionRoot"]
WATCHED_SLOTS: Final = [each for each in _ALL if each.owner == "SubscriptionRoot"]
"""Those of what can be watched are asked over sockets and as streams."""
IDS: Final = [each for each in SLOTS if each.kind == "ID"]
WRONG_KINDS: Final = ("acc", "prod", "staff")
NARROWED: Final = ("Mutation", "SubscriptionRoot")
"""These are asked with the kind that they take and with the wrong ones; the refusals' tests
give every kind to each change."""
SELLERS_OWN: Final = (
    "agreementDate", "credit", "startsAt", "ref", "type", "classification", "attributes",
    "days", "grants", "again",
)  # fmt: skip
"""What is forbidden to customers before anything is looked up."""


def slot_of(name: str) -> Slot:
    """Return a place by its name, such as `Query.invoice(id)`."""
    (found,) = (each for each in SLOTS if str(each) == name)
    return found


def of_accounts(ids: Sequence[str]) -> list[str]:
    """Return one id of every kind that hangs on an account."""
    kinds = OF_ACCOUNTS | {"ale"}
    return [each for each in one_of_each(ids) if each.partition("_")[0] in kinds]


def seller_asks(world: Worlds) -> Asker:
    """The administrator of the seller, who sees all units."""
    return _asker(world.api.one, world.shop.ids)


def unit_asks(world: Worlds) -> Asker:
    """An administrator of South, who does not see the shop."""
    return _asker(world.south.client, world.south.ids)


def customer_asks(world: Worlds) -> Asker:
    """The customer of the shop's account `p`."""
    found = _asker(world.buyer, world.shop.ids)
    good: dict[str, Any] = {}
    for name, given in found.good.items():
        inner = {**given.get("input", {})}
        for each in SELLERS_OWN:
            inner.pop(each, None)
        good[name] = {**given, "input": inner} if "input" in given else given
    return replace(found, good=good)


def _asker(client: KeyClient, ids: dict[str, str]) -> Asker:
    return Asker(SCHEMA, client, good_arguments(ids), HINTS | ids, {"Account": ids["person"]})


async def reaching(asker: Asker, slot: Slot, own: Sequence[str]) -> str | None:
    """Return an own id that is answered differently from an absent one."""
    for some in (asker.good_id(slot), one_of_each(own), own):
        answers = await asker.answers(slot, some)
        absent = await asker.answers(slot, [absent_of(each) for each in some])
        for value, told, nothing in zip(some, answers, absent, strict=True):
            if told != nothing:
                return value
    return None


async def leaks(asker: Asker, slot: Slot, others: Sequence[str]) -> list[str]:
    """Return the ids of others that are answered differently from absent ones."""
    if slot.owner in NARROWED and (good := asker.good_id(slot)):
        kinds = {good[0].partition("_")[0], *WRONG_KINDS}
        others = [each for each in others if each.partition("_")[0] in kinds]
    answers = await asker.answers(slot, others)
    absent = await asker.answers(slot, [absent_of(each) for each in others])
    asker.count["ids"] += len(others)
    asker.count["slots"] += 1
    return [
        f"{slot} {value}: {told} but {nothing}"
        for value, told, nothing in zip(others, answers, absent, strict=True)
        if told != nothing
    ]


async def named_leaks(asker: Asker, slot: Slot, name: str) -> list[str]:
    """Tell whether a name that another has is answered differently from one of nobody's."""
    (told,) = await asker.answers(slot, [name])
    (nothing,) = await asker.answers(slot, [NOBODY])
    asker.count["names"] += 1
    return [] if told == nothing else [f"{slot} {name}: {told} but {nothing}"]


def told(caller: str, asker: Asker, started: float) -> None:
    """Print what was asked."""
    seconds = time.perf_counter() - started
    print(f"matrix, {caller}: {dict(asker.count)} in {seconds:.0f} s")
