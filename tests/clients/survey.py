"""Which lists a seller has, and how long they are.

Objects are found as a client would find them: from the pages of the roots, along fields to
other objects, and from the pages of those, a few rounds deep.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
)

from tests.clients.asking import Asking, Refused
from tests.clients.filled import RICHEST, SLUG
from tests.clients.places import Page, Place, read_pages
from tests.clients.shape import ConnectionField, connections_of, introspected, is_node
from tests.clients.stage import Stage

ROUNDS: Final = 4
OBJECTS_OF_A_TYPE: Final = 5
PAGE: Final = 12
"""Rows that are counted: more than the filled seller has of anything but a few."""
AT_ONCE: Final = 6


@dataclass(slots=True)
class Survey:
    """A seller's lists with the rows of their first pages, and what could not be read."""

    schema: GraphQLSchema
    lists: dict[Place, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    known: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Ids of some objects, by their types."""

    def longest(self) -> dict[tuple[ConnectionField, str], Place]:
        """Return the longest list of each field in each of its orders."""
        found: dict[tuple[ConnectionField, str], Place] = {}
        for place, rows in self.lists.items():
            key = (place.field, order_of(place))
            if key not in found or rows > self.lists[found[key]]:
                found[key] = place
        return found


def order_of(place: Place) -> str:
    """Return the order that a list is read in; empty where its field has only one."""
    _, _, order = place.arguments.partition("orderBy: ")
    return order


_surveys: dict[tuple[str, str], asyncio.Task[Survey]] = {}


async def surveyed(stage: Stage, seller: str) -> Survey:
    """Return what a seller has, looked at once for all checks of a run."""
    key = (stage.url, seller)
    if key not in _surveys:
        _surveys[key] = asyncio.create_task(_survey(stage, seller))
    return await _surveys[key]


async def _survey(stage: Stage, seller: str) -> Survey:
    async with Asking(stage.url, stage.keys()[seller]) as asking:
        survey = Survey(await introspected(asking))
        fields = connections_of(survey.schema)
        if seller == SLUG:
            await _begin(asking, survey)
        for _round in range(ROUNDS):
            new = [place for place in _places(fields, survey) if place not in survey.lists]
            for first in range(0, len(new), AT_ONCE):
                await _look(asking, survey, new[first : first + AT_ONCE])
    return survey


async def _begin(asking: Asking, survey: Survey) -> None:
    """Begin at what was made to have something of everything."""
    for kind, refs in RICHEST.items():
        fields = " ".join(
            f'at{number}: {kind.lower()}(ref: "{ref}") {{ id }}'
            for number, ref in enumerate(refs)
        )
        found = await asking.data(f"{{ {fields} }}")
        survey.known[kind] = {each["id"]: None for each in found.values()}


async def _look(asking: Asking, survey: Survey, places: Sequence[Place]) -> None:
    """Read the first pages of some lists; one by one where one of them is refused."""
    pages = [Page(place, _selection(place), {"first": PAGE}) for place in places]
    try:
        found = await read_pages(asking, pages)
    except Refused as refused:
        if len(places) == 1:
            survey.lists[places[0]] = 0
            survey.problems.append(f"{places[0]}: {refused}")
            return
        for place in places:
            await _look(asking, survey, [place])
        return
    for place, page in zip(places, found, strict=True):
        nodes = [edge["node"] for edge in page["edges"]] if page else []
        survey.lists[place] = len(nodes)
        for kind, key in _named(nodes):
            if len(survey.known[kind]) < OBJECTS_OF_A_TYPE:
                survey.known[kind][key] = None


def _places(fields: Sequence[ConnectionField], survey: Survey) -> Iterator[Place]:
    for each in fields:
        owners = [None] if each.is_root else list(survey.known.get(each.owner.name, ()))
        for owner in owners:
            for arguments in _arguments(each, survey):
                yield Place(each, owner, arguments)


def _arguments(each: ConnectionField, survey: Survey) -> list[str]:
    """Return the arguments to read a field with: every order, and what it cannot do without."""
    given = [""]
    if "where" in each.needs:
        given = [f'where: {{ account: "{one}" }}' for one in survey.known.get("Account", ())]
    if each.orders:
        given = [
            ", ".join(part for part in (one, f"orderBy: {order}") if part)
            for one in given
            for order in each.orders
        ]
    return given


def _selection(place: Place) -> str:
    return f"edges {{ node {{ {_names(place.field.node_type)} }} }}"


def _names(kind: GraphQLObjectType | GraphQLInterfaceType) -> str:
    """Select an object's type and id, and those of the objects that its fields lead to."""
    own = "__typename id" if "id" in kind.fields else "__typename"
    beside = [
        f"{name} {{ __typename id }}"
        for name, each in kind.fields.items()
        if is_node(get_named_type(each.type))
        and not is_list_type(get_nullable_type(each.type))
        and not any(is_required_argument(argument) for argument in each.args.values())
    ]
    return " ".join([own, *beside])


def _named(found: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for one in found:
        if not isinstance(one, dict):
            continue
        if "id" in one:
            yield one["__typename"], one["id"]
        yield from _named([value for value in one.values() if isinstance(value, dict)])
