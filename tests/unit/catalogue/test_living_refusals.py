"""What features, grants, trials, changes and payment may not say: a row for each refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.catalogue.checks import Installed, Known, check_catalogue
from core.catalogue.schema import Catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.unit.catalogue.living import LIVING
from tests.unit.catalogue.refusals import expect_refused

USERS = "counts: members, beyond: bills, product: more-users"
SALES = "      - {feature: users, amount: 1}\n"
TRIAL = "    trial: {days: 30, grants: [{feature: mail.send, amount: 200}]}\n"
MAILS = "amount: 1000, per: unit, needs_payment: true, valid_for: 12 months"
SURCHARGE = "surcharge: {percent: 20, precision: 4}"

REFUSED = [
    # features
    (
        USERS,
        "beyond: bills, product: more-users",
        "BAD_VALUE",
        "features.users.beyond",
        "members",
    ),
    (USERS, "counts: members, beyond: holds", "BAD_VALUE", "features.users.beyond", "contacts"),
    (
        USERS,
        "counts: members, beyond: bills",
        "MISSING_KEY",
        "features.users.product",
        "name the",
    ),
    (
        USERS,
        "counts: members, product: more-users",
        "BAD_VALUE",
        "features.users.product",
        "what is beyond blocks, so nothing is billed; remove the product",
    ),
    (
        USERS,
        USERS + "s",
        "UNKNOWN_PRODUCT",
        "features.users.product",
        "did you mean more-users?",
    ),
    (
        USERS,
        "counts: members, beyond: bills, product: mails",
        "BAD_VALUE",
        "features.users.product",
        "mails is a one_time_service, which has no price for a period",
    ),
    ("gauge, gauge: stores", "gauge", "MISSING_KEY", "features.stores.gauge", "name the gauge"),
    (
        "counts: gauge, gauge: stores",
        "gauge: stores",
        "BAD_VALUE",
        "features.stores.gauge",
        "it counts consumption; remove the gauge",
    ),
    ("gauge: stores", "gauge: shops", "UNKNOWN_GAUGE", "features.stores.gauge", "no gauge"),
    # grants
    (SALES, SALES + SALES, "DUPLICATE_KEY", "products.sales.grants.1.feature", "in one grant"),
    (
        SALES,
        "      - {feature: logins, amount: 1}\n",
        "UNKNOWN_FEATURE",
        "products.sales.grants.0.feature",
        "define it under features",
    ),
    (
        SALES,
        "      - {feature: users}\n",
        "MISSING_KEY",
        "products.sales.grants.0.amount",
        "say how much: amount: 200, or unlimited: true",
    ),
    (
        SALES,
        "      - {feature: users, amount: 1, unlimited: true}\n",
        "BAD_VALUE",
        "products.sales.grants.0.amount",
        "keep one of the two",
    ),
    (
        SALES,
        "      - {feature: users, amount: -1}\n",
        "BAD_VALUE",
        "products.sales.grants.0.amount",
        "grant 0 or more",
    ),
    (
        SALES,
        "      - {feature: users, amount: 1, renews: period}\n",
        "BAD_VALUE",
        "products.sales.grants.0.renews",
        "users counts members, not what is used; remove renews",
    ),
    (
        SALES,
        "      - {feature: users, amount: 1, valid_for: year}\n",
        "BAD_VALUE",
        "products.sales.grants.0.valid_for",
        "remove valid_for",
    ),
    (
        MAILS,
        MAILS + ", renews: period",
        "BAD_VALUE",
        "products.mails.grants.0.valid_for",
        "there anew with every period",
    ),
    (
        "valid_for: 12 months",
        "valid_for: long",
        "FREQUENCY_REFUSED",
        "products.mails.grants.0.valid_for",
        "no length of time",
    ),
    # trials, needs, tasks
    (
        TRIAL,
        "    trial: {days: 0}\n",
        "BAD_VALUE",
        "products.sales.trial.days",
        "give 1 to 366",
    ),
    (TRIAL, "    trial: {days: 367}\n", "BAD_VALUE", "products.sales.trial.days", "no trial"),
    (
        TRIAL,
        "    trial: {days: 9, grants: [{feature: mail.sent, amount: 2}]}\n",
        "UNKNOWN_FEATURE",
        "products.sales.trial.grants.0.feature",
        "did you mean mail.send?",
    ),
    (
        "    kind: one_time_service\n    name: E-mails\n",
        "    kind: one_time_service\n    name: E-mails\n    trial: {days: 30}\n",
        "BAD_VALUE",
        "products.mails.trial",
        "so it cannot be tried",
    ),
    (
        TRIAL,
        TRIAL + "    needs: [sales]\n",
        "BAD_VALUE",
        "products.sales.needs",
        "make it a pack",
    ),
    (
        "    needs: [sales]\n    fulfils",
        "    needs: [mails]\n    fulfils",
        "BAD_VALUE",
        "products.training.needs.0",
        "mails is a one_time_service; a pack belongs to modules",
    ),
    (
        "    needs: [sales]\n    fulfils",
        "    needs: [sale]\n    fulfils",
        "UNKNOWN_PRODUCT",
        "products.training.needs.0",
        "did you mean sales?",
    ),
    (
        "    name: Messages\n",
        "    name: Messages\n    fulfils: Welcome\n",
        "BAD_VALUE",
        "products.message.fulfils",
        "remove fulfils",
    ),
    # what is passed on
    (
        SURCHARGE,
        "surcharge: {percent: 0}",
        "BAD_VALUE",
        "price_plans.basic.rates.message.surcharge.percent",
        "write 20, say",
    ),
    (
        SURCHARGE,
        "surcharge: {percent: 1001}",
        "BAD_VALUE",
        "price_plans.basic.rates.message.surcharge.percent",
        "at most 1000 percent",
    ),
    (
        SURCHARGE,
        "surcharge: {percent: 20, precision: 13}",
        "BAD_VALUE",
        "price_plans.basic.rates.message.surcharge.precision",
        "give 0 to 12",
    ),
    (
        SURCHARGE,
        SURCHARGE + ", precision: 2",
        "BAD_VALUE",
        "price_plans.basic.rates.message.precision",
        "remove precision",
    ),
    # terms
    (
        "    term: 12 months\n    notice",
        "    term: 45 days\n    notice",
        "BAD_VALUE",
        "billing_terms.contract.term",
        "no whole number of periods of a month",
    ),
    (
        "    term: 12 months\n",
        "",
        "BAD_VALUE",
        "billing_terms.contract.minimum_quantity",
        "add term: 12 months",
    ),
    (
        "    notice: 30 days\n",
        "",
        "BAD_VALUE",
        "billing_terms.contract.no_notice_up_to",
        "nobody has to give notice",
    ),
    (
        "    notice: 30 days\n",
        "    notice: 13 months\n",
        "BAD_VALUE",
        "billing_terms.contract.notice",
        "shorten it",
    ),
    (
        "    notice: 30 days\n",
        "    notice: 400 days\n",
        "BAD_VALUE",
        "billing_terms.contract.notice",
        "400 days are longer than the 12 months that it ends",
    ),
    (
        "no_notice_up_to: 10",
        "no_notice_up_to: 0",
        "BAD_VALUE",
        "billing_terms.contract.no_notice_up_to",
        "not above 0",
    ),
    (
        "upgrade: reset",
        "upgrade: restart",
        "NOT_A_CHOICE",
        "billing_terms.contract.upgrade",
        "did you mean reset?",
    ),
    (
        "within: 14 days",
        "within: 14",
        "BAD_VALUE",
        "billing_terms.contract.payment.within",
        "write 3 days",
    ),
    (
        "within: 14 days",
        "within: 367 days",
        "BAD_VALUE",
        "billing_terms.contract.payment.within",
        "for 366 days at most",
    ),
    (
        "retries: [1 day, 3 days]",
        'retries: [""]',
        "BAD_VALUE",
        "billing_terms.contract.payment.retries.0",
        "the delay is empty",
    ),
    (
        "reminders: [2 days, 9 days]",
        "reminders: [soon]",
        "BAD_VALUE",
        "billing_terms.contract.payment.reminders.0",
        "no length of time",
    ),
    (
        "retries: [1 day, 3 days]",
        f"retries: [{', '.join(f'{day} days' for day in range(2, 13))}]",
        "BAD_VALUE",
        "billing_terms.contract.payment.retries",
        "at most 10",
    ),
    (
        "end_after: 60 days",
        "end_after: 14 days",
        "BAD_VALUE",
        "billing_terms.contract.payment.end_after",
        "let it end later",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "path", "told"), REFUSED)
def test_what_is_granted_agreed_and_passed_on_is_refused_with_its_path(
    old, new, code, path, told
):
    """Each row swaps one text of a sound catalogue and names the problem that it makes."""
    expect_refused((old, new), code=code, path=path, told=told, of=LIVING)


KINDS = [
    ("prepaid", "payment: {within: 14 days}", "payment", "a wallet pays at once"),
    ("job", "upgrade: reset", "upgrade", "jobs, which have no periods"),
    ("job", "downgrade: reset", "downgrade", "jobs"),
    ("job", "fewer: credit", "fewer", "jobs"),
    ("job", "more: next_invoice", "more", "jobs"),
    ("job", "early_end: credit", "early_end", "jobs"),
    ("job", "term: 12 months", "term", "jobs"),
    ("job", "notice: 7 days", "notice", "jobs"),
]


@pytest.mark.parametrize(("kind", "line", "name", "told"), KINDS)
def test_kinds_of_terms_take_no_key_without_a_meaning(kind, line, name, told):
    """Jobs have no periods to change, and a wallet is never late."""
    wrong = f"  other: {{name: Other, kind: {kind}, plans: [basic], {line}}}\n"
    swap = ("billing_terms:\n", f"billing_terms:\n{wrong}")
    path = f"billing_terms.other.{name}"
    expect_refused(swap, code="BAD_VALUE", path=path, told=told, of=LIVING)


def problems(text, **installed):
    """The problems of a text where plugins are installed: codes, paths and words."""
    known = Known(
        wanted=load_catalogue(text).catalogue,
        stored=Catalogue(),
        zone="Europe/Paris",
        now=datetime(2026, 11, 1, tzinfo=UTC),
        installed=Installed(**installed),
    )
    return [(p.code, ".".join(p.path), p.message) for p in check_catalogue(known)]


def test_windows_and_rule_sets_are_those_of_the_installed_channels():
    """A channel without windows opens none, and a pinned rule set has to be its own."""
    own = {"whatsapp": frozenset({"2025-07-01", "2026-10-01"})}
    assert problems(LIVING) == []
    assert problems(LIVING, rule_sets=own) == []
    assert problems(LIVING, rule_sets={"whatsapp": frozenset({"2026-10-01"})}) == [
        (
            "UNKNOWN_RULE_SET",
            "price_plans.basic.rule_sets.whatsapp",
            "whatsapp has no rule set '2025-07-01'; its rule sets: 2026-10-01",
        )
    ]
    others = {"telegram": frozenset({"1"}), "rcs": frozenset({"1"})}
    (pinned, _window) = problems(LIVING, rule_sets=others)
    assert pinned[2] == (
        "no installed plugin has a channel 'whatsapp' with windows; only such channels have "
        "rule sets; installed are rcs, telegram"
    )
    assert [(code, path) for code, path, _told in problems(LIVING, rule_sets={})] == [
        ("UNKNOWN_CHANNEL", "price_plans.basic.rule_sets.whatsapp"),
        ("UNKNOWN_CHANNEL", "features.chat.window"),
    ]
