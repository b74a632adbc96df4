"""Pages: arguments, cursors, page information and the SQL behind them."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, create_engine, select
from sqlalchemy.dialects import postgresql

from api.graphql.connection import CursorKeys, PageInvalid, PageRequest, page_request
from api.graphql.cursor import CursorInvalid, decode_cursor, encode_cursor
from api.graphql.keyset import Sort, SortKey
from tests.graphql.conftest import GraphQLClient

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PAGE = """query Page($first: Int, $after: String, $last: Int, $before: String) {
  accounts(first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def page(client: GraphQLClient, **arguments: Any) -> Any:
    """Ask for a page of the five accounts."""
    return (await client.ask(PAGE, arguments))["data"]["accounts"]


def names(found: Any) -> list[str]:
    """The numbers of the accounts on a page."""
    return [edge["node"]["name"].removeprefix("Account ") for edge in found["edges"]]


async def test_a_walk_forwards_sees_everything_once(client: GraphQLClient) -> None:
    """Pages of two: 1 2, 3 4, 5."""
    seen, after = [], None
    flags = []
    for _ in range(3):
        found = await page(client, first=2, after=after)
        info = found["pageInfo"]
        seen.append(names(found))
        flags.append((info["hasPreviousPage"], info["hasNextPage"]))
        assert info["startCursor"] == found["edges"][0]["cursor"]
        after = info["endCursor"]
    assert seen == [["1", "2"], ["3", "4"], ["5"]]
    assert flags == [(False, True), (True, True), (True, False)]


async def test_a_walk_backwards_keeps_the_lists_order(client: GraphQLClient) -> None:
    """Pages of two from the end: 4 5, 2 3, 1."""
    seen, before = [], None
    flags = []
    for _ in range(3):
        found = await page(client, last=2, before=before)
        info = found["pageInfo"]
        seen.append(names(found))
        flags.append((info["hasPreviousPage"], info["hasNextPage"]))
        before = info["startCursor"]
    assert seen == [["4", "5"], ["2", "3"], ["1"]]
    assert flags == [(True, False), (True, True), (False, True)]


async def test_a_page_may_lie_between_two_cursors(client: GraphQLClient) -> None:
    """After 1 and before 4: 2 and 3."""
    everything = await page(client)
    cursors = [edge["cursor"] for edge in everything["edges"]]
    found = await page(client, after=cursors[0], before=cursors[3])
    assert names(found) == ["2", "3"]


async def test_a_list_is_counted_up_to_a_bound(client: GraphQLClient) -> None:
    """The whole list, whatever the page."""
    assert (await page(client, first=1))["totalCount"] == 5


async def test_an_empty_page_has_no_cursors(client: GraphQLClient) -> None:
    """After the last account there is nothing."""
    last = (await page(client, last=1))["pageInfo"]["endCursor"]
    found = await page(client, after=last)
    assert found["edges"] == []
    assert (found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"first": -1}, "first"),
        ({"last": 0}, "last"),
        ({"last": 101}, "last"),
        ({"first": 1, "last": 1}, "last"),
    ],
)
async def test_a_page_of_an_impossible_size_is_refused(
    client: GraphQLClient, arguments: dict[str, int], path: str
) -> None:
    """1 to 100, in one direction."""
    answer = await client.ask(PAGE, arguments)
    assert answer["data"] is None
    extensions = answer["errors"][0]["extensions"]
    assert (extensions["code"], extensions["inputPath"]) == ("PAGE_INVALID", [path])


def test_a_page_has_20_edges_unless_asked() -> None:
    """And reads backwards when only `before` is given."""
    keys = CursorKeys("s", (int,))
    assert page_request(keys) == PageRequest(size=20)
    assert page_request(keys, first=100).size == 100
    assert page_request(keys, before=encode_cursor("s", (1,))).backwards
    assert not page_request(keys, first=3, before=encode_cursor("s", (1,))).backwards
    with pytest.raises(PageInvalid):
        page_request(keys, first=1, last=1)


VALUES = (
    "naïve",
    -(2**63),
    True,
    ID,
    datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC),
    date(2024, 2, 29),
)
TYPES = (str, int, bool, UUID, datetime, date)


def test_a_cursor_brings_its_values_back() -> None:
    """Every type that may be sorted by, to the microsecond."""
    text = encode_cursor("account.all", VALUES)
    assert decode_cursor(text, sort_id="account.all", types=TYPES) == VALUES
    assert text.isascii()
    assert "=" not in text


def raw_cursor(content: Any) -> str:
    """Encode any content as a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "####",
        "bm90anNvbg",
        raw_cursor(None),
        raw_cursor({}),
        raw_cursor([]),
        raw_cursor([1]),
        raw_cursor([2, "s", 1, str(ID)]),
        raw_cursor([1, "other", 1, str(ID)]),
        raw_cursor([1, "s", 1]),
        raw_cursor([1, "s", 1, str(ID), 1]),
        raw_cursor([1, "s", "1", str(ID)]),
        raw_cursor([1, "s", True, str(ID)]),
        raw_cursor([1, "s", 1.5, str(ID)]),
        raw_cursor([1, "s", 2**63, str(ID)]),
        raw_cursor([1, "s", None, str(ID)]),
        raw_cursor([1, "s", 1, "x"]),
        raw_cursor([1, "s", 1, {}]),
        raw_cursor([[1], "s", 1, str(ID)]),
        raw_cursor([1, "s", 1, "a" * 2000]),
    ],
)
def test_a_cursor_that_does_not_fit_is_refused(text: str) -> None:
    """Broken, of another version, sort or shape, or with values of other types."""
    with pytest.raises(CursorInvalid) as refused:
        decode_cursor(text, sort_id="s", types=(int, UUID), path=("after",))
    assert (refused.value.code, refused.value.path) == ("CURSOR_INVALID", ("after",))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (datetime, "2026-01-31T12:00:00"),
        (datetime, "9999-99-99"),
        (date, "2026-02-30"),
        (str, "a\0"),
        (bool, 1),
    ],
)
def test_a_value_that_is_none_of_its_type_is_refused(type_: type, value: object) -> None:
    """An instant needs its offset, text has no NUL."""
    with pytest.raises(CursorInvalid):
        decode_cursor(raw_cursor([1, "s", value]), sort_id="s", types=(type_,))


ROWS = Table(
    "row",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("is_open", Boolean, nullable=False),
)
BY_RANK = Sort("rank", SortKey(ROWS.c.rank, int), SortKey(ROWS.c.id, int))
BY_RANK_DOWN = Sort(
    "rank_down",
    SortKey(ROWS.c.rank, int, descending=True),
    SortKey(ROWS.c.id, int, descending=True),
)
MIXED = Sort(
    "mixed",
    SortKey(ROWS.c.is_open, bool, descending=True),
    SortKey(ROWS.c.rank, int),
    SortKey(ROWS.c.name, str, descending=True),
    SortKey(ROWS.c.id, int),
)


def sql(sort: Sort, **arguments: Any) -> str:
    """Write a page's WHERE and what follows, for PostgreSQL."""
    statement = sort.page(select(ROWS.c.id), PageRequest(**arguments))
    compiled = statement.compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    return " ".join(str(compiled).split()).removeprefix("SELECT row.id FROM row ")


def test_one_direction_compares_row_values() -> None:
    """The form that one index range scan answers."""
    assert sql(BY_RANK, size=2, after=(7, 3)) == (
        "WHERE (row.rank, row.id) > (7, 3) ORDER BY row.rank ASC, row.id ASC LIMIT 3"
    )
    assert sql(BY_RANK_DOWN, size=2, after=(7, 3)) == (
        "WHERE (row.rank, row.id) < (7, 3) ORDER BY row.rank DESC, row.id DESC LIMIT 3"
    )
    assert sql(BY_RANK, size=2, before=(7, 3), backwards=True) == (
        "WHERE (row.rank, row.id) < (7, 3) ORDER BY row.rank DESC, row.id DESC LIMIT 3"
    )


def test_mixed_directions_have_the_extra_bound() -> None:
    """The first column is bounded, so that its index begins at the edge."""
    mixed = Sort("m", SortKey(ROWS.c.rank, int, descending=True), SortKey(ROWS.c.id, int))
    assert sql(mixed, size=5, after=(7, 3)) == (
        "WHERE row.rank <= 7 AND (row.rank < 7 OR row.rank = 7 AND row.id > 3) "
        "ORDER BY row.rank DESC, row.id ASC LIMIT 6"
    )


@pytest.mark.parametrize("sort", [BY_RANK, BY_RANK_DOWN, MIXED], ids=["up", "down", "mixed"])
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_walks_see_each_row_once_in_either_direction(sort: Sort, backwards: bool) -> None:
    """24 rows with many ties, in pages of five: 5 + 5 + 5 + 5 + 4."""
    engine = create_engine("sqlite://")
    ROWS.metadata.create_all(engine)
    rows = [
        {"id": n, "rank": n % 3, "name": "ab"[n % 2], "is_open": n % 4 > 1} for n in range(24)
    ]
    columns = [key.column for key in sort.keys]
    with engine.begin() as connection:
        connection.execute(ROWS.insert(), rows)
        everything = [
            tuple(row)
            for row in connection.execute(sort.page(select(*columns), PageRequest(size=100)))
        ]
        pages, edge = [], None
        for _ in range(5):
            where = {"before" if backwards else "after": edge}
            request = PageRequest(size=5, backwards=backwards, **where)  # type: ignore[arg-type]
            found = [
                tuple(row) for row in connection.execute(sort.page(select(*columns), request))
            ]
            pages.append(found[:5])
            edge = pages[-1][-1]
    engine.dispose()
    seen = [row for found in pages for row in found]
    assert [len(found) for found in pages] == [5, 5, 5, 5, 4]
    assert seen == (everything[::-1] if backwards else everything)
    assert len(set(everything)) == 24


def test_a_sort_that_no_cursor_can_hold_does_not_start() -> None:
    """Floats are not sorted by, and there is at least one key."""
    with pytest.raises(ValueError, match="cannot stand in a cursor"):
        Sort("x", SortKey(ROWS.c.rank, float))
    with pytest.raises(ValueError, match="no key"):
        Sort("x")
