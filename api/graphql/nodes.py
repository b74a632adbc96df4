"""Relay's object identification: `node` and `nodes` find anything by its id.

What is absent, what another tenant owns and what has an unknown prefix look the same:
null. Only a text that is no id is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import strawberry

from api.graphql.context import Context
from api.graphql.cost import FieldCost
from api.graphql.ids import IdKind, split_id
from core.kernel.errors import Refusal

MAX_NODES: Final = 100


@strawberry.interface(description="An object with an id of its own.")
class Node:
    """An object that `node` finds; its id is computed before, never by a resolver."""

    id: strawberry.ID = strawberry.field(description="The same for the life of the object.")


NodeFetch = Callable[[Any, Sequence[UUID]], Awaitable[Mapping[UUID, Node]]]
"""Fetches the nodes of one type that the context's viewer may see, at once, by key."""


class TooManyIds(Refusal):
    """More ids were asked for than one page may hold."""

    code: ClassVar[str] = "TOO_MANY_IDS"


@dataclass(frozen=True, slots=True)
class NodeSource:
    """Where the nodes of one type come from."""

    kind: IdKind
    fetch: NodeFetch


class NodeRegistry:
    """Finds nodes of every registered type.

    Two sources with one prefix or one type name are a mistake of the programmer.
    """

    def __init__(self, sources: Iterable[NodeSource]) -> None:
        self._by_prefix: dict[str, NodeSource] = {}
        type_names: set[str] = set()
        for source in sources:
            kind = source.kind
            if kind.prefix in self._by_prefix or kind.type_name in type_names:
                raise ValueError(f"{kind.prefix} ({kind.type_name}) is registered twice")
            self._by_prefix[kind.prefix] = source
            type_names.add(kind.type_name)

    async def fetch(self, context: Context, ids: Sequence[str]) -> list[Node | None]:
        """Return a node or None for each id, by one fetch for each type among them."""
        keys = [split_id(text, path=("ids",)) for text in ids]
        wanted: dict[str, dict[UUID, None]] = {}
        for prefix, key in keys:
            if prefix in self._by_prefix:
                wanted.setdefault(prefix, {})[key] = None
        found: dict[tuple[str, UUID], Node] = {}
        for prefix, unique in wanted.items():
            nodes = await self._by_prefix[prefix].fetch(context, list(unique))
            found.update({(prefix, key): node for key, node in nodes.items()})
        return [found.get(prefix_and_key) for prefix_and_key in keys]


def node_query(registry: NodeRegistry) -> type:
    """Make a root type with `node` and `nodes`; one for each schema."""

    async def fetch_all(context: Context, ids: list[str]) -> list[Node | None]:
        return await registry.fetch(context, ids)

    @strawberry.type(description="Finds objects by their ids.")
    class NodeQuery:
        @strawberry.field(description="The object with this id, or null.")
        async def node(
            self,
            info: strawberry.Info[Context, None],
            id: Annotated[  # noqa: A002 - Relay names the argument
                strawberry.ID, strawberry.argument(description="A global id.")
            ],
        ) -> Node | None:
            split_id(id, path=("id",))  # so that one bad id does not refuse its neighbours
            return await info.context.loaders.of(fetch_all).load(str(id))

        @strawberry.field(
            description=f"The objects with these ids, in their order; at most {MAX_NODES}.",
            metadata=FieldCost(sized_by="ids").metadata(),
        )
        async def nodes(
            self,
            info: strawberry.Info[Context, None],
            ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids.")],
        ) -> list[Node | None]:
            if len(ids) > MAX_NODES:
                raise TooManyIds(f"Ask for at most {MAX_NODES} ids at once.", path=("ids",))
            return await registry.fetch(info.context, ids)

    return NodeQuery
