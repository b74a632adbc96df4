"""What plans, terms, segments, rules and job types may not say: a row for each refusal."""

from __future__ import annotations

import pytest

from tests.unit.catalogue.pay_tv import PAY_TV
from tests.unit.catalogue.refusals import expect_refused
from tests.unit.catalogue.test_yaml_problems import refuse

VIP = '    select_when: account.class == "VIP"\n'

REFUSED = [
    # conditional plans
    ("base: tv\n", "base: vip\n", "BAD_VALUE", "price_plans.vip.base", "not its own base"),
    ("base: tv\n", "base: radio\n", "UNKNOWN_PRICE_PLAN", "price_plans.vip.base", "no price"),
    (
        "    base: tv\n",
        "",
        "BAD_VALUE",
        "price_plans.vip.select_when price_plans.vip.apply_when",
        "only a conditional plan has conditions",
    ),
    (
        "  vip:\n    name: VIP\n    currency: EUR",
        "  vip:\n    name: VIP\n    currency: USD",
        "BAD_VALUE",
        "price_plans.vip.base",
        "use the same",
    ),
    (
        "tax: inclusive\n    base: tv",
        "tax: exclusive\n    base: tv",
        "BAD_VALUE",
        "price_plans.vip.base",
        "tax inclusive",
    ),
    (
        "billing_terms:\n",
        "  top: {name: Top, currency: EUR, tax: inclusive, base: vip}\nbilling_terms:\n",
        "BAD_VALUE",
        "price_plans.top.base",
        "a conditional plan itself; name its base, tv",
    ),
    (
        "    plans: [tv]\n    discounts",
        "    plans: [tv, vip]\n    discounts",
        "BAD_VALUE",
        "billing_terms.monthly.plans.1",
        "comes with its base",
    ),
    (
        VIP,
        "    select_when: account.colour == 'red'\n",
        "CONDITION_REFUSED",
        "price_plans.vip.select_when",
        "colour",
    ),
    (
        VIP,
        "    select_when: bill.months == 1\n",
        "CONDITION_REFUSED",
        "price_plans.vip.select_when",
        "no variable 'bill'",
    ),
    (
        'account.country == "CY"',
        "account.country",
        "CONDITION_REFUSED",
        "price_plans.vip.apply_when",
        "",
    ),
    (
        'account.country == "CY"',
        "bill.months == 1",
        "CONDITION_REFUSED",
        "price_plans.vip.apply_when",
        "",
    ),
    # kinds of terms
    (
        "plans: [tv], grace",
        "plans: [tv], max_unbilled_events: 1, grace",
        "BAD_VALUE",
        "billing_terms.prepaid.max_unbilled_events",
        "a wallet pays at once",
    ),
    (
        "plans: [tv], grace",
        "plans: [tv], below_threshold: carry, grace",
        "BAD_VALUE",
        "billing_terms.prepaid.below_threshold",
        "a wallet pays at once",
    ),
    (
        "max_unbilled_events: 1\n",
        "below_threshold: carried\n",
        "NOT_A_CHOICE",
        "billing_terms.monthly.below_threshold",
        "bill",
    ),
    (
        "plans: [tv], grace",
        "plans: [tv], bills: next_run, grace",
        "BAD_VALUE",
        "billing_terms.prepaid.bills",
        "remove bills",
    ),
    ("grace: 24 hours", "grace: soon", "BAD_VALUE", "billing_terms.prepaid.grace", "3 days"),
    (
        "grace: 24 hours",
        "grace: 61 days",
        "BAD_VALUE",
        "billing_terms.prepaid.grace",
        "60 days",
    ),
    (
        "    discounts: flexible",
        "    grace: 1 day",
        "BAD_VALUE",
        "billing_terms.monthly.grace",
        "under normal terms",
    ),
    (
        "    discounts: flexible",
        "    bills: next_run",
        "BAD_VALUE",
        "billing_terms.monthly.bills",
        "remove bills",
    ),
    *[
        (
            "bills: next_run",
            f"{key}: {value}",
            "BAD_VALUE",
            f"billing_terms.jobs.{key}",
            "jobs, which have no periods",
        )
        for key, value in {
            "frequency": "year",
            "usage_frequency": "year",
            "anchor": "anniversary",
            "fixed_charges": "advance",
            "proration": "none",
            "closes_after": "1 day",
            "max_unbilled_amount": "5",
            "max_unbilled_events": "5",
            "below_threshold": "carry",
            "binding": "{term: year}",
            "resting": "{times: 1}",
            "grace": "1 day",
        }.items()
    ],
    (
        "max_unbilled_events: 1\n",
        "max_unbilled_events: 0\n",
        "BAD_VALUE",
        "billing_terms.monthly.max_unbilled_events",
        "not above 0",
    ),
    (
        "penalty: early-end",
        "penalty: gold",
        "BAD_VALUE",
        "billing_terms.monthly.binding.penalty",
        "a penalty is an expense",
    ),
    (
        "penalty: early-end",
        "penalty: fine",
        "UNKNOWN_PRODUCT",
        "billing_terms.monthly.binding.penalty",
        "",
    ),
    (
        "term: 12 months",
        "term: long",
        "FREQUENCY_REFUSED",
        "billing_terms.monthly.binding.term",
        "",
    ),
    (
        "times: 2, days",
        "times: 0, days",
        "BAD_VALUE",
        "billing_terms.monthly.resting.times",
        "",
    ),
    (
        "days: 60",
        "days: 60, per: ''",
        "FREQUENCY_REFUSED",
        "billing_terms.monthly.resting.per",
        "",
    ),
    (
        "extends_binding: true",
        "extends_binding: yes",
        "NOT_A_CHOICE",
        "billing_terms.monthly.resting.extends_binding",
        "neither true nor false",
    ),
    (
        "    rates: {gold: {base: 25}",
        "    commitment: {minimum: 5, covers: {products: [gold]}}\n    rates: {gold: {base: 9}",
        "NOT_SUPPORTED",
        "billing_terms.jobs",
        "a job has none",
    ),
    # segments
    (
        "when: job.completed_or_now > job.expected_at",
        "when: job.completed_or_now > job.expected_at, usage_windows: {week: {last: week}}",
        "BAD_VALUE",
        "segments.late.usage_windows",
        "a job has no usage",
    ),
    (
        "job.completed_or_now > job.expected_at",
        "size(job.segments) > 0",
        "CONDITION_REFUSED",
        "segments.late.when",
        "no field 'segments'",
    ),
    (
        "job.completed_or_now > job.expected_at",
        "subscription.bound",
        "CONDITION_REFUSED",
        "segments.late.when",
        "no variable 'subscription'",
    ),
    (
        "job.completed_or_now > job.expected_at",
        '""',
        "MISSING_KEY",
        "segments.late.when",
        "who is in it",
    ),
    # usage rules
    (
        "place: 2",
        "place: 1",
        "DUPLICATE_KEY",
        "usage_rules.vips.place usage_rules.all.place",
        "",
    ),
    (
        ", max_unbilled_amount: 100",
        "",
        "MISSING_KEY",
        "usage_rules.vips.max_unbilled_amount",
        "limits nothing",
    ),
    (
        "max_unbilled_amount: 100",
        "max_unbilled_amount: -1",
        "BAD_VALUE",
        "usage_rules.vips",
        "",
    ),
    ("max_unbilled_events: 50", "max_unbilled_events: 0", "BAD_VALUE", "usage_rules.all", ""),
    # buying in advance
    ("{from: 3, to: 11}", "{from: 3, to: 2}", "BAD_VALUE", "buy_in_advance.year", "below 3"),
    ("{from: 3, to: 11}", "{from: 0, to: 2}", "BAD_VALUE", "buy_in_advance.year", "1 or more"),
    (
        "{from: 3, to: 11}",
        "{from: 3, to: 1201}",
        "FREQUENCY_REFUSED",
        "buy_in_advance.year",
        "",
    ),
    ("{from: 3, to: 11}", "{from: 3, to: 12}", "OVERLAP", "buy_in_advance.year", "by types"),
    (
        "job_types:\n",
        "  other: {name: Other, durations: [{from: 1, to: 2}]}\njob_types:\n",
        "ANOTHER_IS_ACTIVE",
        "buy_in_advance.other.state buy_in_advance.year.state",
        "in the same file",
    ),
    # job types
    ("terms: jobs", "terms: monthly", "BAD_VALUE", "job_types.install.terms", "kind: job"),
    ("terms: jobs", "terms: other", "UNKNOWN_BILLING_TERMS", "job_types.install.terms", ""),
    (
        "estimate: 14 days",
        "estimate: long",
        "FREQUENCY_REFUSED",
        "job_types.install",
        "no length",
    ),
    (
        "billable: false",
        "billable: false, terms: jobs",
        "BAD_VALUE",
        "job_types.survey.terms",
        "not billed",
    ),
]


def test_the_catalogue_itself_is_refused_nothing() -> None:
    """So that each row here is refused for what it changes."""
    refuse(PAY_TV)


@pytest.mark.parametrize(("old", "new", "code", "path", "told"), REFUSED)
def test_what_makes_no_sense_is_refused_where_it_stands(
    old: str, new: str, code: str, path: str, told: str
) -> None:
    """One change, and nothing but its problems: code, path, line, and what to do."""
    expect_refused((old, new), code=code, path=path, told=told)
