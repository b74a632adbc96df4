"""What a document may ask for, and what happens to those that ask for more."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode, get_introspection_query, parse

from api.graphql.cost import Limits, Walk, Weight
from api.graphql.guard import RULES, CheckedDocument, DocumentCache, Guard, guard_factory
from api.graphql.weighing import Weighing
from tests.graphql.conftest import GraphQLClient


def weighed(
    schema: Any, query: str, variables: dict[str, Any] | None = None
) -> tuple[Weight, Walk]:
    """Weigh the first operation of a document."""
    document = parse(query)
    walk = Walk(
        schema=schema._schema, document=document, variables=variables or {}, limits=Limits()
    )
    (operation, *_) = [
        n for n in document.definitions if isinstance(n, OperationDefinitionNode)
    ]
    return walk.weigh(operation), walk


def nested(field: str, depth: int) -> str:
    """Nest a field of Account so that its name is at the given depth."""
    return "{ account " + f"{{ {field} " * (depth - 2) + "{ name } " + "} " * (depth - 2) + "}"


LIMITS = [
    ("depth", 12, lambda n: nested("parent", n)),
    (
        "aliases",
        30,
        lambda n: "{ account { " + " ".join(f"a{i}: name" for i in range(n)) + " } }",
    ),
    ("directives", 60, lambda n: "{ hello " + "@include(if: true) " * n + "}"),
    ("root_fields", 20, lambda n: "{ " + "hello " * n + "}"),
    (
        "mutations",
        4,
        lambda n: (
            "mutation { "
            + 'accountClose(input: {accountId: "acc_1"}) { account { id } } ' * n
            + "}"
        ),
    ),
    (
        "operations",
        10,
        lambda n: " ".join(f"query Q{i} {{ hello }}" for i in range(n)),
    ),
    (
        "introspections",
        2,
        lambda n: "{ " + '__type(name: "Account") { name } ' * n + "}",
    ),
    ("fields", 500, lambda n: "{ account { " + "name " * (n - 1) + "} }"),
]


@pytest.mark.parametrize(
    ("limit", "allowed", "document"), LIMITS, ids=[row[0] for row in LIMITS]
)
async def test_a_limit_is_exact(
    client: GraphQLClient, limit: str, allowed: int, document: Any
) -> None:
    """The limit passes (or fails for another reason), one more is refused with its name."""
    within = await client.ask(document(allowed))
    codes = [error["extensions"]["code"] for error in within.get("errors", [])]
    assert "QUERY_TOO_COMPLEX" not in codes
    beyond = await client.post(document(allowed + 1))
    assert beyond.status_code == 400
    (error,) = beyond.json()["errors"]
    assert error["extensions"] == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": limit,
        "max": allowed,
        "actual": allowed + 1,
    }


async def test_the_cost_of_pages_multiplies(client: GraphQLClient) -> None:
    """100 accounts: 1 list of 100, and 100 edges, 100 nodes, 100 parents: beyond at 21."""
    query = "query($n: Int) { accounts(first: $n) { edges { node { siblings { name } } } } }"
    # n for the list, n edges, n nodes, 10 n siblings: 13 n, and the limit is 2000.
    fits = await client.ask(query, {"n": 100})
    assert fits["extensions"]["cost"] == {"requested": 1300, "limit": 2000}
    double = (
        "query($n: Int) { a: accounts(first: $n) { edges { node { siblings { name } } } } b: "
    )
    double += "accounts(first: $n) { edges { node { siblings { name } } } } }"
    beyond = await client.ask(double, {"n": 77})
    assert beyond["errors"][0]["extensions"] == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": "cost",
        "max": 2000,
        "actual": 2002,  # 2 * 13 * 77
    }


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ hello }", {}, 0),
        ("{ account { name } }", {}, 1),
        ("{ account { siblings { name } } }", {}, 11),
        ("{ accounts { edges { node { name } } } }", {}, 60),
        ("{ accounts(first: 5) { edges { node { name } } } }", {}, 15),
        ("{ accounts(last: 7) { edges { node { name } } } }", {}, 21),
        ("{ accounts(first: 0) { edges { node { name } } } }", {}, 3),
        ("query($n: Int) { accounts(first: $n) { edges { node { name } } } }", {"n": 9}, 27),
        ("query($n: Int = 50) { accounts(first: $n) { edges { node { name } } } }", {}, 150),
        ("query($n: Int) { accounts(first: $n) { edges { node { name } } } }", {}, 60),
        ("query($n: Int) { accounts(first: $n) { edges { node { name } } } }", {"n": None}, 60),
        ("query($n: Int) { accounts(first: $n) { edges { node { name } } } }", {"n": "x"}, 60),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 3),
        ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["a"] * 7}, 7),
        ("mutation { usageRecord(events: []) { text } }", {}, 50),
        ("mutation { usageRecord(events: []) { account { name } } }", {}, 51),
        ("fragment F on Query { account { name } } { ...F ...F }", {}, 2),
        ("{ ... on Query { account { parent { name } } } }", {}, 2),
        ("{ __schema { types { name } } }", {}, 50),
    ],
)
def test_the_cost_of_a_document(
    schema: Any, query: str, variables: dict[str, Any], cost: int
) -> None:
    """One for each object; a list counts its page, 20 by default, or 10 if unknown.

    A page of 5 costs 5 for itself, 5 edges and 5 nodes. A verdict list costs 50.
    """
    assert weighed(schema, query, variables)[0].cost == cost


async def test_a_page_that_no_list_answers_is_told_beside_its_cost(
    client: GraphQLClient,
) -> None:
    """Asking for less until it fits 2000 would end at 101, which is refused again."""
    query = "query($n: Int) { accounts(first: $n) { edges { node { name } } } }"
    beyond = "The document exceeds the limit of 2000 for cost. Ask for less, or split it."
    (error,) = (await client.ask(query, {"n": 100_000}))["errors"]
    assert error["message"] == f"{beyond} `first` and `last` are at most 100."

    lists = "query($n: Int) {" + " ".join(
        f"a{i}: accounts(first: $n) {{ edges {{ node {{ name }} }} }}" for i in range(7)
    )
    (error,) = (await client.ask(lists + "}", {"n": 100}))["errors"]  # 7 * 3 * 100 = 2100
    assert error["message"] == beyond


@pytest.mark.parametrize("first", ["99999999999999999999", "2147483647"])
def test_an_absurd_page_costs_the_most(schema: Any, first: str) -> None:
    """A number of any length is bounded before it is converted."""
    weight, _ = weighed(
        schema, "{ accounts(first: N) { edges { node { name } } } }".replace("N", first)
    )
    assert weight.cost == 1_000_000_000


async def test_nested_fragments_are_walked_once_each(
    schema: Any, client: GraphQLClient
) -> None:
    """25 fragments that each spread the next twice: 2^25 fields, 27 * 2 steps at most."""
    levels = 25
    parts = [f"fragment F{i} on Account {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels)]
    parts.append(f"fragment F{levels} on Account {{ name }}")
    query = "{ account { ...F0 } } " + " ".join(parts)
    weight, walk = weighed(schema, query)
    assert weight.fields == 33_554_433  # 2^25 names and the account
    assert walk.steps == 53  # account, F0, 25 * 2 spreads, one name
    beyond = await client.ask(query)
    assert beyond["errors"][0]["extensions"]["limit"] == "fields"


async def test_fragments_inside_introspection_are_counted_too(client: GraphQLClient) -> None:
    """What hides below __type is bounded like everything else."""
    parts = [f"fragment F{i} on __Type {{ ...F{i + 1} ...F{i + 1} }}" for i in range(20)]
    query = '{ __type(name: "Query") { ...F0 } } fragment F20 on __Type { name } '
    beyond = await client.ask(query + " ".join(parts))
    assert beyond["errors"][0]["extensions"]["limit"] == "fields"


@pytest.mark.parametrize(
    "query",
    [
        "{ account { ...A } } fragment A on Account { ...B } fragment B on Account { ...A }",
        "{ account { ...A } } fragment A on Account { ...A }",
        "{ account { ...Missing } }",
        "{ account { ... on Missing { name } } }",
        "{ missing { a { b { c } } } }",
        "{ hello { x } }",
    ],
)
async def test_an_invalid_document_ends_in_validation(
    client: GraphQLClient, query: str
) -> None:
    """Cycles and unknown names pass the walk and are reported by the standard rules."""
    answer = await client.ask(query)
    assert {e["extensions"]["code"] for e in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_too_many_tokens_are_not_parsed(client: GraphQLClient) -> None:
    """998 fields and two braces are 1000 tokens; one more is refused by the parser."""
    fits = await client.ask("{" + " hello" * 998 + "}")
    assert fits["errors"][0]["extensions"]["limit"] == "root_fields"
    beyond = await client.ask("{" + " hello" * 999 + "}")
    assert beyond["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert "1000 tokens" in beyond["errors"][0]["message"]


async def test_a_long_document_is_refused_unread(client: GraphQLClient) -> None:
    """50,000 characters pass the first check, 50,001 do not."""
    beyond = await client.ask("{ hello }" + " " * 49_992)
    assert beyond["errors"][0]["extensions"]["limit"] == "characters"
    fits = await client.ask("{ hello }" + " " * 49_991)
    assert fits["data"] == {"hello": "Hello you"}


@pytest.mark.parametrize(
    "query",
    [
        "{" + "account {" * 450 + "name" + "}" * 451,
        "{ hello(name: " + "[" * 480 + "]" * 480 + ") }",
        "{ hello(name: " + "{a:" * 300 + "1" + "}" * 300 + ") }",
    ],
)
async def test_a_document_nested_beyond_the_parsers_stack_is_refused(
    client: GraphQLClient, query: str
) -> None:
    """Nesting within the token limit never becomes a server error."""
    response = await client.post(query)
    assert response.status_code == 400
    assert {e["extensions"]["code"] for e in response.json()["errors"]} <= {
        "QUERY_TOO_COMPLEX",
        "GRAPHQL_PARSE_FAILED",
    }


async def test_many_problems_are_reported_as_five(client: GraphQLClient) -> None:
    """Twenty unknown fields give five errors."""
    answer = await client.ask("{ account {" + "".join(f" x{i}" for i in range(20)) + "} }")
    assert len(answer["errors"]) == 5


async def test_introspection_is_for_authenticated_callers(
    http: httpx.AsyncClient, client: GraphQLClient
) -> None:
    """The full query passes with a key; a stranger gets a code, and __typename."""
    known = await client.ask(get_introspection_query())
    assert known["data"]["__schema"]["queryType"]["name"] == "Query"
    for query in (get_introspection_query(), '{ __type(name: "Query") { name } }'):
        stranger = await http.post("/graphql", json={"query": query})
        assert stranger.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    typename = await http.post("/graphql", json={"query": "{ __typename }"})
    assert typename.json()["data"] == {"__typename": "Query"}


async def test_strangers_get_no_suggestions(
    http: httpx.AsyncClient, client: GraphQLClient
) -> None:
    """A near miss would otherwise tell the schema field by field."""
    stranger = await http.post("/graphql", json={"query": "{ helo }"})
    assert (
        stranger.json()["errors"][0]["message"] == "Cannot query field 'helo' on type 'Query'."
    )
    known = await client.ask("{ helo }")
    assert known["errors"][0]["message"].endswith("Did you mean 'hello'?")


async def test_a_valid_document_is_checked_once(schema: Any, client: GraphQLClient) -> None:
    """The second time it comes from the cache, and still has its limits by variables."""
    query = "query Cached($n: Int) { accounts(first: $n) { edges { node { name } } } }"
    cache = cache_of(schema)
    before = cache.hits
    assert (await client.ask(query, {"n": 1}))["extensions"]["cost"]["requested"] == 3
    assert cache.hits == before
    assert (await client.ask(query, {"n": 2}))["extensions"]["cost"]["requested"] == 6
    assert cache.hits == before + 1


async def test_an_invalid_document_is_not_kept(schema: Any, client: GraphQLClient) -> None:
    """Rubbish does not push valid documents out of the cache."""
    size = len(cache_of(schema))
    await client.ask("{ rubbish }")
    assert len(cache_of(schema)) == size


def test_the_cache_forgets_what_was_unused_for_longest() -> None:
    """Capacity 2: the third document pushes out the one not used since."""
    cache = DocumentCache(capacity=2)
    guards = guard_factory()
    assert isinstance(guards(), Guard)
    kept = {text: CheckedDocument(parse(text), ()) for text in ("{a}", "{b}", "{c}")}
    cache.keep("{a}", kept["{a}"])
    cache.keep("{b}", kept["{b}"])
    assert cache.find("{a}") is kept["{a}"]
    cache.keep("{c}", kept["{c}"])
    assert cache.find("{b}") is None
    assert cache.find("{a}") is kept["{a}"]


def test_the_rules_are_graphqls_and_strawberrys() -> None:
    """A rule that either of them adds must be added here: this pins their number.

    The rule of values is ours, which says where they stand. Strawberry's rule of inputs of one
    field says again what GraphQL's says with their path.
    """
    from graphql import specified_rules
    from strawberry.schema.schema import validate_document

    names = validate_document.__code__.co_names
    added = [name for name in names if name.endswith("Rule")]
    assert "OneOfInputValidationRule" in added
    assert [rule.__name__ for rule in RULES] == [
        rule.__name__.replace("ValuesOfCorrectType", "ValuesInPlace")
        for rule in specified_rules
    ] + [name for name in added if name != "OneOfInputValidationRule"]


def cache_of(schema: Any) -> DocumentCache:
    """Return the cache of a schema's guard."""
    guards = [made for made in schema.get_extensions() if isinstance(made, Guard)]
    return guards[0]._cache


@pytest.mark.parametrize(
    ("sent", "costs", "walks"),
    [
        (({"n": 3}, {"n": 3}), [9, 9], 1),
        (({"n": 3}, {"n": 3, "other": "x"}), [9, 9], 1),
        (({"n": 3}, {"n": 4}), [9, 12], 2),
        (({"n": 20}, {}), [60, 60], 2),
        (({"n": 1}, {"n": True}), [3, 60], 2),
    ],
    ids=["the same", "another variable", "another size", "the default", "no number"],
)
def test_a_document_is_walked_once_for_the_sizes_that_decide_its_weight(
    schema: Any,
    monkeypatch: pytest.MonkeyPatch,
    sent: tuple[dict[str, Any], ...],
    costs: list[int],
    walks: int,
) -> None:
    """Sent again with the same sizes it is not walked; a page of n costs 3 n, by default 60."""
    document = parse("query($n: Int) { accounts(first: $n) { edges { node { name } } } }")
    (operation,) = (n for n in document.definitions if isinstance(n, OperationDefinitionNode))
    weighing, walked = Weighing(document, [operation]), []
    weigh = Walk.weigh

    def counted(self: Walk, node: OperationDefinitionNode) -> Weight:
        walked.append(node)
        return weigh(self, node)

    monkeypatch.setattr(Walk, "weigh", counted)
    found = [
        weighing.weights(schema._schema, variables=variables, limits=Limits())
        for variables in sent
    ]
    assert [weight.cost for (weight,) in found] == costs
    assert len(walked) == walks
