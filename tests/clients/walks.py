"""Page walks: every list of the schema, forwards and backwards, by 1, 2 and 7.

Whatever the size of its pages and the direction, a list has the same rows in the same
order: none twice, none left out, and `pageInfo` says at every page whether more follows.
All the walks of one list go side by side: a request reads the next page of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.clients.asking import Asking, Refused
from tests.clients.filled import PLAYED, SLUG
from tests.clients.places import Page, Place, read_pages
from tests.clients.shape import connections_of, has_id
from tests.clients.stage import Stage
from tests.clients.survey import Survey, surveyed
from tests.clients.verdict import Verdict

MAY_BE_EMPTY: Final[dict[str, str]] = {}
"""Connections that no seller here has rows in, and why; they are walked as empty lists."""
SIZES: Final = (1, 2, 7)
WHOLE: Final = 100
MOST_PAGES: Final = 5
"""Pages of one walk; a longer list is compared as far as that leads."""


@dataclass(frozen=True, slots=True)
class Row:
    """An edge, as two walks are compared by it."""

    key: str
    cursor: str


@dataclass(slots=True)
class Walk:
    """One way through a list, as far as it has come."""

    size: int
    backwards: bool
    rows: list[Row] = field(default_factory=list)
    pages: int = 0
    is_over: bool = False
    at: str | None = None
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{'last' if self.backwards else 'first'}: {self.size}"

    def arguments(self) -> dict[str, Any]:
        """Return what asks for its next page."""
        if self.backwards:
            return {"last": self.size, "before": self.at}
        return {"first": self.size, "after": self.at}

    def take(self, page: dict[str, Any] | None) -> None:
        """Go on by a page; the rows are in the order of the walk."""
        self.pages += 1
        if page is None:
            self.is_over = True
            return
        self.problems += _page_problems(page, self)
        rows = [_row(edge) for edge in page["edges"]]
        self.rows += rows[::-1] if self.backwards else rows
        told = page["pageInfo"]
        self.is_over = not told["hasPreviousPage" if self.backwards else "hasNextPage"]
        self.at = told["startCursor" if self.backwards else "endCursor"]


async def check_walks(stage: Stage, verdict: Verdict) -> None:
    """Walk the lists of the filled seller, and those that only the other one has.

    A connection that is nowhere filled proves nothing.
    """
    filled, played = await surveyed(stage, SLUG), await surveyed(stage, PLAYED)
    has_rows = await _seller_walked(stage, SLUG, verdict, filled, besides=set())
    has_rows |= await _seller_walked(stage, PLAYED, verdict, played, besides=has_rows)
    fields = {str(each) for each in connections_of(filled.schema)}
    verdict.counts["connections"] = len(fields)
    verdict.counts["of them without a row"] = len(fields - has_rows)
    empty = sorted(fields - has_rows - set(MAY_BE_EMPTY))
    verdict.wrong += [f"{name} has no row at any seller" for name in empty]
    needless = sorted(set(MAY_BE_EMPTY) - (fields - has_rows))
    verdict.wrong += [f"{name} need not be excused" for name in needless]


async def _seller_walked(
    stage: Stage, seller: str, verdict: Verdict, survey: Survey, *, besides: set[str]
) -> set[str]:
    """Walk a seller's longest lists besides those of some fields; return which have rows."""
    verdict.wrong += survey.problems
    places = [each for each in survey.longest().values() if str(each.field) not in besides]
    async with Asking(stage.url, stage.keys()[seller]) as asking:
        for place in places:
            await _walked(asking, place, verdict)
    return {str(place.field) for place in places if survey.lists[place]}


async def _walked(asking: Asking, place: Place, verdict: Verdict) -> None:
    """Compare the walks of one list with each other."""
    walks = [Walk(size, backwards) for size in (WHOLE, *SIZES) for backwards in (False, True)]
    try:
        await _go(asking, place, walks)
    except Refused as refused:
        verdict.wrong.append(f"{place}: {refused}")
        return
    problems = [problem for walk in walks for problem in walk.problems]
    problems += _compared(walks)
    verdict.wrong += [f"{place}: {problem}" for problem in dict.fromkeys(problems)]
    verdict.counts["lists"] += 1
    verdict.counts["pages"] += sum(walk.pages for walk in walks)
    verdict.counts["rows"] += len(walks[0].rows)


async def _go(asking: Asking, place: Place, walks: Sequence[Walk]) -> None:
    own = "__typename id" if has_id(place.field.node_type) else "__typename"
    selection = (
        f"edges {{ cursor node {{ {own} }} }} "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    )
    for _page in range(MOST_PAGES):
        going = [walk for walk in walks if not walk.is_over]
        if not going:
            return
        pages = [Page(place, selection, walk.arguments()) for walk in going]
        for walk, page in zip(going, await read_pages(asking, pages), strict=True):
            walk.take(page)


def _compared(walks: Sequence[Walk]) -> list[str]:
    """Return where walks of one list differ; the first two are by the largest pages."""
    whole, from_end = walks[0].rows, walks[1].rows
    problems = []
    if walks[0].is_over and whole != from_end[::-1]:
        problems.append("read from its end, it is another list")
    if len({row.key for row in whole}) != len(whole):
        problems.append("a row comes twice")
    if len({row.cursor for row in whole}) != len(whole):
        problems.append("two rows have one cursor")
    for walk in walks[2:]:
        expected = from_end if walk.backwards else whole
        reached = len(whole) if walk.is_over else walk.size * MOST_PAGES
        if walk.rows != expected[:reached]:
            problems.append(f"{walk}: rows are missing, twice, or in another order")
    return problems


def _row(edge: dict[str, Any]) -> Row:
    return Row(key=edge["node"].get("id") or edge["cursor"], cursor=edge["cursor"])


def _page_problems(page: dict[str, Any], walk: Walk) -> list[str]:
    """Return what a page says of itself that cannot be."""
    problems = []
    edges, told = page["edges"], page["pageInfo"]
    if len(edges) > walk.size:
        problems.append(f"a page of {walk.size} has {len(edges)} edges")
    ends = (edges[0]["cursor"], edges[-1]["cursor"]) if edges else (None, None)
    if (told["startCursor"], told["endCursor"]) != ends:
        problems.append("startCursor and endCursor are not those of the edges")
    goes_on, came_from = (
        (told["hasPreviousPage"], told["hasNextPage"])
        if walk.backwards
        else (told["hasNextPage"], told["hasPreviousPage"])
    )
    if goes_on and len(edges) < walk.size:
        problems.append("a page is not full, and says that more follows")
    if came_from == (walk.at is None):
        problems.append("the side that the walk came from is told wrongly")
    return problems
