"""The README tells the truth: its paths exist and its figures are those of the demo."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = README.split("## Where do I find", 1)[1].split("\n## ", 1)[0]
INVOICES = README.split("how to check it by hand", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("path", re.findall(r"\| `([^`]+)` \|", TABLE))
def test_what_the_table_names_is_there(path: str) -> None:
    """Every row of "where do I find" leads somewhere."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(path: str) -> None:
    """Links into the repository; links into the web are not followed."""
    assert path.startswith("http") or (ROOT / path).exists()


def test_the_request_is_one_that_the_schema_answers() -> None:
    """Whoever copies the first request of the README gets an answer, and no error."""
    (body,) = re.findall(r"-d '(\{.*\})'$", README, re.MULTILINE)
    schema = build_schema((ROOT / "api/schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(json.loads(body)["query"])) == []


def test_the_invoices_printed_by_hand_add_up() -> None:
    """Lines sum to the net, or to the total where VAT is included; VAT is rounded half up."""
    checked = 0
    for table in INVOICES.split("\n\n"):
        if "| amount |" not in table:
            continue
        header = table.splitlines()[0]
        (rate,) = (Decimal(text) for text in re.findall(r"(\d+) %", header))
        amounts = [
            Decimal(text) for text in re.findall(r"\| (-?[\d]+\.\d\d) \|$", table, re.MULTILINE)
        ]
        found = re.search(r"\| ([\d.]+) \+ ([\d.]+) \| \*\*([\d.]+)\*\* \|", table)
        assert found is not None
        net, tax, total = (Decimal(text) for text in found.groups())
        included = "included" in header
        assert sum(amounts) == (total if included else net), header
        exact = total * rate / (100 + rate) if included else net * rate / 100
        assert tax == exact.quantize(Decimal("0.01"), ROUND_HALF_UP), header
        assert total == net + tax, header
        checked += 1
    assert checked == 11
