"""Mutations that have no dry run: ids of others, and values that they must not take.

What is refused changes nothing; what is taken changes only what was asked for, so every
refusal is compared with what was stored right before it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import orjson
import pytest
from graphql import get_nullable_type

from tests.graphql.api_clients import Api
from tests.graphql.refusals.living import lasting_inputs
from tests.graphql.refusals.pay_tv import Seller, seller
from tests.graphql.refusals.test_every_argument import (
    ABSENT,
    BAD,
    NO_MEMBER,
    SCHEMA,
    Sellers,
    arguments,
    changed,
    is_typed,
    short,
)
from tests.graphql.refusals.watching import inputs_of_the_seller, let_in, watching_inputs


def inputs(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input of each mutation without a dry run."""
    return lasting_inputs(ids) | watching_inputs(ids) | inputs_of_the_seller(ids)


MUTATIONS = sorted(inputs(defaultdict(str)))
NOT_HERE = {
    # Each has a dry run and is tried by it, or is tried where it was made.
    "accountClockAdvance", "accountCreate", "accountUpdate", "apiKeyIssue", "apiKeyRevoke",
    "apiKeyRotate", "productRetire", "companyAdd", "companyRemove", "gaugeSet", "memberAdd",
    "jobBillingRetry", "memberRemove", "orgUnitCollaborate", "orgUnitCreate", "parkedRetry",
    "staffCreate", "staffDisable", "tenantCreate", "tenantUpdate", "usageRecord",
}  # fmt: skip


@pytest.fixture(scope="module")
async def sellers(api: Api) -> Sellers:
    """Both have one of everything."""
    both = await seller(api.one), await seller(api.other)
    for each in both:
        await let_in(each)
    return Sellers(api, *both)


def test_every_mutation_without_a_dry_run_is_here() -> None:
    """A new one is tried here, or says why not."""
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    lasting = {
        name
        for name, found in mutations.fields.items()
        if "input" in found.args
        and "dryRun" not in get_nullable_type(found.args["input"].type).fields
    }
    assert lasting - NOT_HERE == set(MUTATIONS)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_ids_of_others_are_answered_like_absent_ones(
    sellers: Sellers, mutation: str
) -> None:
    """Each argument that takes an id, with every kind of id: the same code, message, path."""
    before = await sellers.stored()
    good = inputs(sellers.mine.ids)[mutation]
    for where, kind in arguments(mutation, good):
        for prefix, suffix in sellers.kinds() if kind == "ID" else ():
            answers = []
            for each in (suffix, ABSENT):
                told = await sellers.send(mutation, changed(good, where, f"{prefix}_{each}"))
                assert told, (where, prefix)
                assert all(is_typed(error) for error in told), (where, prefix, told)
                answers.append(orjson.dumps(told).decode().replace(each, "…"))
            assert answers[0] == answers[1], (where, prefix)
    assert await sellers.stored() == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_value_is_taken_or_refused_with_a_code_a_path_and_a_remedy(
    sellers: Sellers, mutation: str
) -> None:
    """Never an error of ours; what is refused leaves every table as it was."""
    good, wrong = inputs(sellers.mine.ids)[mutation], []
    before = await sellers.stored()
    for where, kind in arguments(mutation, good):
        for value in BAD.get(kind, NO_MEMBER):
            told = await sellers.send(mutation, changed(good, where, value))
            if not all(is_typed(error) for error in told):
                wrong.append((where, short(value), told))
            if not told:
                before = await sellers.stored()
    assert wrong == []
    assert await sellers.stored() == before


GOING: Final = {
    "alertRemove": ("alert", "alertDefine"),
    "customerTokenRevoke": ("token", "customerTokenIssue"),
    "identityProviderUnlink": ("provider", "identityProviderLink"),
    "profileRemove": ("profile", "profileCreate"),
    "simulationCancel": ("simulation", "simulationStart"),
    "staffIdentityUnbind": ("identity", "staffIdentityBind"),
    "teamRemove": ("team", "teamCreate"),
}
"""What takes something away: its argument, and what makes another one first."""


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_good_inputs_are_taken(sellers: Sellers, mutation: str) -> None:
    """So what the other tests spoil in one place is what is refused."""
    if mutation in GOING or mutation == "licenceRelease":
        given = await _made_to_go(sellers.mine, mutation)
        assert await sellers.send(mutation, given) == []
        return
    given = inputs(sellers.mine.ids)[mutation]
    assert await sellers.send(mutation, _new(given, " still")) == []


def _new(given: dict[str, Any], mark: str) -> dict[str, Any]:
    """Name an input's object in another way."""
    names = {"name", "id", "subject", "audience"} & given.keys()
    return given | {name: given[name] + mark for name in names}


async def _made_to_go(made: Seller, mutation: str) -> dict[str, Any]:
    if mutation == "licenceRelease":
        held = {"item": made.ids["item:seat"], "member": made.ids["member"]}
        answer = await made.client.changed("licenceAssign", "assignments { id }", held)
        return {"assignment": answer["assignments"][0]["id"]}
    kind, maker = GOING[mutation]
    given = _new(inputs(made.ids)[maker], " to go")
    return {kind: await made.make(maker, kind, given)}
