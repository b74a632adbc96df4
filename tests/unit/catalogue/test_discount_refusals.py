"""What discounts may not say: a row for each refusal."""

from __future__ import annotations

import pytest

from tests.unit.catalogue.refusals import expect_refused

LATE_JOB = "when: '\"late\" in job.segments'"

REFUSED = [
    # discounts: how much
    ("percent: 50", "percent: 50, free: 1 month", "BAD_VALUE", "discounts.half.free", "one of"),
    (", percent: 50", "", "MISSING_KEY", "discounts.half.percent", "say how much"),
    ("percent: 50", "percent: 0", "BAD_VALUE", "discounts.half.percent", "more than 0"),
    ("percent: 50", "percent: 100.5", "BAD_VALUE", "discounts.half.percent", "at most 100"),
    ("percent: 50", "percent: 0.0000001", "BAD_VALUE", "discounts.half.percent", "6 decimals"),
    ("percent: 50", "percent: 50, level: 4", "BAD_VALUE", "discounts.half.level", "1, 2 or 3"),
    ("percent: 50", "percent: 50, level: 0", "BAD_VALUE", "discounts.half.level", "1, 2 or 3"),
    (
        "free: 3 months",
        "free: 3 months\n    level: 1",
        "BAD_VALUE",
        "discounts.year-ahead.level",
        "remove level",
    ),
    ("free: 3 months", "free: 2 weeks", "BAD_VALUE", "discounts.year-ahead.free", "months"),
    ("amount: 20", "amount: 0", "BAD_VALUE", "discounts.late-job.amount", "not above 0"),
    ("amount: 20", "amount: 0.005", "BAD_VALUE", "discounts.late-job.amount", "0.01"),
    (
        "{of: amount, from: 5, to: 20}",
        "{of: amount, from: 20, to: 20}",
        "BAD_VALUE",
        "discounts.complaint.range.to",
        "nothing to pick",
    ),
    (
        "{of: amount, from: 5, to: 20}",
        "{of: amount, from: 5, to: 20.001}",
        "BAD_VALUE",
        "discounts.complaint.range.to",
        "0.01",
    ),
    (
        "    amount: 20\n    currency: EUR\n",
        "    range: {of: percent, from: 5, to: 20}\n",
        "BAD_VALUE",
        "discounts.late-job.range",
        "nobody picks",
    ),
    # discounts: money
    (
        "    currency: EUR\n    per: month\n",
        "    per: month\n",
        "MISSING_KEY",
        "discounts.complaint.currency",
        "",
    ),
    (
        "    currency: EUR\n    per: month\n",
        "    currency: EUR\n",
        "MISSING_KEY",
        "discounts.complaint.per",
        "for which time",
    ),
    (
        "    per: month\n",
        "    per: often\n",
        "FREQUENCY_REFUSED",
        "discounts.complaint.per",
        "",
    ),
    ("percent: 50", "percent: 50, currency: EUR", "BAD_VALUE", "discounts.half.currency", ""),
    ("percent: 50", "percent: 50, per: month", "BAD_VALUE", "discounts.half.per", "remove per"),
    (
        "    amount: 20\n",
        "    amount: 20\n    per: month\n",
        "BAD_VALUE",
        "discounts.late-job.per",
        "remove per",
    ),
    # discounts: when and how often
    (
        "valid_until: 2016-01-01",
        "valid_from: 2016-01-01\n    valid_until: 2016-01-01",
        "BAD_VALUE",
        "discounts.complaint.valid_until",
        "not after",
    ),
    (
        "lasts: 12 months",
        "lasts: 12 months\n    expires: 2016-01-01",
        "BAD_VALUE",
        "discounts.complaint.lasts",
        "said twice",
    ),
    (
        "lasts: 12 months",
        "expires: 2015-01-01",
        "BAD_VALUE",
        "discounts.complaint.expires",
        "not after",
    ),
    ("starts: 2015-01-01", "starts: soon", "BAD_VALUE", "discounts.complaint.starts", ""),
    (
        "starts: 2015-01-01",
        "starts: 2015-01-01T00:00:00",
        "BAD_VALUE",
        "discounts.complaint.starts",
        "with its offset",
    ),
    ("    times: 3\n", "", "MISSING_KEY", "discounts.complaint.times", "how many times"),
    ("    times: 3\n", "    times: 0\n", "BAD_VALUE", "discounts.complaint.times", ""),
    (
        "times: 3\n",
        "times: 99999999999\n",
        "BAD_VALUE",
        "discounts.complaint.times",
        "too large",
    ),
    # discounts: for what and for whom
    (
        "free: 3 months",
        "free: 3 months\n    approval: limassol",
        "BAD_VALUE",
        "discounts.year-ahead.approval",
        "nobody approves",
    ),
    (
        "[Subscription Packages]",
        "[Packages]",
        "UNKNOWN_PRODUCT_TYPE",
        "discounts.complaint.product_types.0",
        "no product is of type 'Packages'",
    ),
    ("percent: 50", "percent: 50, products: [iron]", "UNKNOWN_PRODUCT", "discounts.half", ""),
    (
        "percent: 50",
        "percent: 50, scope: usage, products: [gold]",
        "BAD_VALUE",
        "discounts.half.products.0",
        "name usage services",
    ),
    (
        "percent: 50",
        "percent: 50, scope: other, product_types: [PPV]",
        "BAD_VALUE",
        "discounts.half.product_types.0",
        "other charges than usage",
    ),
    (
        "percent: 50",
        "percent: 50, products: [antenna]",
        "BAD_VALUE",
        "discounts.half.products.0",
        "goods of a subscription are never discounted",
    ),
    # discounts of jobs
    (
        "    amount: 20\n    currency: EUR\n",
        "    free: 1 month\n",
        "BAD_VALUE",
        "discounts.late-job.free",
        "a job has no time",
    ),
    ("of: job\n", "of: job\n    scope: usage\n", "BAD_VALUE", "discounts.late-job.scope", ""),
    (
        "of: job\n",
        "of: job\n    products: [gold]\n",
        "BAD_VALUE",
        "discounts.late-job.products.0",
        "one-time services, expenses and goods",
    ),
    *[
        (LATE_JOB, f"when: {source}", "BAD_VALUE", "discounts.late-job.when", told)
        for source, told in {
            "subscription.bound": "no binding",
            "subscription.frequency == 'month'": "no frequency",
            "bill.usage_count['braveheart'] > 1": "a job has no usage",
            "bill.usage_total['braveheart'] > 1": "a job has no usage",
            "bill.advance_months == 12": "time bought in advance",
        }.items()
    ],
    (LATE_JOB, "when: job.colour", "CONDITION_REFUSED", "discounts.late-job.when", "colour"),
    # discounts: windows of usage
    (
        "percent: 50}",
        "percent: 50, usage_windows: {week: {last: 7 days}}, when: usage.count.month > 4}",
        "CONDITION_REFUSED",
        "discounts.half.when",
        "no field 'month'; it has week",
    ),
    (
        "percent: 50}",
        "percent: 50, when: usage.count.week > 4}",
        "CONDITION_REFUSED",
        "discounts.half.when",
        "no variable 'usage'",
    ),
    (
        "percent: 50}",
        "percent: 50, usage_windows: {a-week: {last: 7 days}}}",
        "BAD_VALUE",
        "discounts.half.usage_windows.a-week",
        "no name",
    ),
    (
        "percent: 50}",
        "percent: 50, usage_windows: {week: {last: some days}}}",
        "FREQUENCY_REFUSED",
        "discounts.half.usage_windows.week.last",
        "no length of time",
    ),
    (
        "percent: 50}",
        "percent: 50, usage_windows: {ever: {last: 25 months}}}",
        "BAD_VALUE",
        "discounts.half.usage_windows.ever.last",
        "2 years",
    ),
    (
        "percent: 50}",
        "percent: 50, usage_windows: {week: {last: 7 days, products: [nothing]}}}",
        "UNKNOWN_PRODUCT",
        "discounts.half.usage_windows.week.products.0",
        "",
    ),
    (
        "percent: 50}",
        "percent: 50, usage_windows: {week: {last: 7 days, products: [gold]}}}",
        "BAD_VALUE",
        "discounts.half.usage_windows.week.products.0",
        "no usage",
    ),
    (
        "percent: 50}",
        "percent: 50, usage_windows: {week: {last: 7 days, product_types: [Nothing]}}}",
        "UNKNOWN_PRODUCT_TYPE",
        "discounts.half.usage_windows.week.product_types.0",
        "",
    ),
    (
        "percent: 50}",
        "percent: 50, usage_windows: {w: {last: day, product_types: [Subscription Packages]}}}",
        "BAD_VALUE",
        "discounts.half.usage_windows.w.product_types.0",
        "nothing would be counted",
    ),
    (
        LATE_JOB,
        f"{LATE_JOB}\n    usage_windows: {{week: {{last: 7 days}}}}",
        "BAD_VALUE",
        "discounts.late-job.usage_windows",
        "a job has no usage",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "path", "told"), REFUSED)
def test_what_makes_no_sense_is_refused_where_it_stands(
    old: str, new: str, code: str, path: str, told: str
) -> None:
    """One change, and nothing but its problems: code, path, line, and what to do."""
    expect_refused((old, new), code=code, path=path, told=told)
