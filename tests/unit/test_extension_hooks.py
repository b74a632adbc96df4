"""The hooks of our own extensions run as Strawberry runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from strawberry.extensions import SchemaExtension

from api.graphql.extension_hooks import Stage


class Noting(SchemaExtension):
    """Notes when its hook runs."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self._name = name
        self._notes = notes

    def on_parse(self) -> Iterator[None]:
        """Note both ends."""
        self._notes.append(f"{self._name} begins")
        yield
        self._notes.append(f"{self._name} ends")


async def test_hooks_end_in_the_opposite_order() -> None:
    """The first to begin ends last, and what has no hook for a stage is left alone."""
    notes: list[str] = []
    extensions = [Noting("a", notes), SchemaExtension(), Noting("b", notes)]
    async with Stage(extensions, "on_parse"):
        notes.append("parsed")
    with Stage(extensions, "on_validate"):
        notes.append("validated")
    assert notes == ["a begins", "b begins", "parsed", "b ends", "a ends", "validated"]


async def test_an_error_ends_the_hooks_and_rises() -> None:
    """What was to be done after a success is not done."""
    notes: list[str] = []
    with pytest.raises(ValueError, match="no document"):
        async with Stage([Noting("a", notes)], "on_parse"):
            raise ValueError("no document")
    assert notes == ["a begins"]


async def test_a_hook_of_another_kind_is_refused() -> None:
    """A hook that is awaited would be passed over in silence."""

    class Awaited(SchemaExtension):
        async def on_parse(self) -> None:  # type: ignore[override]
            """Do nothing."""

    with pytest.raises(TypeError, match="must be a generator"):
        async with Stage([Awaited()], "on_parse"):
            pass
