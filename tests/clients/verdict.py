"""What one check found, and how it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

SHOWN: Final = 12


@dataclass(slots=True)
class Verdict:
    """Counts of what was looked at, and what was found wrong; nothing wrong is a pass."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether something was looked at, and nothing is wrong."""
        return bool(self.counts) and not self.wrong

    def line(self) -> str:
        """Return the check's one line."""
        told = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        state = "ok" if self.holds else f"FAILED ({len(self.wrong)})"
        return (
            f"{self.name:<10} {state:<12} {self.seconds:6.1f} s  {told or 'nothing looked at'}"
        )

    def lines(self) -> list[str]:
        """Return the check's line, and below it what is wrong."""
        more = len(self.wrong) - SHOWN
        rest = [f"    … and {more} more"] if more > 0 else []
        return [self.line(), *(f"    {each}" for each in self.wrong[:SHOWN]), *rest]
