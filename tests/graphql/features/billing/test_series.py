"""Series through the API: recurring revenue, usage, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.features.billing.selling import FEBRUARY, Selling

REVENUE = """
query ($from: Date!, $to: Date!, $by: RevenueBy, $currency: CurrencyCode) {
  revenueSeries(from: $from, to: $to, by: $by, currency: $currency) {
    currency
    months { month start { amount } new { amount } end { amount } churn { amount } customers
      customersNew customerChurn revenueChurn subscriptions isFinal }
    breakdown { code name amounts { amount } }
  }
}
"""
USAGE = """
query ($from: Date!, $to: Date!, $per: UsagePer!, $account: ID, $product: ID) {
  usageSeries(from: $from, to: $to, per: $per, account: $account, product: $product) {
    product channel unit points { day quantity events }
  }
}
"""


async def test_the_revenue_of_a_month(selling: Selling) -> None:
    """Two seats at 25.00 all January, charged on 1 February; nothing came before."""
    await selling.customer(("seats", "2"))
    await selling.close(FEBRUARY)
    given = {"from": "2025-12-01", "to": "2026-01-31", "by": "PRODUCT"}
    found = (await selling.api.one.ask(REVENUE, **given))["revenueSeries"]
    december, january = found["months"]
    assert (found["currency"], december["month"]) == ("EUR", "2025-12-01")
    assert (december["end"], december["customerChurn"]) == ({"amount": "0"}, None)
    assert january == {
        "month": "2026-01-01", "start": {"amount": "0"}, "new": {"amount": "50"},
        "end": {"amount": "50"}, "churn": {"amount": "0"}, "customers": 1,
        "customersNew": 1, "customerChurn": None, "revenueChurn": None, "subscriptions": 1,
        "isFinal": True,
    }  # fmt: skip
    assert found["breakdown"] == [
        {"code": "seats", "name": "Seats", "amounts": [{"amount": "0"}, {"amount": "50"}]}
    ]
    dollars = await selling.api.one.ask(REVENUE, **given, currency="USD")
    assert dollars["revenueSeries"]["months"][1]["end"] == {"amount": "0"}


async def test_the_usage_of_days(selling: Selling) -> None:
    """7 e-mails on 9 January in Paris, of one account."""
    customer = await selling.customer(("mail", "1"))
    await selling.record(selling.mail(customer.ref, 3), selling.mail(customer.ref, 4))
    given = {"from": "2026-01-08", "to": "2026-01-09", "per": "DAY", "account": customer.ref}
    found = (await selling.api.one.ask(USAGE, **given))["usageSeries"]
    assert found == [
        {
            "product": "mail", "channel": "email", "unit": "email",
            "points": [
                {"day": "2026-01-08", "quantity": "0", "events": 0},
                {"day": "2026-01-09", "quantity": "7", "events": 2},
            ],
        }
    ]  # fmt: skip
    none = await selling.api.one.ask(USAGE, **given, product="text")
    assert none["usageSeries"] == []


@pytest.mark.parametrize(
    ("query", "given", "code"),
    [
        (REVENUE, {"from": "2026-02-01", "to": "2026-01-01"}, "INVALID_RANGE"),
        (REVENUE, {"from": "2022-01-01", "to": "2026-01-01"}, "INVALID_RANGE"),
        (REVENUE, {"from": "2026-01-01", "to": "2030-01-01"}, "INVALID_RANGE"),
        (USAGE, {"from": "2026-02-01", "to": "2026-01-01", "per": "DAY"}, "INVALID_RANGE"),
        (USAGE, {"from": "2024-02-01", "to": "2026-01-01", "per": "DAY"}, "INVALID_RANGE"),
        (
            USAGE,
            {"from": "2026-01-01", "to": "2026-01-01", "per": "DAY", "account": "nobody"},
            "NOT_FOUND",
        ),
    ],
)
async def test_a_range_that_no_series_has_is_refused(
    selling: Selling, query: str, given: dict[str, Any], code: str
) -> None:
    """Backwards, too long, ahead of now, and an account that is not there."""
    answer = (await selling.api.one.post(query, given)).json()
    assert [one["extensions"]["code"] for one in answer["errors"]] == [code], answer
