"""Relay connections over keysets: a page is found by the values at its edge.

The caller's statement is already limited to its tenant; this module adds where a page
begins, its order and its size. Sort columns are NOT NULL, and the last one is unique.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

import strawberry

from api.graphql.cursor import CursorValue, decode_cursor, encode_cursor
from core.kernel.errors import Refusal

DEFAULT_PAGE_SIZE: Final = 20
MAX_PAGE_SIZE: Final = 100
MAX_TOTAL_COUNT: Final = 10_000

NodeT = TypeVar("NodeT")
RowT = TypeVar("RowT")

CountUpTo = Callable[[int], Awaitable[int]]
"""Counts the rows of the whole list, but no further than the number it is given."""


class PageInvalid(Refusal):
    """The arguments of a page contradict each other or ask for too much."""

    code: ClassVar[str] = "PAGE_INVALID"


@dataclass(frozen=True, slots=True)
class CursorKeys:
    """What cursors need to know of a sort: its name and the types of its values."""

    sort_id: str
    types: tuple[type, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A page that may be asked for.

    Args:
        size: How many edges, 1 to 100.
        backwards: Whether the page ends at `before` (or the list's end).
        after: The values at which the page begins, exclusive.
        before: The values at which it ends, exclusive.
    """

    size: int = DEFAULT_PAGE_SIZE
    backwards: bool = False
    after: tuple[CursorValue, ...] | None = None
    before: tuple[CursorValue, ...] | None = None


def page_request(
    keys: CursorKeys,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> PageRequest:
    """Check Relay's four arguments and decode the cursors.

    Raises:
        PageInvalid: `first` and `last` together, or a size outside of 1 to 100.
        CursorInvalid: A cursor that does not fit the sort.
    """
    if first is not None and last is not None:
        raise PageInvalid("Give `first` or `last`, not both.", path=("last",))
    backwards = last is not None or (first is None and before is not None and after is None)
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
            raise PageInvalid(
                f"`{name}` must be from 1 to {MAX_PAGE_SIZE}, not {size}.", path=(name,)
            )

    def decoded(text: str | None, name: str) -> tuple[CursorValue, ...] | None:
        if text is None:
            return None
        return decode_cursor(text, sort_id=keys.sort_id, types=keys.types, path=(name,))

    return PageRequest(
        size=first or last or DEFAULT_PAGE_SIZE,
        backwards=backwards,
        after=decoded(after, "after"),
        before=decoded(before, "before"),
    )


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="Whether more follows this page.")
    has_previous_page: bool = strawberry.field(description="Whether more precedes this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first edge.", default=None
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last edge.", default=None
    )


@strawberry.type(description="One object of a page, and where it stands.")
class Edge(Generic[NodeT]):
    """A node and its cursor."""

    node: NodeT = strawberry.field(description="The object.")
    cursor: str = strawberry.field(description="Give it as `after` or `before`.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeT]):
    """A page of edges; `Connection[Account]` is `AccountConnection` in the schema."""

    edges: list[Edge[NodeT]] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    count_up_to: strawberry.Private[CountUpTo | None] = None

    @strawberry.field(
        description=f"How many the whole list holds; null beyond {MAX_TOTAL_COUNT}, "
        "or where it is not counted."
    )
    async def total_count(self) -> int | None:
        """Count the whole list, if it can be counted and is not too long."""
        if self.count_up_to is None:
            return None
        count = await self.count_up_to(MAX_TOTAL_COUNT + 1)
        return count if count <= MAX_TOTAL_COUNT else None


def connection_of(
    rows: Sequence[RowT],
    *,
    keys: CursorKeys,
    page: PageRequest,
    values_of: Callable[[RowT], Sequence[CursorValue]],
    node_of: Callable[[RowT], NodeT],
    count_up_to: CountUpTo | None = None,
) -> Connection[NodeT]:
    """Make a connection of the rows that a keyset statement returned.

    Args:
        rows: At most one more than the page's size, in the statement's order: reversed
            when the page is read backwards.
        keys: The sort that the rows came in.
        page: What was asked for.
        values_of: The sort's values of a row.
        node_of: The GraphQL object of a row.
        count_up_to: Counts the whole list when `totalCount` is selected.
    """
    has_more = len(rows) > page.size
    kept = list(rows[: page.size])
    if page.backwards:
        kept.reverse()
    edges = [
        Edge(node=node_of(row), cursor=encode_cursor(keys.sort_id, values_of(row)))
        for row in kept
    ]
    # The far side is not read: the cursor given there stands for an object beyond it.
    next_page = page.before is not None if page.backwards else has_more
    previous_page = has_more if page.backwards else page.after is not None
    info = PageInfo(
        has_next_page=next_page,
        has_previous_page=previous_page,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info, count_up_to=count_up_to)


def row_values(names: Sequence[str]) -> Callable[[Any], tuple[CursorValue, ...]]:
    """Return what reads a row's sort values by its attributes' names."""
    return lambda row: tuple(getattr(row, name) for name in names)
