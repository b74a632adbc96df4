"""Refusals: the failures that a rule of the business foresees.

A refusal says what is wrong, what to do about it, and where in the input it was
found. Anything that is not a `Refusal` is a bug and rises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar


class Refusal(Exception):
    """Refuse what was asked, with a stable code that clients may rely on.

    Subclasses live beside the code that raises them and set `code`, in
    SCREAMING_SNAKE_CASE and unique over the whole program. `path` leads to the
    offending value in the caller's input, outermost field first. Where something of the
    installation failed, and no other input would do, `is_callers_fault` is False.
    """

    code: ClassVar[str] = "REFUSED"
    is_callers_fault: ClassVar[bool] = True

    def __init__(self, message: str, *, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # A subclass may ask for other arguments; the default would call it with
        # the message alone, and an exception that does not unpickle ends the
        # process pool that it was raised in.
        return _restored, (type(self), self.message), dict(self.__dict__)


def _restored(refusal_class: type[Refusal], message: str) -> Refusal:
    refusal = refusal_class.__new__(refusal_class, message)
    refusal.args = (message,)
    return refusal


@dataclass(frozen=True, slots=True)
class Problem:
    """One of several faults found in the same input."""

    code: str
    message: str
    path: tuple[str, ...] = ()

    @classmethod
    def from_refusal(cls, refusal: Refusal, *, under: tuple[str, ...] = ()) -> Problem:
        """Keep a refusal as a problem; `under` is put before its own path."""
        return cls(code=refusal.code, message=refusal.message, path=under + refusal.path)


class ManyProblems(Refusal):
    """Refuse an input with every fault found in it, in the order found."""

    code: ClassVar[str] = "MANY_PROBLEMS"

    def __init__(self, problems: Iterable[Problem], *, path: tuple[str, ...] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        if not self.problems:
            raise ValueError("ManyProblems needs at least one problem")
        super().__init__("; ".join(_described(problem) for problem in self.problems), path=path)


def _described(problem: Problem) -> str:
    where = ".".join(problem.path)
    return f"{where}: {problem.message}" if where else problem.message


def refuse_if_any(problems: Iterable[Problem]) -> None:
    """Raise `ManyProblems` when there is at least one problem."""
    found = tuple(problems)
    if found:
        raise ManyProblems(found)


def all_refusals() -> tuple[type[Refusal], ...]:
    """Return every refusal class imported so far, ordered by code.

    A test walks it to show that no two classes share a code.
    """
    found = set(_subclasses(Refusal))
    return tuple(sorted(found, key=lambda cls: (cls.code, cls.__module__, cls.__qualname__)))


def _subclasses(parent: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)
