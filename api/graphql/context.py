"""What a resolver may know of its request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, Self
from uuid import UUID

from strawberry.extensions import SchemaExtension

from api.graphql.loaders import Loaders
from api.graphql.spending import Spending


class Viewer(Protocol):
    """Who asks: a member of staff, an API key, or an account's own member."""

    @property
    def tenant_id(self) -> UUID | None:
        """The tenant whose rows the viewer may see; None for the operator."""

    @property
    def label(self) -> str:
        """A name for logs, such as a key's prefix; never a secret."""


@dataclass(slots=True)
class Place:
    """Where a subscription is: the cursor to go on from, and that of the event told last."""

    after: str | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One request's viewer and loaders.

    Subclasses add what their application needs; they stay frozen, so that sibling
    resolvers cannot disturb each other.
    """

    request_id: str
    viewer: Viewer | None
    spending: Spending | None = field(default=None, repr=False, compare=False)
    place: Place = field(default_factory=Place, repr=False, compare=False)
    loaders: Loaders[Self] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "loaders", Loaders(self))

    @property
    def tenant_id(self) -> UUID | None:
        """The tenant of the viewer, if there is one."""
        return self.viewer.tenant_id if self.viewer is not None else None

    def for_reading(self) -> Self:
        """Return the context that loaders read with."""
        return self

    def with_fresh_loaders(self) -> Self:
        """Return the same context with loaders that have loaded nothing yet."""
        return replace(self)


class FreshLoaders(SchemaExtension):
    """Gives each operation, and each event of a subscription, loaders of its own.

    The context is replaced and not emptied: a socket runs several operations on the
    context that it was opened with.
    """

    def on_operation(self) -> Iterator[None]:
        """Start the operation with loaders of its own."""
        execution = self.execution_context
        if isinstance(execution.context, Context):
            execution.context = execution.context.with_fresh_loaders()
        yield
