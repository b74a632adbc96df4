"""Features, grants, trials, changes and payment: stored, read, shown, compared, exported."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.catalogue.compile import PaymentPolicy
from core.catalogue.diff import NO_DIFFERENCE, diff_catalogue
from core.catalogue.export import export_catalogue
from core.catalogue.features import Allowed, load_allowed, load_features
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.records import BillingTerms, PricePlan, Product
from core.catalogue.repository import (
    current_terms_versions,
    head_by_code,
    heads_by_codes,
    plan_version_heads,
)
from core.catalogue.schema import (
    FeatureDefinition,
    GrantDefinition,
    TrialDefinition,
    TrialGrantDefinition,
)
from core.catalogue.terms_versions import load_terms_versions
from core.catalogue.yaml_source import load_catalogue
from core.kernel.frequency import Frequency
from core.plugin_api.values import Surcharge
from tests.integration.catalogue.shop import apply
from tests.unit.catalogue.living import LIVING

SELLERS = Path(__file__).parents[2] / "scenarios" / "seeds" / "catalogues"


@pytest.fixture
async def living(begin):
    """The whole catalogue, applied."""
    return await apply(begin, LIVING)


async def terms(begin):
    """The current version of the terms."""
    async with begin() as tx:
        head = await head_by_code(tx, BillingTerms, "contract")
        version = (await current_terms_versions(tx, [head.id]))[head.id]
        return (await load_terms_versions(tx, [version.id]))[version.id]


async def plan(begin):
    """The last version of the plan, compiled; and how many there are."""
    async with begin() as tx:
        head = await head_by_code(tx, PricePlan, "basic")
        heads = (await plan_version_heads(tx, [head.id]))[head.id]
        versions = await load_plan_versions(tx, [heads[-1].id])
        return versions[heads[-1].id], len(heads), heads[-1].rule_sets


async def allowed(begin, *codes):
    """What products allow, in the order of their codes."""
    async with begin() as tx:
        heads = await heads_by_codes(tx, Product, codes)
        found = await load_allowed(tx, [head.id for head in heads.values()])
        return [found[heads[code].id] for code in codes]


async def test_what_products_allow_is_read_for_many_of_them(begin, living):
    """Grants come sorted by feature; a product without any allows nothing."""
    sales, mails, training, more = await allowed(
        begin, "sales", "mails", "training", "more-users"
    )
    assert sales.grants == (
        GrantDefinition(feature="mail.send", amount=Decimal(100), renews="period"),
        GrantDefinition(feature="users", amount=Decimal(1)),
    )
    assert sales.trial == TrialDefinition(
        days=30, grants=(TrialGrantDefinition(feature="mail.send", amount=Decimal(200)),)
    )
    assert mails.grants == (
        GrantDefinition(
            feature="mail.send",
            amount=Decimal(1000),
            per="unit",
            needs_payment=True,
            valid_for="year",
        ),
    )
    assert (training.needs, training.fulfils) == (("sales",), "First training")
    assert more == Allowed()
    async with begin() as tx:
        assert await load_allowed(tx, []) == {}


async def test_what_a_product_allows_changes_in_place_and_at_once(begin, living):
    """A product has no versions: the next read, cached or not, gives what is stored now."""
    assert (await allowed(begin, "sales"))[0].grants[1].amount == Decimal(1)
    result = await apply(
        begin, LIVING.replace("feature: users, amount: 1", "feature: users, amount: 2")
    )
    assert result.updated == ("products.sales",)
    assert (await allowed(begin, "sales"))[0].grants[1].amount == Decimal(2)


async def test_features_are_read_by_code(begin, living):
    """Five of them, with what they count and what becomes of more."""
    async with begin() as tx:
        found = await load_features(tx)
    assert sorted(found) == ["chat", "contacts", "mail.send", "stores", "users"]
    assert found["users"] == FeatureDefinition(
        code="users", name="Users", counts="members", beyond="bills", product="more-users"
    )
    assert (found["stores"].gauge, found["chat"].window) == ("stores", "whatsapp")


async def test_what_a_feature_counts_is_for_good(begin, living):
    """Its users would be companies from one day to the next; what is beyond may change."""
    holds = LIVING.replace("counts: contacts, beyond: holds", "counts: contacts")
    assert (await apply(begin, holds)).versioned == ("features.contacts",)
    other = LIVING.replace("counts: contacts, beyond: holds", "counts: companies")
    with pytest.raises(Exception, match="stored as contacts, which is for good"):
        await apply(begin, other)
    async with begin() as tx:
        assert (await load_features(tx))["contacts"].counts == "contacts"


async def test_terms_say_what_changes_do_and_what_follows_where_nobody_pays(begin, living):
    """Every key comes back compiled: lengths as frequencies, waits as lengths of real time."""
    found = await terms(begin)
    assert (found.upgrade, found.downgrade, found.fewer) == ("reset", "prorate", "credit")
    assert (found.more, found.early_end) == ("next_invoice", "credit")
    assert (found.term, found.notice) == (Frequency(1, "year"), Frequency(30, "day"))
    assert (found.no_notice_up_to, found.minimum_quantity) == (10, True)
    assert found.payment == PaymentPolicy(
        within=timedelta(days=14),
        retries=(timedelta(days=1), timedelta(days=3)),
        reminders=(timedelta(days=2), timedelta(days=9)),
        suspend_after=timedelta(days=14),
        end_after=timedelta(days=60),
    )


async def test_terms_that_say_nothing_of_it_wait_for_the_periods_end(begin, living):
    """What is left out has one meaning: nothing changes in a period, and nothing follows."""
    head = LIVING[: LIVING.index("    upgrade: reset")]
    assert (await apply(begin, head)).versioned == ("billing_terms.contract",)
    found = await terms(begin)
    assert (found.number, found.upgrade, found.downgrade) == (2, "period_end", "period_end")
    assert (found.fewer, found.more, found.early_end) == ("period_end", "at_once", "no_credit")
    assert (found.term, found.notice, found.no_notice_up_to) == (None, None, None)
    assert (found.minimum_quantity, found.payment) == (False, None)


async def test_a_plan_pins_rule_sets_and_adds_to_what_is_passed_on(begin, living):
    """Another rule set is another version: what was sold under the first keeps it."""
    version, count, pinned = await plan(begin)
    assert (version.rule_sets, pinned, count) == (
        {"whatsapp": "2025-07-01"},
        {"whatsapp": "2025-07-01"},
        1,
    )
    surcharges = [rate.rate.surcharge for rate in version.rates]
    assert surcharges == [Surcharge(Decimal(20), 4), None]
    moved = LIVING.replace("whatsapp: 2025-07-01", "whatsapp: 2026-10-01")
    assert (await apply(begin, moved)).versioned == ("price_plans.basic",)
    version, count, _pinned = await plan(begin)
    assert (version.rule_sets, count) == ({"whatsapp": "2026-10-01"}, 2)


async def test_a_difference_is_told_leaf_by_leaf(begin, living):
    """Applying would change the product in place and make the next version of the terms."""
    wanted = LIVING.replace("days: 30, grants", "days: 14, grants").replace(
        "retries: [1 day, 3 days]", "retries: [1 day]"
    )
    async with begin() as tx:
        assert await diff_catalogue(tx, load_catalogue(LIVING)) == NO_DIFFERENCE
        told = await diff_catalogue(tx, load_catalogue(wanted))
    assert told.splitlines() == [
        "products.sales: changed",
        "- trial.days: 30",
        "+ trial.days: 14",
        "billing_terms.contract: new version",
        "- payment.retries[1]: 3 days",
    ]


async def test_other_spellings_of_the_same_change_nothing(begin, living):
    """24 hours are a day, a year is 12 months, and the order of grants says nothing."""
    other = (
        LIVING.replace("retries: [1 day, 3 days]", "retries: [72 hours, 24 hours, 1 day]")
        .replace("term: 12 months", "term: year")
        .replace("valid_for: 12 months", "valid_for: P1Y")
    )
    grants = "      - {feature: users, amount: 1}\n"
    moved = other.replace(grants, "", 1).replace(
        "    trial: {days", grants + "    trial: {days", 1
    )
    assert moved != other
    result = await apply(begin, moved)
    assert not result.changed_anything


@pytest.mark.parametrize("name", ["dailybiz", "flexmail", "aircall", None])
async def test_catalogues_that_live_come_back_as_they_were_applied(begin, name):
    """Exporting and applying again changes nothing, for the sellers' catalogues too."""
    text = LIVING if name is None else (SELLERS / f"{name}.yaml").read_text("utf-8")
    first = await apply(begin, text)
    assert first.changed_anything
    async with begin() as tx:
        exported = await export_catalogue(tx)
    assert not (await apply(begin, exported)).changed_anything
    assert not (await apply(begin, text)).changed_anything
