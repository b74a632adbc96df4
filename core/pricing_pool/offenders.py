"""Find what a child fails on among many questions, so that their neighbours keep their answers.

`ask` puts questions to a child and raises `ChildFault` for all of them; `fault` is the
answer to a question that has none, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from core.pricing_pool.faults import ChildFault

MAX_OFFENDERS: Final = 3
"""Questions of one call that may hang or end a child; then the rest is left unanswered."""

QuestionT = TypeVar("QuestionT")
AnswerT = TypeVar("AnswerT")


def all_at_once(
    questions: Sequence[QuestionT],
    *,
    ask: Callable[[Sequence[QuestionT]], list[AnswerT]],
    fault: Callable[[str], AnswerT],
) -> list[AnswerT]:
    """Ask for all; where that fails, one by one."""
    if not questions:
        return []
    try:
        return ask(questions)
    except ChildFault as failed:
        if len(questions) == 1:
            return [fault(str(failed))]
    return one_by_one(questions, ask=ask, fault=fault)


def one_by_one(
    questions: Sequence[QuestionT],
    *,
    ask: Callable[[Sequence[QuestionT]], list[AnswerT]],
    fault: Callable[[str], AnswerT],
    left_out: str = f"it failed {MAX_OFFENDERS} times before this one",
) -> list[AnswerT]:
    """Ask each alone; `left_out` says why nobody asked for those behind the last offender."""
    answers: list[AnswerT] = []
    offenders = 0
    for question in questions:
        if offenders == MAX_OFFENDERS:
            answers.append(fault(left_out))
            continue
        try:
            answers += ask([question])
        except ChildFault as failed:
            offenders += 1
            answers.append(fault(str(failed)))
    return answers


def rows_of(answer: object, *, count: int, asked: str) -> tuple[tuple[object, ...], ...]:
    """Return a child's rows, one for each question; `asked` is what one of them is called.

    Raises:
        ChildFault: they are too many, too few, or none.
    """
    if not isinstance(answer, tuple) or len(answer) != count:
        raise ChildFault(f"not every {asked} was answered once", kind="nonsense")
    return answer
