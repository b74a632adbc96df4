"""Whether what a page shows is what was printed or answered; … stands for anything."""

from __future__ import annotations

import re
from typing import Any, Final

ANYTHING: Final = "…"
_REFUSING: Final = ("errors", "userErrors", "verdict")


def is_as_shown(printed: str, shown: str) -> bool:
    """Compare texts line by line, without the spaces at the ends of lines."""
    pattern = re.escape(_trimmed(shown)).replace(re.escape(ANYTHING), ".*")
    return re.fullmatch(pattern, _trimmed(printed), re.DOTALL) is not None


def differences(answered: Any, shown: Any, path: str = "") -> list[str]:
    """Return where an answer lacks what is shown of it; what is not shown may be anything.

    Lists are as long as shown, unless they end in "…".
    """
    if isinstance(shown, dict) and isinstance(answered, dict):
        return [
            told
            for key, value in shown.items()
            for told in (
                differences(answered[key], value, f"{path}.{key}")
                if key in answered
                else [f"{path}.{key} is not there"]
            )
        ]
    if isinstance(shown, list) and isinstance(answered, list):
        return _between_lists(answered, shown, path)
    if isinstance(shown, str) and isinstance(answered, str):
        return (
            [] if is_as_shown(answered, shown) else [f"{path} is {answered!r}, not {shown!r}"]
        )
    same = answered == shown and isinstance(answered, bool) == isinstance(shown, bool)
    return [] if same else [f"{path} is {answered!r}, not {shown!r}"]


def unexpected(answered: Any, shown: Any = None, path: str = "") -> list[str]:
    """Return the errors and refusals in an answer of which the page shows nothing."""
    found = []
    if isinstance(answered, dict):
        told = shown if isinstance(shown, dict) else {}
        for key, value in answered.items():
            if key in told and key in _REFUSING:
                continue
            if key in _REFUSING and value and (key != "verdict" or value == "REJECTED"):
                found.append(f"{path}.{key} is {value}, of which the page says nothing")
            else:
                found += unexpected(value, told.get(key), f"{path}.{key}")
    elif isinstance(answered, list):
        told_of = shown if isinstance(shown, list) else []
        for number, value in enumerate(answered):
            one = told_of[number] if number < len(told_of) else None
            found += unexpected(value, one, f"{path}[{number}]")
    return found


def _between_lists(answered: list[Any], shown: list[Any], path: str) -> list[str]:
    begins = shown[-1:] == [ANYTHING]
    wanted = shown[:-1] if begins else shown
    if len(answered) < len(wanted) or (len(answered) > len(wanted) and not begins):
        return [f"{path} has {len(answered)}, not {len(wanted)}: {answered}"]
    return [
        told
        for number, value in enumerate(wanted)
        for told in differences(answered[number], value, f"{path}[{number}]")
    ]


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
