"""What the template left for the author to replace, in a README and in sources of rules.

A package fresh from the template passes its own tests. Once its event is no longer the
template's, so are its words: they are what a schema and an auditor show.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from typing import Final

from core.plugin_api import RuleSet
from core.plugin_kit.conformance.outcome import require, shown
from core.plugin_kit.conformance.subject import Subject

README_MARK: Final = "REPLACE with"
SOURCE_MARK: Final = "REPLACE:"
TEMPLATE_FIELDS: Final = (
    ("used_on", "amount", "zone"),
    ("used_on", "amount", "zone", "service"),
)
"""The fields of the template's event, priced per period and per event."""


def has_no_marks(subject: Subject) -> None:
    """Look for the template's marks, unless the event is still the template's."""
    fields = tuple(field.name for field in dataclasses.fields(subject.channel.Event))
    if fields in TEMPLATE_FIELDS:
        return
    for line in subject.channel.readme.splitlines():
        require(README_MARK not in line, f"write your own words into the README: {shown(line)}")
    for rules in _rule_sets(subject):
        require(
            not rules.source.startswith(SOURCE_MARK),
            f"say where the rules {rules.code} come from, not {shown(rules.source)}",
        )


def _rule_sets(subject: Subject) -> Iterator[RuleSet]:
    """Return the rule sets that stand in the modules of the channel's package."""
    root = type(subject.channel).__module__.partition(".")[0]
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] != root or name.startswith("core."):
            continue
        for value in list(vars(module).values()):
            for one in value if type(value) in {tuple, list} else (value,):
                if isinstance(one, RuleSet):
                    yield one
