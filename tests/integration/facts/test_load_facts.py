"""Conditions are given what the documentation promises, for many at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.facts import load_facts, reads_segments
from core.kernel.clock import FixedClock
from core.kernel.condition_context import ACCOUNT, JOB, SUBSCRIPTION, documented_schema
from core.kernel.conditions import Condition, ConditionFailed
from core.kernel.ids import new_id
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_tenant import CreatedTenant

CATALOGUE = """
products:
  gold: {kind: termed_service, name: Gold, type: Subscription Packages}
  sport: {kind: termed_service, name: Sport}
  repair: {kind: one_time_service, name: Repair, type: Work}
price_plans:
  base:
    {name: Base, currency: EUR, rates: {gold: {base: 20}, sport: {base: 5}, repair: {base: 9}}}
billing_terms:
  monthly: {name: Monthly, frequency: 3 months, plans: [base]}
segments:
  vip: {name: Very important, of: account, when: "account.class == 'VIP'"}
  gone: {name: Gone, of: account, when: "true", state: inactive}
  golden: {name: Golden, of: subscription, when: "'gold' in subscription.products"}
  late: {name: Late, of: job, when: "job.completed_or_now > job.expected_at"}
  odd: {name: Odd, of: subscription, when: "subscription.attributes.odd == true"}
job_types:
  install: {name: Installation, estimate: 14 days}
"""
JANUARY = datetime(2025, 12, 31, 23, tzinfo=UTC)  # midnight in Paris
ADD_JOB = """
INSERT INTO job (tenant_id, id, account_id, type_id, state, org_unit_id, is_billable,
    agreement_date, starts_at, expected_at, is_test, created_at)
SELECT $1, $2, $3, e.id, 'in_progress', u.id, false, $4, $5, $6, false, $5
FROM catalogue_entry e, org_unit u
WHERE e.tenant_id = $1 AND e.section = 'job_types' AND u.tenant_id = $1
"""


class Sold(NamedTuple):
    """What the tests ask about."""

    account: UUID
    subscription: UUID


@pytest.fixture
async def sold(db: Database, seller: CreatedTenant) -> Sold:
    """A VIP with gold from 1 January 2026, and sport until 1 March."""
    async with db.transaction(seller.tenant.id, actor="t", clock=FixedClock(JANUARY)) as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
        account = await create_account(
            tx, CreateAccount(name="Ada", classification="VIP", attributes={"seats": 3})
        )
        made = await subscribe(
            tx,
            Subscribe(
                account=account.id,
                billing_terms="monthly",
                items=[NewItem("gold"), NewItem("sport")],
                type="Gold",
                agreement_date=date(2025, 12, 24),
            ),
        )
        await mark(tx, odd=True)
        await tx.execute(
            "UPDATE subscription_item SET until_at = $2 WHERE tenant_id = $1 AND product_id ="
            " (SELECT id FROM product WHERE tenant_id = $1 AND code = 'sport')",
            tx.tenant_id,
            datetime(2026, 2, 28, 23, tzinfo=UTC),
        )
    return Sold(account.id, made.id)


async def mark(tx: Tx, *, odd: bool) -> None:
    """Give every subscription of the seller its attribute."""
    await tx.execute(
        "UPDATE subscription SET attributes = jsonb_build_object('odd', $2::boolean)"
        " WHERE tenant_id = $1",
        tx.tenant_id,
        odd,
    )


def opened(db: Database, seller: CreatedTenant, now: datetime) -> Any:
    """A transaction of the seller at a time."""
    return db.transaction(seller.tenant.id, actor="t", clock=FixedClock(now))


async def test_everything_documented_of_a_subscription_is_there(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """On 11 March 2026 in Paris: 69 days and 2 months old; sport is over."""
    async with opened(db, seller, datetime(2026, 3, 11, 12, tzinfo=UTC)) as tx:
        facts = await load_facts(tx, subscription_ids=[sold.subscription])
    context: Any = facts.of_subscription(sold.subscription)
    assert context["account"] == {
        "class": "VIP", "segments": ["vip"], "currency": "EUR", "country": "FR",
        "time_zone": "Europe/Paris", "unit": "root", "created_at": JANUARY,
        "attributes": {"seats": 3},
    }  # fmt: skip
    assert context["subscription"] == {
        "type": "Gold", "state": "active", "frequency": "3 months", "terms": "monthly",
        "segments": ["golden", "odd"], "plan": "base", "unit": "root", "products": ["gold"],
        "product_types": ["Subscription Packages"], "started_at": JANUARY,
        "agreed_at": datetime(2025, 12, 23, 23, tzinfo=UTC), "age_days": 69, "age_months": 2,
        "bound": False, "months_in_advance": 0, "attributes": {"odd": True}, "class": "",
    }  # fmt: skip
    # An instant without a value is left out: it is not bound.
    assert SUBSCRIPTION.keys() - context["subscription"].keys() == {"bound_until"}
    assert ACCOUNT.keys() <= context["account"].keys()


async def test_the_time_of_the_question_may_be_told(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """Asked as of 10 January, it is 9 days old and has both products."""
    async with opened(db, seller, datetime(2026, 3, 11, tzinfo=UTC)) as tx:
        at = {sold.account: JANUARY + timedelta(days=9)}
        facts = await load_facts(tx, subscription_ids=[sold.subscription], at=at)
    fields: Any = facts.of_subscription(sold.subscription)["subscription"]
    assert (fields["age_days"], fields["age_months"]) == (9, 0)
    assert fields["products"] == ["gold", "sport"]


async def test_a_bound_subscription_says_until_when(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """Until the end, exclusive; afterwards it is not bound."""
    until = JANUARY + timedelta(days=365)
    async with opened(db, seller, JANUARY) as tx:
        await tx.execute(
            "UPDATE subscription SET bound_from = $2, bound_until = $3 WHERE tenant_id = $1",
            tx.tenant_id, JANUARY, until,
        )  # fmt: skip
        for at, bound in (
            (JANUARY, True),
            (until - timedelta(seconds=1), True),
            (until, False),
        ):
            facts = await load_facts(
                tx, subscription_ids=[sold.subscription], at={sold.account: at}
            )
            fields: Any = facts.of_subscription(sold.subscription)["subscription"]
            assert (fields["bound"], fields["bound_until"]) == (bound, until)


async def test_a_job_is_late_before_it_is_completed(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """Now stands for the completion while there is none: a day after the expected one."""
    expected = JANUARY + timedelta(days=14)
    job = new_id()
    async with opened(db, seller, JANUARY) as tx:
        await tx.execute(
            ADD_JOB, tx.tenant_id, job, sold.account, date(2026, 1, 1), JANUARY, expected
        )
        await tx.execute(
            "INSERT INTO job_line (tenant_id, job_id, id, product_id, quantity, created_at)"
            " SELECT $1, $2, $3, id, 5, $4 FROM product"
            " WHERE tenant_id = $1 AND code = 'repair'",
            tx.tenant_id, job, new_id(), JANUARY,
        )  # fmt: skip
    for at, segments in ((expected, []), (expected + timedelta(days=1), ["late"])):
        async with opened(db, seller, at) as tx:
            context: Any = (await load_facts(tx, job_ids=[job])).of_job(job)
        assert context["job"] == {
            "type": "install", "state": "in_progress", "segments": segments, "unit": "root",
            "products": ["repair"], "product_types": ["Work"], "agreed_at": JANUARY,
            "started_at": JANUARY, "expected_at": expected, "completed_or_now": at,
            "attributes": {}, "class": "", "terms": "", "plan": "",
        }  # fmt: skip
        assert JOB.keys() - context["job"].keys() == {"completed_at"}
        assert context["account"]["class"] == "VIP"


async def test_what_does_not_exist_yet_can_be_asked_about(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """A plan's condition is asked before there is a subscription."""
    async with opened(db, seller, JANUARY) as tx:
        facts = await load_facts(tx, account_ids=[sold.account])
    context: Any = facts.prospective(
        sold.account,
        fields={"type": "Gold", "products": ["gold"], "attributes": {"odd": False}},
    )
    assert context["subscription"]["segments"] == ["golden"]
    source = "subscription.age_days == 0 && !subscription.bound && account.class == 'VIP'"
    condition = Condition.compile(source, schema=documented_schema())
    assert condition.evaluate(context)


async def test_every_text_list_truth_and_number_is_there_for_what_has_nothing(
    db: Database, seller: CreatedTenant
):
    """A bare account, subscription and job, present or to be: only instants may be left out."""
    job = new_id()
    async with opened(db, seller, JANUARY) as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
        bare = await create_account(tx, CreateAccount(name="Ben"))
        command = Subscribe(account=bare.id, billing_terms="monthly", items=[NewItem("sport")])
        made = await subscribe(tx, command)
        day = date(2026, 1, 1)
        await tx.execute(ADD_JOB, tx.tenant_id, job, bare.id, day, JANUARY, JANUARY)
        await mark(tx, odd=False)
        facts = await load_facts(tx, subscription_ids=[made.id], job_ids=[job])
    asked: list[tuple[Any, Any, str]] = [
        (ACCOUNT, facts.of_account(bare.id), "account"),
        (SUBSCRIPTION, facts.of_subscription(made.id), "subscription"),
        (JOB, facts.of_job(job), "job"),
        (JOB, facts.prospective(bare.id, variable="job"), "job"),
    ]
    for documented, context, variable in asked:
        fields = context[variable]
        missing = {
            name for name, declared in documented.items()
            if declared is not datetime and name not in fields
        }  # fmt: skip
        assert missing == set(), variable
        assert fields["class"] == ""
    assert asked[1][1]["subscription"]["product_types"] == []
    assert asked[3][1]["job"]["products"] == []


async def test_a_condition_over_a_class_is_false_without_one(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """No `has()` is needed for texts and lists; attributes are asked for as before."""
    async with opened(db, seller, JANUARY) as tx:
        bare = await create_account(tx, CreateAccount(name="Ben"))
        context = (await load_facts(tx, account_ids=[bare.id])).of_account(bare.id)
    schema = documented_schema(variables=("account",))
    for source, holds in (
        ("account.class == 'VIP'", False),
        ("account.class == ''", True),
        ("'vip' in account.segments", False),
        ("has(account.attributes.size)", False),
    ):
        assert Condition.compile(source, schema=schema).evaluate(context) is holds
    with pytest.raises(ConditionFailed):
        Condition.compile("account.attributes.size == 'L'", schema=schema).evaluate(context)


async def test_a_segment_that_cannot_be_decided_is_not_guessed(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """The attribute is gone; who does not ask for segments is not stopped by it."""
    async with opened(db, seller, JANUARY) as tx:
        await tx.execute(
            "UPDATE subscription SET attributes = '{}' WHERE tenant_id = $1", tx.tenant_id
        )
        facts = await load_facts(tx, subscription_ids=[sold.subscription])
        with pytest.raises(ConditionFailed):
            facts.of_subscription(sold.subscription)
        facts = await load_facts(tx, subscription_ids=[sold.subscription], with_segments=False)
    assert facts.of_subscription(sold.subscription)["account"]


async def test_the_number_of_statements_does_not_grow(
    db: Database, seller: CreatedTenant, sold: Sold
):
    """As many for 12 subscriptions as for one."""
    async with opened(db, seller, JANUARY) as tx:
        ids = [sold.subscription]
        for _number in range(11):
            command = Subscribe(
                account=sold.account,
                billing_terms="monthly",
                items=[NewItem("gold", Decimal(2))],
            )
            ids.append((await subscribe(tx, command)).id)
        await mark(tx, odd=False)
        await load_facts(tx, subscription_ids=ids)  # what is cached is read
        counted = [await _statements(tx, ids[:many]) for many in (1, 12)]
    assert counted[0] == counted[1] <= 7


async def _statements(tx: Tx, ids: list[UUID]) -> int:
    driver = await tx.driver()
    seen: list[Any] = []
    driver.add_query_logger(seen.append)
    try:
        facts = await load_facts(tx, subscription_ids=ids)
    finally:
        driver.remove_query_logger(seen.append)
    assert all(facts.of_subscription(one)["subscription"] for one in ids)
    return len(seen)


def test_segments_are_read_only_where_a_condition_asks():
    """What a condition reads says so."""
    schema = documented_schema()
    for source, asks in (
        ("'vip' in account.segments", True),
        ("size(job.segments) == 0", True),
        ("account.class == 'VIP'", False),
    ):
        assert reads_segments(Condition.compile(source, schema=schema)) is asks
    assert not reads_segments(None)
