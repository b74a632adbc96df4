"""The lists of a seller: where each can be read, and reading pages of some at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.clients.asking import Asking
from tests.clients.shape import ConnectionField

_KINDS: Final = {"first": "Int", "after": "String", "last": "Int", "before": "String"}


@dataclass(frozen=True, slots=True)
class Place:
    """One list: a connection's field, the object that it hangs on, and its arguments."""

    field: ConnectionField
    owner_id: str | None = None
    arguments: str = ""

    def __str__(self) -> str:
        told = f"({self.arguments})" if self.arguments else ""
        return f"{self.field}{told}" + (f" of {self.owner_id}" if self.owner_id else "")


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is to be read: of which list, what of it, and Relay's arguments."""

    place: Place
    selection: str
    arguments: Mapping[str, Any]

    def text(self, number: int) -> str:
        """Return the root field that reads it; its name and its variables end in a number."""
        field, owner = self.place.field, self.place.field.owner.name
        page = ", ".join(f"{name}: ${name}{number}" for name in self.arguments)
        given = ", ".join(part for part in (self.place.arguments, page) if part)
        read = f"{field.name}({given}) {{ {self.selection} }}"
        if self.place.owner_id is None:
            return f"page{number}: {read}"
        return f"page{number}: node(id: $owner{number}) {{ ... on {owner} {{ {read} }} }}"

    def variables(self, number: int) -> dict[str, tuple[str, Any]]:
        """Return the variables of that field: each with its type and its value."""
        found = {
            f"{name}{number}": (_KINDS[name], value) for name, value in self.arguments.items()
        }
        if self.place.owner_id is not None:
            found[f"owner{number}"] = ("ID!", self.place.owner_id)
        return found


async def read_pages(asking: Asking, pages: Sequence[Page]) -> list[dict[str, Any] | None]:
    """Return pages, all read by one request; None where the list's object is not there."""
    variables: dict[str, tuple[str, Any]] = {}
    for number, page in enumerate(pages):
        variables |= page.variables(number)
    declared = ", ".join(f"${name}: {kind}" for name, (kind, _value) in variables.items())
    fields = " ".join(page.text(number) for number, page in enumerate(pages))
    given = {name: value for name, (_kind, value) in variables.items()}
    data = await asking.data(f"query ({declared}) {{ {fields} }}", **given)
    return [_list(data[f"page{number}"], page.place) for number, page in enumerate(pages)]


def _list(found: dict[str, Any] | None, place: Place) -> dict[str, Any] | None:
    if found is None or place.owner_id is None:
        return found
    nested: dict[str, Any] | None = found[place.field.name]
    return nested
