"""User errors: a mutation's refusals as data, typed for each mutation.

A payload holds the changed object, or null, and `userErrors`:

    @strawberry.type(description="What subscriptionCancel did.")
    class SubscriptionCancelPayload:
        subscription: Subscription | None = strawberry.field(description="…", default=None)
        user_errors: list[UserError] = user_errors("SubscriptionCancel", AlreadyEnded)

    @strawberry.mutation(description="…")
    @answers_refusals(SubscriptionCancelPayload)
    async def subscription_cancel(…) -> SubscriptionCancelPayload: …

A refusal listed there is answered in the payload; another one rises to the top-level
errors, where it keeps its code.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, ParamSpec, TypeVar

import strawberry

from core.kernel.errors import ManyProblems, Problem, Refusal

P = ParamSpec("P")
PayloadT = TypeVar("PayloadT")

_ERRORS_KEY: Final = "forfait.mutation_errors"
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_MUTATION: Final = re.compile(r"[A-Z][A-Za-z0-9]*")


@strawberry.interface(description="A problem that the caller can solve.")
class UserError:
    """What every mutation's errors have in common."""

    code: str = strawberry.field(description="For programs; it never changes its meaning.")
    message: str = strawberry.field(description="For people; it says what to do.")
    path: list[str] = strawberry.field(
        description="Leads to the value in the arguments, outermost field first."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetail:
    """A further field of a mutation's errors, such as a line; nullable.

    Args:
        name: The field's name in Python.
        type: Its type, `… | None`.
        description: What the schema says of it.
        value_of: Reads it off a problem.
    """

    name: str
    type: Any
    description: str
    value_of: Callable[[Problem], Any]


@dataclass(frozen=True, slots=True)
class MutationErrors:
    """The error type of one mutation and the codes that it may carry."""

    error_type: type[UserError]
    code_type: type[Enum]
    details: tuple[ErrorDetail, ...] = ()

    def answer(self, refusal: Refusal) -> list[UserError] | None:
        """Return the refusal as user errors, or None when the mutation does not list it."""
        problems = (
            refusal.problems
            if isinstance(refusal, ManyProblems)
            and refusal.code not in self.code_type.__members__
            else (Problem.from_refusal(refusal),)
        )
        if any(problem.code not in self.code_type.__members__ for problem in problems):
            return None
        return [self._error(problem) for problem in problems]

    def _error(self, problem: Problem) -> UserError:
        make: Callable[..., UserError] = self.error_type
        return make(
            code=problem.code,
            reason=self.code_type[problem.code],
            message=problem.message,
            path=list(problem.path),
            **{detail.name: detail.value_of(problem) for detail in self.details},
        )


def mutation_errors(
    mutation: str, *refusals: type[Refusal], details: Sequence[ErrorDetail] = ()
) -> MutationErrors:
    """Make the types `<Mutation>Error` and `<Mutation>ErrorCode`.

    The codes and their descriptions are those of the refusal classes: the first line of
    a docstring is what the schema says of its code.
    """
    if not _MUTATION.fullmatch(mutation):
        raise ValueError(f"{mutation!r} is no mutation in PascalCase")
    if not refusals:
        raise ValueError(f"{mutation} lists no refusal")
    code_type = _code_enum(mutation, refusals)
    namespace = {
        "__annotations__": {
            "reason": code_type,
            **{detail.name: detail.type for detail in details},
        },
        "__module__": __name__,
        "__doc__": f"A refusal of {mutation}.",
        **{detail.name: strawberry.field(description=detail.description) for detail in details},
        "reason": strawberry.field(
            description="The code as an enum, so that a client's compiler can check that "
            "every one is handled."
        ),
    }
    error_type = strawberry.type(
        type(f"{mutation}Error", (UserError,), namespace),
        description=f"Why {mutation[0].lower()}{mutation[1:]} was refused.",
    )
    return MutationErrors(error_type=error_type, code_type=code_type, details=tuple(details))


def user_errors(
    mutation: str, *refusals: type[Refusal], details: Sequence[ErrorDetail] = ()
) -> Any:
    """Return the field `userErrors` of a payload, empty unless something was refused."""
    errors = mutation_errors(mutation, *refusals, details=details)
    return strawberry.field(
        description="Why nothing was changed; empty on success.",
        graphql_type=list[errors.error_type],  # type: ignore[name-defined] # made here
        default_factory=list,
        metadata={_ERRORS_KEY: errors},
    )


def answers_refusals(
    payload: type[PayloadT],
) -> Callable[[Callable[P, Awaitable[PayloadT]]], Callable[P, Awaitable[PayloadT]]]:
    """Answer the refusals that the payload lists with a payload of nothing but them."""
    errors = _errors_of(payload)

    def decorate(
        resolver: Callable[P, Awaitable[PayloadT]],
    ) -> Callable[P, Awaitable[PayloadT]]:
        @functools.wraps(resolver)
        async def answer(*args: P.args, **kwargs: P.kwargs) -> PayloadT:
            try:
                return await resolver(*args, **kwargs)
            except Refusal as refusal:
                answered = errors.answer(refusal)
                if answered is None:
                    raise
                return payload(user_errors=answered)  # type: ignore[call-arg] # checked above

        return answer

    return decorate


def _errors_of(payload: type) -> MutationErrors:
    """Find what `user_errors` left on the payload, and that the rest may stay empty."""
    definition = getattr(payload, "__strawberry_definition__", None)
    fields = {field.python_name: field for field in getattr(definition, "fields", ())}
    errors = (
        fields["user_errors"].metadata.get(_ERRORS_KEY) if "user_errors" in fields else None
    )
    if not isinstance(errors, MutationErrors):
        raise TypeError(f"{payload.__name__} has no field made by user_errors()")
    payload()  # raises TypeError when another field has no default
    return errors


def _code_enum(mutation: str, refusals: tuple[type[Refusal], ...]) -> type[Enum]:
    members: dict[str, Any] = {}
    for refusal in refusals:
        if not _CODE.fullmatch(refusal.code):
            raise ValueError(f"{refusal.__name__}: {refusal.code!r} is no code")
        if refusal.code in members:
            raise ValueError(f"{mutation} lists {refusal.code} twice")
        summary = (refusal.__doc__ or "").strip().partition("\n")[0]
        if not summary:
            raise ValueError(f"{refusal.__name__} has no docstring to describe its code")
        members[refusal.code] = strawberry.enum_value(refusal.code, description=summary)
    name = f"{mutation}ErrorCode"
    # The functional form cannot be read by a type checker; the members are checked above.
    made = Enum(name, members, module=__name__)  # type: ignore[misc]
    return strawberry.enum(made, name=name, description=f"The refusals of {mutation}.")
