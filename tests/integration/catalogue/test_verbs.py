"""Changing the catalogue entry by entry, as the API does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.catalogue.billing_terms import billing_terms_create, billing_terms_version_publish
from core.catalogue.checks import Installed
from core.catalogue.errors import (
    CatalogueEntryExists,
    CatalogueEntryUnknown,
    CatalogueRefused,
    NoPlanVersionEffective,
)
from core.catalogue.gauges import gauge_create
from core.catalogue.plan_versions import load_plan_versions, load_rate_definitions
from core.catalogue.price_plans import (
    price_plan_create,
    price_plan_retire,
    price_plan_version_publish,
)
from core.catalogue.products import product_create, product_retire, product_update
from core.catalogue.rate_tables import (
    rate_table_create,
    rate_table_reprice,
    rate_table_slot_add,
)
from core.catalogue.records import PricePlan, Product
from core.catalogue.repository import (
    head_by_code,
    head_page,
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
    SlotDefinition,
)
from core.kernel.clock import FixedClock

FEE = ProductDefinition(code="fee", kind="termed_service", name="Fee")
BASIC = PricePlanDefinition(
    code="basic",
    name="Basic",
    currency="EUR",
    rates=(RateDefinition(product="fee", base=Decimal(20)),),
)
TERMS = BillingTermsDefinition(code="monthly", name="Monthly", plans=("basic",))


async def test_a_product_is_created_changed_and_retired(begin):
    """Each verb is one small catalogue."""
    async with begin() as tx:
        await gauge_create(tx, GaugeDefinition(code="people", name="People"))
        source = GaugeQuantityDefinition(gauge="people")
        await product_create(tx, replace(FEE, quantity_from=source))
        await product_update(tx, "fee", name="The fee", tax_class="reduced")
    async with begin() as tx:
        fee = await head_by_code(tx, Product, "fee")
        assert (fee.name, fee.tax_class, fee.gauge_policy) == ("The fee", "reduced", "max")
        assert (await product_retire(tx, "fee")).outcome == "updated"
        assert (await head_by_code(tx, Product, "fee")).state == "retired"


async def test_a_taken_code_is_refused_and_nothing_changes(begin):
    """Creating never changes what is there."""
    async with begin() as tx:
        await product_create(tx, FEE)
        with pytest.raises(CatalogueEntryExists) as refused:
            await product_create(tx, replace(FEE, name="Another"))
        assert refused.value.path == ("code",)
        assert (await head_by_code(tx, Product, "fee")).name == "Fee"


async def test_an_unknown_code_cannot_be_changed(begin):
    """Changing never creates."""
    async with begin() as tx:
        for attempt in (
            product_update(tx, "ghost", name="Boo"),
            price_plan_version_publish(tx, BASIC),
            billing_terms_version_publish(tx, TERMS),
        ):
            with pytest.raises(CatalogueEntryUnknown):
                await attempt
        assert await head_page(tx, Product, first=10) == []
        assert await head_page(tx, PricePlan, first=10) == []


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
            await product_create(tx, wanted, installed=installed)
        with pytest.raises(CatalogueRefused, match="its units: segment"):
            meters = MetersDefinition(channel="sms", unit="message")
            await product_create(tx, replace(wanted, meters=meters), installed=installed)
        assert await head_page(tx, Product, first=10) == []


async def test_a_plan_is_published_in_versions_and_retired(begin):
    """The first version has always been sold; the second from now."""
    async with begin() as tx:
        await product_create(tx, FEE)
        created = await price_plan_create(tx, BASIC)
        dearer = replace(BASIC, rates=(RateDefinition(product="fee", base=Decimal(21)),))
        assert (await price_plan_version_publish(tx, dearer)).outcome == "versioned"
        assert (await price_plan_retire(tx, "basic")).outcome == "updated"
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
        await product_create(tx, FEE)
        await price_plan_create(tx, BASIC)
        await billing_terms_create(tx, TERMS)
        same = await billing_terms_version_publish(tx, replace(TERMS, frequency="P1M"))
        later = await billing_terms_version_publish(tx, replace(TERMS, closes_after="72 hours"))
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
        await rate_table_create(tx, dated)
        await rate_table_create(tx, kept)
        assert (await rate_table_slot_add(tx, "cards", to_come)).outcome == "versioned"
        for _ in range(2):  # at one instant of the clock, and to and fro
            for price in (2, 1):
                rows = {"FR": Decimal(price)}
                done = await rate_table_reprice(tx, "zones", rows=rows, default=None)
                assert done.outcome == "versioned"
        assert await tx.fetchval("SELECT count(*) FROM rate_table_slot") == 2 + 5


async def test_a_suite_names_modules_that_come_later_in_the_alphabet(begin):
    """Members are stored once, and are read for many suites at once."""
    async with begin() as tx:
        for code in ("zeta", "beta"):
            await product_create(tx, ProductDefinition(code=code, kind="module", name=code))
        suite = ProductDefinition(
            code="alpha", kind="module", name="Suite", members=("zeta", "beta")
        )
        created = await product_create(tx, suite)
        assert len((await suite_members(tx, [created.id]))[created.id]) == 2
        with pytest.raises(CatalogueRefused, match="put zeta back"):
            await product_update(tx, "alpha", members=("beta",))
        assert len((await suite_members(tx, [created.id]))[created.id]) == 2


async def test_lists_are_read_page_by_page_in_the_order_of_codes(begin):
    """Three of five, then two; filters hold on every page."""
    async with begin() as tx:
        for code in ("e", "b", "d", "a", "c"):
            await product_create(tx, replace(FEE, code=code))
        await product_retire(tx, "b")
        page = await head_page(tx, Product, first=3)
        rest = await head_page(tx, Product, first=3, after=page[-1].code)
        assert [p.code for p in page + rest] == ["a", "b", "c", "d", "e"]
        active = await head_page(tx, Product, first=9, states=("active",), kinds=(FEE.kind,))
        assert [p.code for p in active] == ["a", "c", "d", "e"]


async def test_loading_many_versions_takes_the_same_statements_as_one(begin, monkeypatch):
    """Three statements for ten versions, one when they are cached."""
    async with begin() as tx:
        await product_create(tx, FEE)
        created = [
            await price_plan_create(tx, replace(BASIC, code=f"plan-{n}")) for n in range(10)
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
        await product_create(tx, FEE)
        plan = await price_plan_create(tx, BASIC)
        (head,) = (await plan_version_heads(tx, [plan.id]))[plan.id]
        assert head.id in await load_plan_versions(tx, [head.id])
    other = await new_tenant()
    async with db.transaction(other.tenant.id, actor="test") as tx:
        assert await load_plan_versions(tx, [head.id]) == {}
        assert await head_page(tx, Product, first=10) == []
