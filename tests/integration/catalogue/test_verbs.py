"""Changing the catalogue entry by entry, by the two verbs that the API calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.catalogue.apply import Applied
from core.catalogue.checks import Installed
from core.catalogue.errors import (
    CatalogueEntryExists,
    CatalogueEntryUnknown,
    CatalogueRefused,
    NoPlanVersionEffective,
)
from core.catalogue.one_entry import change_entry, create_entry, stored_entry
from core.catalogue.plan_versions import load_plan_versions, load_rate_definitions
from core.catalogue.records import PricePlan, Product
from core.catalogue.repository import (
    head_by_code,
    heads_by_codes,
    plan_version_at,
    plan_version_heads,
    suite_members,
)
from core.catalogue.schema import (
    BillingTermsDefinition,
    GaugeDefinition,
    GaugeQuantityDefinition,
    MetersDefinition,
    PricePlanDefinition,
    ProductDefinition,
    RateDefinition,
    RateTableDefinition,
    Section,
    SlotDefinition,
)
from core.db import Tx
from core.kernel.clock import FixedClock

FEE = ProductDefinition(code="fee", kind="termed_service", name="Fee")
BASIC = PricePlanDefinition(
    code="basic",
    name="Basic",
    currency="EUR",
    rates=(RateDefinition(product="fee", base=Decimal(20)),),
)
TERMS = BillingTermsDefinition(code="monthly", name="Monthly", plans=("basic",))


async def changed(tx: Tx, section: Section, code: str, **changes: Any) -> Applied:
    """Change some fields of an entry."""
    before = await stored_entry(tx, section, code)
    return await change_entry(tx, section, replace(before, **changes))


async def test_a_product_is_created_changed_and_retired(begin):
    """Each verb is one small catalogue."""
    async with begin() as tx:
        await create_entry(tx, "gauges", GaugeDefinition(code="people", name="People"))
        source = GaugeQuantityDefinition(gauge="people")
        await create_entry(tx, "products", replace(FEE, quantity_from=source))
        await changed(tx, "products", "fee", name="The fee", tax_class="reduced")
    async with begin() as tx:
        fee = await head_by_code(tx, Product, "fee")
        assert (fee.name, fee.tax_class, fee.gauge_policy) == ("The fee", "reduced", "max")
        assert (await changed(tx, "products", "fee", state="retired")).outcome == "updated"
        assert (await head_by_code(tx, Product, "fee")).state == "retired"


async def test_a_taken_code_is_refused_and_nothing_changes(begin):
    """Creating never changes what is there."""
    async with begin() as tx:
        await create_entry(tx, "products", FEE)
        with pytest.raises(CatalogueEntryExists) as refused:
            await create_entry(tx, "products", replace(FEE, name="Another"))
        assert refused.value.path == ("code",)
        assert (await head_by_code(tx, Product, "fee")).name == "Fee"


async def test_an_unknown_code_cannot_be_changed(begin):
    """Changing never creates."""
    async with begin() as tx:
        for attempt in (
            changed(tx, "products", "ghost", name="Boo"),
            change_entry(tx, "price_plans", BASIC),
            change_entry(tx, "billing_terms", TERMS),
        ):
            with pytest.raises(CatalogueEntryUnknown):
                await attempt
        assert await heads_by_codes(tx, Product, ["ghost"]) == {}
        assert await heads_by_codes(tx, PricePlan, ["basic"]) == {}


async def test_an_unknown_channel_is_refused_with_the_nearest_one(begin):
    """What is installed decides; the message names what may have been meant."""
    installed = Installed(channels={"sms": frozenset({"segment"})})
    wanted = ProductDefinition(
        code="sms",
        kind="usage_service",
        name="SMS",
        meters=MetersDefinition(channel="smss", unit="segment"),
    )
    async with begin() as tx:
        with pytest.raises(CatalogueRefused, match="did you mean sms"):
            await create_entry(tx, "products", wanted, installed=installed)
        with pytest.raises(CatalogueRefused, match="its units: segment"):
            meters = MetersDefinition(channel="sms", unit="message")
            await create_entry(
                tx, "products", replace(wanted, meters=meters), installed=installed
            )
        assert await heads_by_codes(tx, Product, ["sms"]) == {}


async def test_a_plan_is_published_in_versions_and_retired(begin):
    """The first version has always been sold; the second from now."""
    async with begin() as tx:
        await create_entry(tx, "products", FEE)
        created = await create_entry(tx, "price_plans", BASIC)
        dearer = replace(BASIC, rates=(RateDefinition(product="fee", base=Decimal(21)),))
        assert (await change_entry(tx, "price_plans", dearer)).outcome == "versioned"
        assert (await changed(tx, "price_plans", "basic", state="retired")).outcome == "updated"
        heads = (await plan_version_heads(tx, [created.id]))[created.id]
        assert [head.number for head in heads] == [1, 2]
        early = await plan_version_at(
            tx, plan_id=created.id, at=datetime(2020, 1, 1, tzinfo=UTC)
        )
        assert early.number == 1
        assert heads[1].effective_from == tx.now
        definitions = await load_rate_definitions(tx, [head.id for head in heads])
        assert [definitions[head.id][0].base for head in heads] == [20, 21]
        with pytest.raises(NoPlanVersionEffective):
            long_ago = datetime(1960, 1, 1, tzinfo=UTC)
            await plan_version_at(tx, plan_id=created.id, at=long_ago)


async def test_terms_are_published_in_versions(begin):
    """Another length of delay is another version; the only plan is the default."""
    async with begin() as tx:
        await create_entry(tx, "products", FEE)
        await create_entry(tx, "price_plans", BASIC)
        await create_entry(tx, "billing_terms", TERMS)
        same = await change_entry(tx, "billing_terms", replace(TERMS, frequency="P1M"))
        later = await change_entry(tx, "billing_terms", replace(TERMS, closes_after="72 hours"))
        assert (same.outcome, later.outcome) == ("unchanged", "versioned")


async def test_rate_tables_get_slots_and_new_prices(begin):
    """A dated table takes a slot to come; a kept one moves to other prices."""
    dated = RateTableDefinition(
        code="cards",
        name="Cards",
        dimension="country",
        applies="on_event_date",
        slots=(
            SlotDefinition(starts=datetime(2026, 1, 1, tzinfo=UTC), rows={"FR": Decimal(1)}),
        ),
    )
    kept = RateTableDefinition(
        code="zones", name="Zones", dimension="country", rows={"FR": Decimal(1)}
    )
    to_come = SlotDefinition(starts=datetime(2031, 1, 1, tzinfo=UTC), rows={"FR": Decimal(2)})
    async with begin(clock=FixedClock(datetime(2030, 1, 1, tzinfo=UTC))) as tx:
        await create_entry(tx, "rate_tables", dated)
        await create_entry(tx, "rate_tables", kept)
        slots = (*dated.slots, to_come)
        assert (await changed(tx, "rate_tables", "cards", slots=slots)).outcome == "versioned"
        for _ in range(2):  # at one instant of the clock, and to and fro
            for price in (2, 1):
                rows = {"FR": Decimal(price)}
                done = await changed(tx, "rate_tables", "zones", rows=rows, default=None)
                assert done.outcome == "versioned"
        assert await tx.fetchval("SELECT count(*) FROM rate_table_slot") == 2 + 5


async def test_a_suite_names_modules_that_come_later_in_the_alphabet(begin):
    """Members are stored once, and are read for many suites at once."""
    async with begin() as tx:
        for code in ("zeta", "beta"):
            await create_entry(
                tx, "products", ProductDefinition(code=code, kind="module", name=code)
            )
        suite = ProductDefinition(
            code="alpha", kind="module", name="Suite", members=("zeta", "beta")
        )
        created = await create_entry(tx, "products", suite)
        assert len((await suite_members(tx, [created.id]))[created.id]) == 2
        with pytest.raises(CatalogueRefused, match="put zeta back"):
            await changed(tx, "products", "alpha", members=("beta",))
        assert len((await suite_members(tx, [created.id]))[created.id]) == 2


async def test_loading_many_versions_takes_the_same_statements_as_one(begin, monkeypatch):
    """Three statements for ten versions, one when they are cached."""
    async with begin() as tx:
        await create_entry(tx, "products", FEE)
        created = [
            await create_entry(tx, "price_plans", replace(BASIC, code=f"plan-{n}"))
            for n in range(10)
        ]
        heads = await plan_version_heads(tx, [plan.id for plan in created])
        ids = [versions[0].id for versions in heads.values()]
        sent = []
        fetch = type(tx).fetch

        async def counted(self, sql, *args):
            sent.append(sql)
            return await fetch(self, sql, *args)

        monkeypatch.setattr(type(tx), "fetch", counted)
        assert len(await load_plan_versions(tx, ids)) == 10
        assert len(sent) == 2  # no plan has a table here
        sent.clear()
        assert len(await load_plan_versions(tx, ids)) == 10
        assert len(sent) == 1


async def test_another_seller_sees_nothing_of_it_even_cached(begin, db, new_tenant):
    """A version's id from elsewhere is as absent as one that never was."""
    async with begin() as tx:
        await create_entry(tx, "products", FEE)
        plan = await create_entry(tx, "price_plans", BASIC)
        (head,) = (await plan_version_heads(tx, [plan.id]))[plan.id]
        assert head.id in await load_plan_versions(tx, [head.id])
    other = await new_tenant()
    async with db.transaction(other.tenant.id, actor="test") as tx:
        assert await load_plan_versions(tx, [head.id]) == {}
        assert await heads_by_codes(tx, Product, ["fee"]) == {}
