"""Refusals of the catalogue: what is wrong in it, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from core.kernel.errors import ManyProblems, Problem, Refusal

MAX_PROBLEMS: Final = 20
"""Problems told at once; the rest shows when these are mended."""

# Codes of problems; clients may rely on them.
MALFORMED_YAML: Final = "MALFORMED_YAML"
TOO_LARGE: Final = "CATALOGUE_TOO_LARGE"
UNKNOWN_KEY: Final = "UNKNOWN_KEY"
MISSING_KEY: Final = "MISSING_KEY"
DUPLICATE_KEY: Final = "DUPLICATE_KEY"
WRONG_TYPE: Final = "WRONG_TYPE"
NOT_A_CHOICE: Final = "NOT_A_CHOICE"
NOT_A_NUMBER: Final = "NOT_A_NUMBER"
BAD_CODE: Final = "BAD_CODE"
BAD_VALUE: Final = "BAD_VALUE"
NOT_SUPPORTED: Final = "NOT_SUPPORTED"
DUPLICATE_CODE: Final = "DUPLICATE_CODE"
UNKNOWN_CODE: Final[dict[str, str]] = {
    "gauges": "UNKNOWN_GAUGE",
    "products": "UNKNOWN_PRODUCT",
    "rate_tables": "UNKNOWN_RATE_TABLE",
    "price_plans": "UNKNOWN_PRICE_PLAN",
    "billing_terms": "UNKNOWN_BILLING_TERMS",
    "segments": "UNKNOWN_SEGMENT",
    "udr_types": "UNKNOWN_UDR_TYPE",
    "usage_definitions": "UNKNOWN_USAGE_DEFINITION",
    "usage_catalogues": "UNKNOWN_USAGE_CATALOGUE",
    "discounts": "UNKNOWN_DISCOUNT",
    "usage_rules": "UNKNOWN_USAGE_RULE",
    "buy_in_advance": "UNKNOWN_BUY_IN_ADVANCE_DEFINITION",
    "job_types": "UNKNOWN_JOB_TYPE",
    "features": "UNKNOWN_FEATURE",
}
UNKNOWN_CHANNEL: Final = "UNKNOWN_CHANNEL"
UNKNOWN_UNIT: Final = "UNKNOWN_UNIT"
UNKNOWN_RULE_SET: Final = "UNKNOWN_RULE_SET"
UNKNOWN_PRODUCT_TYPE: Final = "UNKNOWN_PRODUCT_TYPE"
OVERLAP: Final = "OVERLAP"
ANOTHER_IS_ACTIVE: Final = "ANOTHER_IS_ACTIVE"
IMMUTABLE: Final = "IMMUTABLE"
VARIANTS_NOT_ALLOWED: Final = "VARIANTS_NOT_ALLOWED"
SLOT_IN_THE_PAST: Final = "SLOT_IN_THE_PAST"
EFFECTIVE_TOO_EARLY: Final = "EFFECTIVE_TOO_EARLY"


@dataclass(frozen=True, slots=True)
class LocatedProblem(Problem):
    """A problem with the file and the line that it was found in, where they are known."""

    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        told = (place, ".".join(self.path), f"{self.message} [{self.code}]")
        return ": ".join(part for part in told if part)


class CatalogueRefused(ManyProblems):
    """A catalogue has problems; nothing of it was applied."""

    code: ClassVar[str] = "CATALOGUE_REFUSED"

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        super().__init__(found[:MAX_PROBLEMS])
        lines = [str(p) if isinstance(p, LocatedProblem) else _told(p) for p in self.problems]
        if len(found) > MAX_PROBLEMS:
            lines.append(f"… and {len(found) - MAX_PROBLEMS} more")
        self.message = "\n".join(lines)
        self.args = (self.message,)


class CatalogueEntryExists(Refusal):
    """A code is taken."""

    code: ClassVar[str] = "CATALOGUE_ENTRY_EXISTS"


class CatalogueEntryUnknown(Refusal):
    """No entry of the catalogue has this id or code."""

    code: ClassVar[str] = "CATALOGUE_ENTRY_UNKNOWN"


class NoPlanVersionEffective(Refusal):
    """A price plan has no version that is effective at the instant asked for."""

    code: ClassVar[str] = "NO_PLAN_VERSION_EFFECTIVE"


def _told(problem: Problem) -> str:
    return str(LocatedProblem(problem.code, problem.message, problem.path))
