"""The dated rules of counting, as data: a change of theirs is a new set, and no new code."""

from __future__ import annotations

from datetime import date

from core.plugin_api import RuleSet

RULE_SETS = (
    RuleSet(
        code="2020-01-01",
        in_force_from=date(2020, 1, 1),
        source="REPLACE: the provider's terms, with their date",
        values={"block": "1"},
    ),
    RuleSet(
        code="2026-07-01",
        in_force_from=date(2026, 7, 1),
        source="REPLACE: the provider's terms, with their date",
        values={"block": "5"},
    ),
)
"""The earliest first; before its day the first one holds."""


def rules_on(day: date) -> RuleSet:
    """Return the rules of a day."""
    in_force = RULE_SETS[0]
    for rules in RULE_SETS:
        if rules.in_force_from <= day:
            in_force = rules
    return in_force
