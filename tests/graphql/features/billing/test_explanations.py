"""What the sentence of a line says, for months of life that are owed in part."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from api.features.invoices.lines import stored_line

START = datetime(2026, 9, 15, tzinfo=UTC)
END = datetime(2026, 10, 1, tzinfo=UTC)


def step(label: str, amount: str, share: str) -> dict[str, Any]:
    """Write a month of life as it is stored: 4.50 a month."""
    return {
        "kind": "maturity",
        "label": label,
        "quantity": "1",
        "unitPrice": "4.5",
        "amount": amount,
        "facts": {"share": share},
    }


def explanation(*working: dict[str, Any]) -> str:
    """Read the sentence of a stored fee with this working."""
    none = dict.fromkeys(
        ("product_code", "subscription_id", "job_id", "starts_at", "ends_at", "timezone")
    )
    zero = dict.fromkeys(("amount", "net", "tax", "gross", "tax_rate"), Decimal(0))
    texts = dict.fromkeys(("description", "unit", "dimension", "tax_class"), "")
    row = none | zero | texts | {"number": 1, "kind": "fee", "is_difference": False}
    row |= {"from_at": START, "until_at": END, "quantity": Decimal(1), "working": working}
    return stored_line(row, "EUR").explanation()


@pytest.mark.parametrize(
    ("share", "amount", "told"),
    [
        # 4.50 x 16 / 30 = 2.40
        ("16/30", "2.4", "month 1, 16 of 30 days: 1 \u00d7 4.5 = 2.4"),
        ("1/1", "4.5", "month 1: 1 \u00d7 4.5 = 4.5"),
    ],
)
def test_a_month_of_life_owed_in_part_names_its_days(share: str, amount: str, told: str):
    """Without the days, "1 \u00d7 4.5 = 2.4" would read like a mistake."""
    assert explanation(step("month 1", amount, share)) == told
