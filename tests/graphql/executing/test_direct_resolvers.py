"""Resolvers that are called directly get what Strawberry would give them."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from strawberry.permission import BasePermission

from api.graphql.direct_resolvers import call_directly


class Closed(BasePermission):
    """Lets nobody in."""

    message = "closed"

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        """Refuse."""
        return False


def by_root(root: Bell, info: strawberry.Info) -> str:
    """Take the object by its other name."""
    return f"{root.name} {info.field_name}"


def by_parent(parent: strawberry.Parent[Bell]) -> str:
    """Take the object as a parent."""
    return parent.name


@strawberry.type
class Bell:
    """An object whose fields take all that there is to take."""

    name: str
    root: str = strawberry.field(resolver=by_root)
    parent: str = strawberry.field(resolver=by_parent)

    @strawberry.field
    def plain(self) -> str:
        """Take the object alone."""
        return self.name

    @strawberry.field
    async def awaited(self, info: strawberry.Info[str, None]) -> str:
        """Be awaited, and know the request."""
        return f"{self.name} {info.context} {info.python_name}"

    @strawberry.field
    async def rung(self, times: int = 2, loud: bool | None = strawberry.UNSET) -> str:
        """Take arguments, of which one may be left out altogether."""
        return f"{times} {loud is strawberry.UNSET} {loud}"

    @strawberry.field(permission_classes=[Closed])  # type: ignore[untyped-decorator]
    def closed(self) -> str | None:
        """Ask for a permission."""
        return self.name

    @strawberry.field
    def failing(self) -> str | None:
        """Raise."""
        raise LookupError(self.name)


@strawberry.type
class _Query:
    @strawberry.field
    async def bell(self: None) -> Bell:
        return Bell(name="big")


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("plain", "big"),
        ("root", "big root"),
        ("parent", "big"),
        ("awaited", "big me awaited"),
        ("rung", "2 True "),
        ("rung(times: 3)", "3 True "),
        ("rung(loud: null)", "2 False None"),
        ("closed", None),
        ("failing", None),
    ],
)
async def test_a_resolver_gets_what_it_takes(field: str, shown: str | None) -> None:
    """The answer is that of a schema whose resolvers Strawberry calls, errors included."""
    answers = []
    for is_direct in (True, False):
        schema = strawberry.Schema(_Query)
        if is_direct:
            call_directly(schema._schema, info_class=strawberry.Info)
        result = await schema.execute(f"{{ bell {{ {field} }} }}", context_value="me")
        assert result.data is not None
        (answered,) = result.data["bell"].values()
        answers.append((answered, [(e.message, e.path) for e in result.errors or ()]))
    assert answers[0] == answers[1]
    assert answers[0][0] == shown
    assert bool(answers[0][1]) is (shown is None)
