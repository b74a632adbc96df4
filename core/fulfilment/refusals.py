"""What tasks refuse."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class TaskNotFound(Refusal):
    """No task of this tenant has this id."""

    code: ClassVar[str] = "TASK_NOT_FOUND"


class WrongTaskState(Refusal):
    """The task is done, cancelled, or not so far yet."""

    code: ClassVar[str] = "WRONG_TASK_STATE"


class InvalidSlots(Refusal):
    """Times that cannot be offered: none, too many, twice the same, or past."""

    code: ClassVar[str] = "INVALID_SLOTS"


class SlotNotOffered(Refusal):
    """The time is not one of those that are offered."""

    code: ClassVar[str] = "SLOT_NOT_OFFERED"


class InvalidLink(Refusal):
    """A text is no web address."""

    code: ClassVar[str] = "INVALID_LINK"
