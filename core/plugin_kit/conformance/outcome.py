"""How a check ends other than well."""

from __future__ import annotations

from typing import Final

MAX_SHOWN: Final = 300


class Nonconformity(AssertionError):
    """A channel breaks a rule of the contract; the text says what its author must do."""


class NotApplicable(Exception):
    """A check is not for channels of this kind; the text says why."""


def require(holds: object, advice: str) -> None:
    """Raise `Nonconformity` with the advice unless something holds."""
    if not holds:
        raise Nonconformity(advice)


def shown(value: object) -> str:
    """Return a value as a message shows it: one line, not too long."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - a plugin's own __repr__
        text = f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
