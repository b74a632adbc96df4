"""Page walks: every list of the schema, forwards and backwards, by 1, 2 and 7.

Whatever the size of its pages and the direction, a list has the same rows in the same
order: none twice, none left out, and `pageInfo` says at every page whether more follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLSchema

from tests.clients.asking import Asking, Refused
from tests.clients.filling import SLUG
from tests.clients.places import Place, places_of
from tests.clients.shape import connections_of, has_id, introspected
from tests.clients.stage import Stage
from tests.clients.verdict import Verdict

SELLERS: Final = (SLUG, "crm-com", "crm360")
MAY_BE_EMPTY: Final = {
    "Query.parkedSubscriptions": "only what cannot be priced is parked",
    "Query.simulations": "runs in the background, long after the walks",
    "Simulation.failures": "runs in the background, long after the walks",
    "Simulation.results": "runs in the background, long after the walks",
    "Query.alerts": "the filled seller sets none up yet",
    "Query.alertEvents": "the filled seller sets none up yet",
    "Alert.events": "the filled seller sets none up yet",
    "Account.alertEvents": "the filled seller sets none up yet",
    "Subscription.alertEvents": "the filled seller sets none up yet",
    "Query.customerTokens": "the filled seller issues none yet",
    "Query.identityProviders": "needs a provider that the installation trusts",
    "Query.staffIdentities": "needs a provider that the installation trusts",
}
"""Connections that no seller here has rows in, and why; they are walked as empty lists."""
SIZES: Final = (1, 2, 7)
WHOLE: Final = 100
MOST_PAGES: Final = 6
"""Pages of one walk; a longer list is compared as far as that leads."""
LISTS_OF_A_FIELD: Final = 1
"""The longest lists of a field that are walked, of one seller."""


@dataclass(frozen=True, slots=True)
class Row:
    """An edge, as two walks are compared by it."""

    key: str
    cursor: str


async def check_walks(stage: Stage, verdict: Verdict) -> None:
    """Walk the lists of some sellers; a connection that is nowhere filled proves nothing."""
    seen: dict[str, int] = {}
    schema: GraphQLSchema | None = None
    for seller in SELLERS:
        async with Asking(stage.url, stage.keys()[seller]) as asking:
            schema = schema or await introspected(asking)
            await _seller_walked(asking, schema, verdict, seen)
    assert schema is not None
    fields = [str(field) for field in connections_of(schema)]
    verdict.counts["connections"] = len(fields)
    empty = [name for name in fields if not seen.get(name)]
    verdict.counts["of them without a row"] = len(empty)
    empty = [name for name in empty if name not in MAY_BE_EMPTY]
    verdict.wrong += [f"{name} has no row at any seller" for name in empty]


async def _seller_walked(
    asking: Asking, schema: GraphQLSchema, verdict: Verdict, seen: dict[str, int]
) -> None:
    """Walk a seller's lists; `seen` takes the most rows that each connection had."""
    by_field: dict[str, list[tuple[int, Place]]] = {}
    for place in await places_of(asking, schema):
        by_field.setdefault(str(place.field), [])
        rows = await _first_rows(asking, place, verdict)
        by_field[str(place.field)].append((rows, place))
    for name, found in by_field.items():
        found.sort(key=lambda each: -each[0])
        seen[name] = max(seen.get(name, 0), found[0][0])
        for _rows, place in found[:LISTS_OF_A_FIELD]:
            await _walked(asking, place, verdict)


async def _first_rows(asking: Asking, place: Place, verdict: Verdict) -> int:
    try:
        page = await place.page(asking, "edges { cursor }", first=WHOLE)
    except Refused as refused:
        verdict.wrong.append(f"{place}: {refused}")
        return 0
    return 0 if page is None else len(page["edges"])


async def _walked(asking: Asking, place: Place, verdict: Verdict) -> None:
    """Compare the walks of one list with each other."""
    verdict.counts["lists"] += 1
    problems: list[str] = []
    try:
        whole = await _walk(asking, place, size=WHOLE, backwards=False, problems=problems)
        from_end = await _walk(asking, place, size=WHOLE, backwards=True, problems=problems)
        if len(whole) < WHOLE * MOST_PAGES and whole != from_end[::-1]:
            problems.append("read from its end, it is another list")
        if len({row.key for row in whole}) != len(whole):
            problems.append("a row comes twice")
        if len({row.cursor for row in whole}) != len(whole):
            problems.append("two rows have one cursor")
        for size in SIZES:
            for backwards in (False, True):
                told = f"{'last' if backwards else 'first'}: {size}"
                rows = await _walk(
                    asking, place, size=size, backwards=backwards, problems=problems
                )
                expected = (from_end if backwards else whole)[: len(rows)]
                if rows != expected or (len(rows) < len(whole) and len(rows) < MOST_PAGES):
                    problems.append(f"{told}: rows are missing, twice, or in another order")
                verdict.counts["pages"] += -(-len(rows) // size) or 1
        verdict.counts["rows"] += len(whole)
    except Refused as refused:
        problems.append(str(refused))
    verdict.wrong += [f"{place}: {problem}" for problem in dict.fromkeys(problems)]


async def _walk(
    asking: Asking, place: Place, *, size: int, backwards: bool, problems: list[str]
) -> list[Row]:
    """Return the rows in the order of the walk, at most those of `MOST_PAGES` pages."""
    own = "__typename id" if has_id(place.field.node_type) else "__typename"
    selection = (
        f"edges {{ cursor node {{ {own} }} }} "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    )
    rows: list[Row] = []
    at: str | None = None
    for _page in range(MOST_PAGES):
        given = {"last": size, "before": at} if backwards else {"first": size, "after": at}
        page = await place.page(asking, selection, **given)
        if page is None:
            return rows
        edges, told = page["edges"], page["pageInfo"]
        problems += _page_problems(
            edges, told, size=size, is_first=at is None, backwards=backwards
        )
        found = [_row(edge) for edge in edges]
        rows += found[::-1] if backwards else found
        if not told["hasPreviousPage" if backwards else "hasNextPage"]:
            break
        at = told["startCursor" if backwards else "endCursor"]
    return rows


def _row(edge: dict[str, Any]) -> Row:
    return Row(key=edge["node"].get("id") or edge["cursor"], cursor=edge["cursor"])


def _page_problems(
    edges: Sequence[dict[str, Any]],
    told: dict[str, Any],
    *,
    size: int,
    is_first: bool,
    backwards: bool,
) -> list[str]:
    """Return what a page says of itself that cannot be."""
    problems = []
    if len(edges) > size:
        problems.append(f"a page of {size} has {len(edges)} edges")
    ends = (edges[0]["cursor"], edges[-1]["cursor"]) if edges else (None, None)
    if (told["startCursor"], told["endCursor"]) != ends:
        problems.append("startCursor and endCursor are not those of the edges")
    goes_on, came_from = (
        (told["hasPreviousPage"], told["hasNextPage"])
        if backwards
        else (told["hasNextPage"], told["hasPreviousPage"])
    )
    if goes_on and len(edges) < size:
        problems.append("a page is not full, and says that more follows")
    if came_from == is_first:
        problems.append("the side that the walk came from is told wrongly")
    return problems
