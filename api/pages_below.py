"""A list below each of many parents, as a field: its order is named once, where it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from api.context import Info
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments
from api.pages import Listing, NestedLoad, nested_pages

RecordT = TypeVar("RecordT")
NodeT = TypeVar("NodeT")


@dataclass(frozen=True, slots=True)
class PagesBelow(Generic[NodeT]):
    """What loads a page below a parent, with those of its siblings."""

    load: NestedLoad[NodeT]
    sort: Sort

    async def page(
        self, info: Info, *, parent: UUID, asked: PageArguments
    ) -> Connection[NodeT]:
        """Return the page that is asked for below `parent`.

        Raises:
            PageInvalid: the arguments do not make a page.
            CursorInvalid: a cursor is of another order.
        """
        request = asked.in_order(self.sort)
        return await info.context.loaders.of(self.load).load((parent, request))


def pages_below(
    listing: Listing[RecordT, NodeT], *, parent: Any, sort: Sort
) -> PagesBelow[NodeT]:
    """List rows by the column that refers to their parent; keep it in a module."""
    return PagesBelow(nested_pages(listing, parent=parent, sort=sort), sort)
