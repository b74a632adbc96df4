"""The states of a job and what may be done in each. Pure.

A draft may be completed at once: somebody who types in what is done already need not start
it first. What is billed never changes any more, whatever the state says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from core.kernel.errors import Refusal

State = Literal["draft", "in_progress", "completed", "cancelled"]
Verb = Literal[
    "add_line",
    "change_line",
    "remove_line",
    "start",
    "complete",
    "cancel",
    "amend_terms",
    "update",
]


class WrongJobState(Refusal):
    """The job's state does not allow this."""

    code: ClassVar[str] = "WRONG_JOB_STATE"


class JobBilled(Refusal):
    """The job is on an invoice; what was billed does not change."""

    code: ClassVar[str] = "JOB_BILLED"


_OPEN: Final[tuple[State, ...]] = ("draft", "in_progress")
_KEEPING: Final[tuple[Verb, ...]] = (
    "add_line",
    "change_line",
    "remove_line",
    "amend_terms",
    "update",
)

ALLOWED: Final[Mapping[tuple[State, Verb], State]] = {
    **{(state, verb): state for state in _OPEN for verb in _KEEPING},
    ("completed", "amend_terms"): "completed",
    ("completed", "update"): "completed",
    ("draft", "start"): "in_progress",
    **{(state, "complete"): "completed" for state in _OPEN},
    **{(state, "cancel"): "cancelled" for state in (*_OPEN, "completed")},
}
"""Where each allowed change leads; every other pair is refused, by the state's reason."""

_WHY_NOT: Final[Mapping[State, str]] = {
    "draft": "the job is a draft; start it first",
    "in_progress": "the job is in progress already",
    "completed": "the job is completed; its lines are what will be billed",
    "cancelled": "the job is cancelled; make a new one",
}


def after(state: State, verb: Verb, *, is_billed: bool) -> State:
    """Return the state that a verb leads to, or refuse it with the reason."""
    if is_billed:
        raise JobBilled("the job is billed; what is on an invoice does not change")
    allowed = ALLOWED.get((state, verb))
    if allowed is None:
        raise WrongJobState(_WHY_NOT[state])
    return allowed
