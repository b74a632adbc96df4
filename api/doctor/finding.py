"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do about it.

    A `note` may be as it should be; what is `wrong` loses safety, speed or work.
    """

    subject: str
    verdict: Verdict
    seen: str
    advice: str = ""


def ok(subject: str, seen: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(subject, "ok", seen)


def note(subject: str, seen: str, advice: str) -> Finding:
    """Return that something is worth knowing."""
    return Finding(subject, "note", seen, advice)


def wrong(subject: str, seen: str, advice: str) -> Finding:
    """Return that something has to be mended."""
    return Finding(subject, "wrong", seen, advice)
