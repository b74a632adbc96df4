"""The page on the plugin kit names every check, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from core.plugin_kit import CHECKS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "plugin-kit.md"


def test_every_check_has_its_row_in_order() -> None:
    """An author looks a failure up by the name of its test."""
    table = PAGE.read_text().partition("| check |")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [one.name for one in CHECKS]
