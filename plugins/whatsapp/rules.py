"""The rule sets of WhatsApp, as dated data: what each kind of message costs, and when.

Values: of each unit, `billed`, `outside_window` (billed unless the customer's window is
open), `free`, or `allowance` (free for the first so many of a business number in a month).
Windows in hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.plugin_api import Reach, RuleSet

_WINDOWS: Final = {"window": "24", "entry_reply": "24", "entry": "72"}
_WINDOWS_REACH: Final = timedelta(hours=24 + 72)
"""From the click of an advertisement to the end of what it makes free."""
_MONTH: Final = timedelta(days=31, hours=2)
"""The longest month, with a change of clocks."""

JULY_2025: Final = RuleSet(
    code="2025-07-01",
    in_force_from=date(2025, 7, 1),
    source='Meta, "Pricing on the WhatsApp Business Platform", as of 2026-03-30',
    values={
        "marketing": "billed",
        "authentication": "billed",
        "authentication_international": "billed",
        "utility": "outside_window",
        "service": "free",
        **_WINDOWS,
    },
    reach=Reach(forward=_WINDOWS_REACH),
)
OCTOBER_2026: Final = RuleSet(
    code="2026-10-01",
    in_force_from=date(2026, 10, 1),
    source="Announced by Meta on 2026-07-01: hello-charles.com, chakrahq.com and ycloud.com, "
    "2026-07-02; the allowance: WhaTools and Waply calculators, 2026-09-14",
    values={
        "marketing": "billed",
        "authentication": "billed",
        "authentication_international": "billed",
        "utility": "billed",
        "service": "allowance",
        "allowance": "1000",
        **_WINDOWS,
    },
    reach=Reach(forward=_MONTH + _WINDOWS_REACH),
)
RULE_SETS: Final = (JULY_2025, OCTOBER_2026)

UNITS: Final = (
    "marketing", "utility", "authentication", "authentication_international", "service",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule set, read."""

    of_unit: Mapping[str, str]
    window: timedelta
    entry_reply: timedelta
    entry: timedelta
    allowance: int

    @classmethod
    def of(cls, rule_set: RuleSet) -> Rules:
        """Read the values of a rule set."""
        values = rule_set.values
        return cls(
            {unit: values[unit] for unit in UNITS},
            timedelta(hours=int(values["window"])),
            timedelta(hours=int(values["entry_reply"])),
            timedelta(hours=int(values["entry"])),
            int(values.get("allowance", "0")),
        )
