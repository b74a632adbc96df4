"""Requests that are sent to do harm: each is refused with a code, and nobody beside it waits."""

# ruff: noqa: E501 - a row of the table is a line
from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import pytest

from tests.graphql.abuse.conftest import Server

JSON: Final = "application/json"
MIB: Final = 1_048_576
INSIDES: Final = (
    "Traceback", 'File "', ".py", "asyncpg", "sqlalchemy", "strawberry", "graphql-core",
    "orjson", "starlette", "uvicorn", "api.graphql", "0x",
)  # fmt: skip
"""What no answer to anybody holds."""


def asked(query: str, **more: Any) -> bytes:
    """A request as a client writes it."""
    return orjson.dumps({"query": query, **more})


def fans(depth: int) -> str:
    """Fragments that each spread the next one twice: 2 to the depth in all."""
    levels = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(depth)]
    return "{ ...F0 } " + " ".join(levels) + f" fragment F{depth} on Query {{ __typename }}"


def fields_in_fans(depth: int) -> str:
    """Fields with fragments nested below each other, on a type that has itself below it."""
    levels = [
        f"fragment F{n} on Tenant {{ a: __typename ...F{n + 1} b: __typename ...F{n + 1} }}"
        for n in range(depth)
    ]
    last = f"fragment F{depth} on Tenant {{ slug }}"
    return "{ tenant { ...F0 } } " + " ".join(levels) + last


def deep_introspection(depth: int) -> str:
    """The fields of the types of the fields of all types."""
    below = "fields { type { " * depth + "name" + " } }" * depth
    return "{ __schema { types { " + below + " } } }"


@dataclass(frozen=True)
class Row:
    """What is sent, and what must be answered."""

    name: str
    body: bytes
    status: int
    code: str
    headers: dict[str, str] = field(default_factory=dict)


BAD: Final = "BAD_REQUEST"
COMPLEX: Final = "QUERY_TOO_COMPLEX"
PARSE: Final = "GRAPHQL_PARSE_FAILED"
INVALID: Final = "GRAPHQL_VALIDATION_FAILED"
INPUT: Final = "BAD_USER_INPUT"
ROWS: Final = (
    Row("10,000 aliases", asked("{ " + " ".join(f"a{n}:__typename" for n in range(10_000)) + "}"), 400, COMPLEX),
    Row("100 aliases", asked("{ " + " ".join(f"a{n}:__typename" for n in range(100)) + "}"), 400, COMPLEX),
    Row("fragments in fans 25 deep", asked(fans(25)), 400, COMPLEX),
    Row("fields in fans 25 deep", asked(fields_in_fans(25)), 400, COMPLEX),
    Row("a fragment that spreads itself", asked("{ ...F } fragment F on Query { ...F }"), 400, INVALID),
    Row("a cycle of fragments", asked("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"), 400, INVALID),
    Row("5,000 directives", asked("{ __typename " + "@skip(if:false)" * 5000 + "}"), 400, COMPLEX),
    Row("3,000 directives", asked("{ __typename " + "@skip(if:false)" * 3000 + "}"), 400, PARSE),
    Row("120 directives", asked("{ __typename " + "@skip(if:false)" * 120 + "}"), 400, COMPLEX),
    Row("a field 900 times", asked("{ " + "__typename " * 900 + "}"), 400, COMPLEX),
    Row("depth 200", asked("{ tenant " + "{ tenant " * 200 + "{ id }" + "}" * 200 + "}"), 400, PARSE),
    Row("depth of a list value", asked('{ node(id: ' + "[" * 400 + "]" * 400 + ") { id } }"), 400, PARSE),
    Row("20,000 opening braces", asked("{" * 20_000), 400, PARSE),
    Row("JSON 50,000 deep", b'{"query":"{ __typename }","variables":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, 400, BAD),
    Row("arrays 50,000 deep", b"[" * 50_000 + b"]" * 50_000, 400, BAD),
    Row("JSON 1,000 deep in variables", b'{"query":"query($a:ID!){node(id:$a){id}}","variables":{"a":' + b"[" * 900 + b"]" * 900 + b"}}", 400, INPUT),
    Row("100,000 variables", asked("query($a:ID!){node(id:$a){id}}", variables={f"v{n}": n for n in range(60_000)}), 400, INPUT),
    Row("a list of 50,000 ids", asked("query($a:[ID!]!){nodes(ids:$a){id}}", variables={"a": ["acc_01h455vb4pex5vsknk084sn02q"] * 30_000}), 400, COMPLEX),
    Row("a text of a million characters", asked("query($a:ID!){node(id:$a){id}}", variables={"a": "x" * 1_000_000}), 200, "ID_MALFORMED"),
    Row("an id of 30,000 digits", b'{"query":"query($a:Int){accounts(first:$a){totalCount}}","variables":{"a":' + b"9" * 30_000 + b"}}", 400, BAD),
    Row("1 MiB and a byte", b" " * (MIB + 1), 413, "PAYLOAD_TOO_LARGE"),
    Row("broken JSON", b'{"query": "{ __typename }"', 400, BAD),
    Row("null", b"null", 400, BAD),
    Row("a text", b'"x"', 400, BAD),
    Row("an empty list", b"[]", 400, BAD),
    Row("a batch", b'[{"query":"{__typename}"},{"query":"{__typename}"}]', 400, BAD),
    Row("nothing", b"", 400, BAD),
    Row("no query", b"{}", 400, BAD),
    Row("a query that is a number", b'{"query":1}', 400, BAD),
    Row("variables that are a list", b'{"query":"{__typename}","variables":[1]}', 400, BAD),
    Row("bad UTF-8", b'{"query":"{ \xff\xfe }"}', 400, BAD),
    Row("half a surrogate", b'{"query":"{ node(id: \\"\\ud800\\") { id } }"}', 400, BAD),
    Row("UTF-16", '{"query":"{ __typename }"}'.encode("utf-16"), 400, BAD),
    Row("UTF-16 by its name", '{"query":"{ __typename }"}'.encode("utf-16"), 415, BAD, {"content-type": f"{JSON}; charset=utf-16"}),
    Row("gzip", gzip.compress(b'{"query":"{ __typename }"}'), 415, BAD, {"content-encoding": "gzip"}),
    Row("a bomb of gzip", gzip.compress(b" " * 50_000_000), 415, BAD, {"content-encoding": "gzip"}),
    Row("a form", b"query=%7B__typename%7D", 415, BAD, {"content-type": "application/x-www-form-urlencoded"}),
    Row("multipart", b"--x--", 415, BAD, {"content-type": "multipart/form-data; boundary=x"}),
    Row("5 changes", asked("mutation { " + " ".join(f"m{n}: closeStart {{ run {{ id }} }}" for n in range(5)) + "}"), 400, COMPLEX),
    Row("11 operations", asked(" ".join(f"query Q{n} {{ __typename }}" for n in range(11))), 400, COMPLEX),
    Row("introspection 3 times", asked("{ a: __schema { types { name } } b: __schema { types { name } } c: __schema { types { name } } }"), 400, COMPLEX),
    Row("introspection of types of types", asked(deep_introspection(9)), 400, INVALID),
    Row("a name of 500,000 letters", asked("{ " + "x" * 500_000 + " }"), 400, COMPLEX),
    Row("a name of 5,000 letters", asked("{ " + "x" * 5_000 + " }"), 400, INVALID),
    Row("a string without an end", asked('{ node(id: "' + "\\\\" * 15_000), 400, PARSE),
    Row("a block of quotes", asked('{ node(id: """' + '\\"""' * 2_000), 400, PARSE),
    Row("4,000 escapes", asked('{ node(id: "' + "\\u0041" * 4_000 + '") { id } }'), 200, "ID_MALFORMED"),
    Row("an escape beyond Unicode", asked('{ node(id: "\\u{110000}") { id } }'), 400, PARSE),
    Row("a NUL as an escape", asked('{ node(id: "\\u0000") { id } }'), 400, INPUT),
    Row("a NUL in the text", asked("{ node(id: \"a\0b\") { id } }"), 400, INPUT),
    Row("a NUL in a variable", asked("query($a:ID!){node(id:$a){id}}", variables={"a": "a\0b"}), 400, INPUT),
    Row("an operation name of a megabyte", asked("{ __typename }", operationName="x" * 900_000), 400, "OPERATION_RESOLUTION_FAILURE"),
    Row("a list of a thousand lists", asked("{ " + " ".join(f"a{n}: accounts(first: 100) {{ edges {{ node {{ invoices(first: 100) {{ edges {{ node {{ id }} }} }} }} }} }}" for n in range(15)) + "}"), 400, COMPLEX),
    Row("comments only", asked("#" * 100 + "\n"), 400, PARSE),
    Row("commas only", asked("," * 5_000), 400, PARSE),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda each: each.name)
async def test_an_abuse_is_refused_and_its_neighbour_served(server: Server, row: Row) -> None:
    """By its status and its code, without a word of our insides, in bounded memory."""
    headers = {"accept": "application/graphql-response+json", "content-type": JSON}

    async def sent() -> Any:
        async with server.client(**headers | row.headers) as http:
            return await http.post("/graphql", content=row.body)

    before = server.memory
    answer = await server.beside(sent)
    told = answer.json()["errors"][0]["extensions"]["code"]
    assert (answer.status_code, told) == (row.status, row.code), answer.text[:300]
    assert not [each for each in INSIDES if each in answer.text], answer.text[:1000]
    assert len(answer.content) < 10_000
    assert server.memory - before < 100


@pytest.mark.parametrize("excess", [0, 1, MIB])
async def test_a_body_of_no_declared_length_is_counted(server: Server, excess: int) -> None:
    """A mebibyte is read, and not one byte more."""
    body = asked("{ __typename }").ljust(MIB + excess)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    async def sent() -> Any:
        async with server.client(**{"content-type": JSON}) as http:
            return await http.post("/graphql", content=chunks())

    answer = await server.beside(sent)
    assert answer.status_code == (413 if excess else 200)
