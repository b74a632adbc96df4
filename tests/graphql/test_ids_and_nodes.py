"""Global ids, and finding objects by them."""

from __future__ import annotations

from uuid import UUID

import pytest
from typeid import TypeID

from api.graphql.ids import IdKind, IdMalformed, IdOfOtherType
from api.graphql.nodes import NodeRegistry, NodeSource
from core.kernel.ids import new_id
from tests.graphql import sample
from tests.graphql.conftest import GraphQLClient
from tests.graphql.sample import ACCOUNT_ID, KEYS, PLAN_ID

KNOWN = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def test_an_id_is_a_type_id() -> None:
    """The example of the TypeID specification, version 0.3."""
    assert ACCOUNT_ID.encode(KNOWN) == "acc_01h455vb4pex5vsknk084sn02q"
    assert ACCOUNT_ID.encode(KNOWN) == str(TypeID.from_uuid(KNOWN, "acc"))
    assert ACCOUNT_ID.parse("acc_01h455vb4pex5vsknk084sn02q") == KNOWN


def test_every_key_comes_back() -> None:
    """The smallest, the largest and a thousand between."""
    for key in (UUID(int=0), UUID(int=2**128 - 1), *(new_id() for _ in range(1000))):
        assert ACCOUNT_ID.parse(ACCOUNT_ID.encode(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acc",
        "acc_",
        "_01h455vb4pex5vsknk084sn02q",
        "01h455vb4pex5vsknk084sn02q",
        "acc_01h455vb4pex5vsknk084sn02",
        "acc_01h455vb4pex5vsknk084sn02qq",
        "acc_81h455vb4pex5vsknk084sn02q",
        "acc_01H455VB4PEX5VSKNK084SN02Q",
        "acc_01h455vb4pex5vsknk084sn02u",
        "ACC_01h455vb4pex5vsknk084sn02q",
        "acc_01h455vb4pex5vsknk084sn02q\n",
        "acc-01h455vb4pex5vsknk084sn02q",
        "acc_٠1h455vb4pex5vsknk084sn02q",
        "x" * 100_000,
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    """One spelling for each id; the first digit is 0 to 7, since 26 * 5 is 130 bits."""
    with pytest.raises(IdMalformed) as refused:
        ACCOUNT_ID.parse(text, path=("input", "accountId"))
    assert (refused.value.code, refused.value.path) == ("ID_MALFORMED", ("input", "accountId"))


def test_the_id_of_another_type_is_refused() -> None:
    """The message names both prefixes."""
    with pytest.raises(IdOfOtherType) as refused:
        ACCOUNT_ID.parse(PLAN_ID.encode(KNOWN))
    assert refused.value.code == "ID_OF_OTHER_TYPE"
    assert refused.value.message == "Expected the id of an Account (acc_…), not plan_…."


def test_prefixes_and_types_are_registered_once() -> None:
    """A second source of a prefix or of a type does not start, nor does a bad prefix."""
    with pytest.raises(ValueError, match="Acc"):
        IdKind(prefix="Acc", type_name="Account")
    for twin in (IdKind("acc", "Other"), IdKind("other", "Account")):
        sources = [NodeSource(kind, sample.fetch_accounts) for kind in (ACCOUNT_ID, twin)]
        with pytest.raises(ValueError, match="registered twice"):
            NodeRegistry(sources)


async def test_node_finds_an_object_by_its_id(client: GraphQLClient) -> None:
    """The type is told by the interface."""
    query = "query($id: ID!) { node(id: $id) { __typename id ... on Account { name } } }"
    answer = await client.ask(query, {"id": ACCOUNT_ID.encode(KEYS[0])})
    assert answer["data"]["node"] == {
        "__typename": "Account",
        "id": ACCOUNT_ID.encode(KEYS[0]),
        "name": "Account 1",
    }


async def test_absent_foreign_and_unknown_look_the_same(client: GraphQLClient) -> None:
    """Null for a key that nobody has, one of another tenant, and a prefix of no type."""
    ids = [
        ACCOUNT_ID.encode(KEYS[1]),
        ACCOUNT_ID.encode(KNOWN),
        ACCOUNT_ID.encode(KEYS[-1]),
        PLAN_ID.encode(KEYS[1]),
        ACCOUNT_ID.encode(KEYS[1]),
    ]
    answer = await client.ask("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ids})
    assert answer == {
        "data": {"nodes": [{"id": ids[0]}, None, None, None, {"id": ids[0]}]},
        "extensions": {"cost": {"requested": 5, "limit": 2000}},
    }


async def test_several_nodes_of_one_operation_are_one_fetch(client: GraphQLClient) -> None:
    """Three roots load together; a second operation remembers nothing of the first."""
    query = """query($a: ID!, $b: ID!) {
      x: node(id: $a) { id } y: node(id: $b) { id } z: node(id: $a) { id } }"""
    variables = {"a": ACCOUNT_ID.encode(KEYS[0]), "b": ACCOUNT_ID.encode(KEYS[1])}
    sample.FETCHES.clear()
    await client.ask(query, variables)
    await client.ask(query, variables)
    assert sample.FETCHES == [2, 2]


async def test_a_text_that_is_no_id_refuses_only_its_own_node(client: GraphQLClient) -> None:
    """Its neighbour is still found."""
    answer = await client.ask(
        'query($a: ID!) { good: node(id: $a) { id } bad: node(id: "x") { id } }',
        {"a": ACCOUNT_ID.encode(KEYS[0])},
    )
    assert answer["data"] == {"good": {"id": ACCOUNT_ID.encode(KEYS[0])}, "bad": None}
    assert answer["errors"][0]["extensions"]["code"] == "ID_MALFORMED"


async def test_more_than_100_ids_are_refused(client: GraphQLClient) -> None:
    """100 pass, 101 do not, and nothing is fetched."""
    query = "query($i: [ID!]!) { nodes(ids: $i) { id } }"
    ids = [ACCOUNT_ID.encode(KEYS[0])] * 101
    assert len((await client.ask(query, {"i": ids[:100]}))["data"]["nodes"]) == 100
    sample.FETCHES.clear()
    answer = await client.ask(query, {"i": ids})
    assert answer["errors"][0]["extensions"]["code"] == "TOO_MANY_IDS"
    assert sample.FETCHES == []
