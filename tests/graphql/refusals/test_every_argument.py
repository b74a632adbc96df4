"""Every argument of the pay-TV mutations: ids of others, and values that it must not take.

The matrix is made from the schema: a new argument is covered once its mutation has a good
input in `pay_tv`, and a mutation without one fails here.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLInputObjectType, GraphQLList, build_schema, get_nullable_type

from tests.graphql.api_clients import Api
from tests.graphql.refusals.pay_tv import (
    Seller,
    digests,
    good_definitions,
    good_inputs,
    seller,
)

SCHEMA: Final = build_schema(Path("api/schema.graphql").read_text())
ABSENT = "01h455vb4pex5vsknk084sn02q"
MUTATIONS = sorted(good_inputs(defaultdict(str)))
EVERY = sorted({*MUTATIONS, *good_definitions()})
Where = tuple[str | int, ...]

FAR = ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00")
NO_TIMES = ("", "now", "2026-01-10T12:00:00", "2026-02-30T00:00:00Z", 5)
BAD: Final[dict[str, tuple[Any, ...]]] = {
    "ID": ("", "x" * 5000, "a\x00b", "sub_!", f"acc_{'z' * 26}", None, 5),
    "String": ("x" * 100_000, "a\x00b", "a\nb", "9999-12-31", "0001-01-01", "1e9 years", None),
    "Decimal": ("NaN", "-Infinity", "-1", "0", "1e999", "9999999999999", "1e-13", "", None),
    "Int": (-1, 2147483647, 2147483648, None, "1", 1.5, True),
    "DateTime": (*FAR, *NO_TIMES, "1900-01-01T00:00:00Z", "2999-12-31T23:59:59Z", None),
    "Date": ("9999-12-31", "0001-01-01", "1900-01-01", "2999-12-31", "2026-02-30", "", 5),
    "Boolean": (None, "true", 1),
}
NO_MEMBER = ("NOPE", "", 1)
"""What is given for an enum."""


@dataclass
class Sellers:
    """Whoever asks, and the other one, whose ids must look absent."""

    api: Api
    mine: Seller
    theirs: Seller

    async def send(self, mutation: str, given: dict[str, Any], **more: Any) -> Any:
        """Run a mutation; errors of the request and of its payload look alike."""
        document = (
            f"mutation ($input: {_input(mutation)}!) {{ {mutation}(input: $input)"
            " { userErrors { code message path } } }"
        )
        answer = (await self.mine.client.post(document, {"input": given | more})).json()
        if "errors" in answer:
            return [
                {
                    "code": one["extensions"]["code"],
                    "message": one["message"],
                    "path": ["input"],
                }
                for one in answer["errors"]
            ]
        return answer["data"][mutation]["userErrors"]

    async def stored(self) -> Any:
        """Digest all that both have."""
        return await digests(self.api, self.mine.client, self.theirs.client)

    def kinds(self) -> list[tuple[str, str]]:
        """One id of every kind that the other seller has: its prefix and the rest."""
        found = {each.partition("_")[0]: each for each in self.theirs.ids.values()}
        return [(prefix, each.partition("_")[2]) for prefix, each in found.items()]

    def good(self, mutation: str) -> dict[str, Any]:
        """An input that is taken."""
        return (good_inputs(self.mine.ids) | good_definitions())[mutation]


@pytest.fixture(scope="module")
async def sellers(api: Api) -> Sellers:
    """Both have one of everything."""
    return Sellers(api, await seller(api.one), await seller(api.other))


def _input(mutation: str) -> str:
    return f"{mutation[0].upper()}{mutation[1:]}Input"


def arguments(mutation: str, given: dict[str, Any]) -> Iterator[tuple[Where, str]]:
    """Every value of an input: where it stands, and the name of its type."""
    return _leaves(given, SCHEMA.get_type(_input(mutation)))


def _leaves(value: Any, kind: Any, where: Where = ()) -> Iterator[tuple[Where, str]]:
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        for index, each in enumerate(value):
            yield from _leaves(each, kind.of_type, (*where, index))
    elif isinstance(kind, GraphQLInputObjectType):
        for name, each in value.items():
            yield from _leaves(each, kind.fields[name].type, (*where, name))
    else:
        yield where, kind.name


def changed(given: dict[str, Any], where: Where, value: Any) -> dict[str, Any]:
    """The same input with another value in one place."""
    found: Any = copy.deepcopy(given)
    at = found
    for step in where[:-1]:
        at = at[step]
    at[where[-1]] = value
    return dict(found)


def is_typed(error: dict[str, Any]) -> bool:
    """Tell whether an error is the caller's, with a message and the path of the input."""
    known = error["code"] != "INTERNAL_SERVER_ERROR"
    return known and bool(error["message"]) and error["path"][:1] == ["input"]


def short(value: Any) -> str:
    """The beginning of a value, for people."""
    return repr(value)[:40]


@pytest.mark.parametrize("mutation", EVERY)
async def test_a_dry_run_of_a_good_input_leaves_nothing(
    sellers: Sellers, mutation: str
) -> None:
    """What the other tests spoil in one place is taken as it is, and every table stays."""
    before = await sellers.stored()
    assert await sellers.send(mutation, sellers.good(mutation), dryRun=True) == []
    assert await sellers.stored() == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_ids_of_others_are_answered_like_absent_ones(
    sellers: Sellers, mutation: str
) -> None:
    """Each argument that takes an id, with every kind of id: the same code, message, path."""
    before = await sellers.stored()
    good = sellers.good(mutation)
    for where, kind in arguments(mutation, good):
        for prefix, suffix in sellers.kinds() if kind == "ID" else ():
            answers = []
            for each in (suffix, ABSENT):
                told = await sellers.send(mutation, changed(good, where, f"{prefix}_{each}"))
                assert told, (where, prefix)
                answers.append(orjson.dumps(told).decode().replace(each, "…"))
            assert answers[0] == answers[1], (where, prefix)
    assert await sellers.stored() == before


@pytest.mark.parametrize("mutation", EVERY)
async def test_a_value_is_taken_or_refused_with_a_code_a_path_and_a_remedy(
    sellers: Sellers, mutation: str
) -> None:
    """Never an error of ours; a dry run refuses what the run itself does; nothing changes."""
    before = await sellers.stored()
    good, wrong = sellers.good(mutation), []
    for where, kind in arguments(mutation, good):
        for value in BAD.get(kind, NO_MEMBER):
            bad = changed(good, where, value)
            told = await sellers.send(mutation, bad, dryRun=True)
            if not all(is_typed(error) for error in told):
                wrong.append((where, short(value), told))
            elif told and await sellers.send(mutation, bad) != told:
                wrong.append((where, short(value), "a dry run tells other errors"))
    assert wrong == []
    assert await sellers.stored() == before


def test_every_mutation_of_pay_tv_is_in_the_matrix() -> None:
    """What has a dry run and no good input would not be tested; older ones are elsewhere."""
    elsewhere = {
        "billingTermsCreate", "billingTermsPublish", "catalogueApply", "gaugeCreate",
        "pricePlanCreate", "pricePlanPublish", "productCreate", "productRetire",
        "productUpdate", "rateTableCreate", "rateTableSlotAdd", "usageAmend", "usageVoid",
    }  # fmt: skip
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    runs_dry = {
        name
        for name, found in mutations.fields.items()
        if "input" in found.args
        and "dryRun" in get_nullable_type(found.args["input"].type).fields
    }
    assert runs_dry - elsewhere == set(EVERY)


@pytest.mark.parametrize(
    ("mutation", "changes", "code", "path"),
    [
        ("buyInAdvanceRequest", {"duration": "0 months"}, "FREQUENCY_REFUSED", "duration"),
        ("buyInAdvanceAmend", {"duration": "soon"}, "FREQUENCY_REFUSED", "duration"),
        ("subscriptionBind", {"term": "soon", "until": None}, "FREQUENCY_REFUSED", "term"),
        ("walletTopUp", {"amount": "9999999999999"}, "TOP_UP_REFUSED", "amount"),
        ("segmentDefine", {"code": "a b"}, "CATALOGUE_INVALID", "code"),
        ("discountDefine", {"validFrom": "0001-01-01"}, "CATALOGUE_INVALID", "validFrom"),
        ("usageOrder", {"amount": "0"}, "INVALID_VALUE", "amount"),
        ("usageOrder", {"amount": "-1"}, "INVALID_VALUE", "amount"),
        ("usageOrder", {"service": f"prod_{ABSENT}"}, "NOT_FOUND", "service"),
        ("usageOrder", {"udrType": f"udrtype_{ABSENT}"}, "NOT_FOUND", "udrType"),
    ],
)
async def test_what_is_wrong_is_named_by_its_path(
    sellers: Sellers, mutation: str, changes: dict[str, Any], code: str, path: str
) -> None:
    """The argument at fault, also where the rule that refuses knows no arguments."""
    before = await sellers.stored()
    (told,) = await sellers.send(mutation, sellers.good(mutation) | changes)
    assert (told["code"], told["path"]) == (code, ["input", path]), told
    assert await sellers.stored() == before
