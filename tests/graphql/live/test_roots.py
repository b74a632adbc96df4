"""What is written in one process is told by another, to those who may see it."""

from __future__ import annotations

from core.billing_cycles.asking import ask_interim
from tests.graphql.features.billing.selling import FEBRUARY, MARCH, RECORD, Selling
from tests.graphql.live.clients import Served

INVOICES = """subscription ($account: ID, $after: String) {
  invoiceFinalised(account: $account, after: $after) {
    id cursor occurredAt invoice { id total { amount } account { ref } } } }"""
USAGE = """subscription ($s: ID!, $after: String) {
  subscriptionUsage(subscription: $s, after: $after) {
    id cursor reason occurredAt subscription { ref }
    usage { amount { amount } unbilledEvents } } }"""
RUNS = """subscription ($run: ID, $after: String) { closeProgressed(run: $run, after: $after) {
  id cursor occurredAt run { id chunks chunksDone invoices isDone } } }"""
START = "mutation { closeStart { run { id chunks } } }"


async def recorded(selling: Selling, ref: str, recipients: int) -> None:
    """Store an e-mail in the writing process."""
    answer = await selling.api.one.ask(RECORD, events=[selling.mail(ref, recipients)])
    assert answer["usageRecord"]["counts"]["accepted"] == 1


async def test_usage_is_told_as_it_is_and_as_it_grows(
    selling: Selling, listening: Served
) -> None:
    """1.90 for each started thousand: 1 e-mail 1.90, 1,001 of them 3.80."""
    customer = await selling.customer(("mail", "1"))
    await recorded(selling, customer.ref, 1)
    async with listening.socket(selling.api.one.key) as client:
        key = await client.subscribe(USAGE, s=customer.subscription)
        first = await client.told(key)
        assert first["reason"] == "PRESENT"
        assert first["subscription"] == {"ref": f"{customer.ref}-s"}
        assert first["usage"] == {"amount": {"amount": "1.9"}, "unbilledEvents": 1}
        assert await client.is_silent_for(2.5)
        await recorded(selling, customer.ref, 1_000)
        second = await client.told(key)
        assert second["reason"] == "CHANGED"
        assert second["usage"] == {"amount": {"amount": "3.8"}, "unbilledEvents": 2}
        assert first["id"] != second["id"]


async def test_a_threshold_that_is_reached_is_told_once(
    selling: Selling, listening: Served
) -> None:
    """Asked for twice while it waits, the interim invoice is one, and so is what is told."""
    customer = await selling.customer(("mail", "1"))
    async with listening.socket(selling.api.one.key) as client:
        key = await client.subscribe(USAGE, s=customer.subscription)
        assert (await client.told(key))["reason"] == "PRESENT"
        for _time in range(2):
            async with selling.api.transaction() as tx:
                await ask_interim(
                    tx,
                    customer.subscription_key,
                    account_id=customer.key,
                    reason="amount",
                    test_clock=None,
                )
        assert (await client.told(key))["reason"] == "THRESHOLD_REACHED"
        assert await listening.is_silent(client)


async def test_a_closing_is_told_chunk_by_chunk_until_it_is_done(
    selling: Selling, listening: Served
) -> None:
    """And each invoice once; the stream of one run ends with it."""
    customer = await selling.customer(("seats", "2"))
    async with listening.socket(selling.api.one.key) as client:
        invoices = await client.subscribe(INVOICES, account=customer.ref)
        stranger = await selling.customer(("mail", "1"))
        others = await client.subscribe(INVOICES, account=stranger.ref)
        runs = await client.subscribe(RUNS)
        await listening.until_heard_by(3)
        selling.clock.at = FEBRUARY
        run = (await selling.api.one.ask(START))["closeStart"]["run"]
        frozen = await client.told(runs)
        assert frozen["run"] == {
            "id": run["id"], "chunks": run["chunks"], "chunksDone": 0, "invoices": 0,
            "isDone": False,
        }  # fmt: skip
        one_run = await client.subscribe(RUNS, run=run["id"])
        assert (await client.told(one_run))["run"]["chunksDone"] == 0
        await selling.work()
        done = await client.told(one_run)
        assert (done["run"]["chunksDone"], done["run"]["isDone"]) == (run["chunks"], True)
        assert (await client.of(one_run))["type"] == "complete"
        assert (await client.told(runs))["run"]["isDone"] is True
        told = await client.told(invoices)
        assert told["invoice"]["total"] == {"amount": "60"}  # 2 x 25.00 and 20 % of it
        assert told["invoice"]["account"] == {"ref": customer.ref}
        over = await client.subscribe(RUNS, run=run["id"])
        assert (await client.told(over))["run"]["isDone"] is True
        assert (await client.of(over))["type"] == "complete"
        assert await listening.is_silent(client)
        assert client.waiting(others) == []


async def test_a_resume_loses_nothing(selling: Selling, listening: Served) -> None:
    """Two invoices while nobody listened are told from the cursor of the one before."""
    customer = await selling.customer(("seats", "1"))
    async with listening.socket(selling.api.one.key) as client:
        key = await client.subscribe(INVOICES, account=customer.ref)
        await listening.until_heard_by(1)
        selling.clock.at = FEBRUARY
        await selling.api.one.ask(START)
        await selling.work()
        first = await client.told(key)
    await selling.another(customer, ("seats", "3"), ref=f"{customer.ref}-2")
    selling.clock.at = MARCH
    await selling.api.one.ask(START)
    await selling.work()
    async with listening.socket(selling.api.one.key) as client:
        key = await client.subscribe(INVOICES, account=customer.ref, after=first["cursor"])
        missed = [await client.told(key) for _each in range(3)]
        assert await listening.is_silent(client)
    totals = sorted(each["invoice"]["total"]["amount"] for each in missed)
    # 25.00 and 75.00 for February, 75.00 for January late; 20 % more each.
    assert totals == ["30", "90", "90"]
    assert first["id"] not in {each["id"] for each in missed}


async def test_another_seller_hears_nothing_and_can_name_nothing(
    selling: Selling, listening: Served
) -> None:
    """Their sockets are silent; ids and cursors of ours do not open anything."""
    customer = await selling.customer(("seats", "1"))
    async with listening.socket(selling.api.other.key) as theirs:
        key = await theirs.subscribe(INVOICES)
        runs = await theirs.subscribe(RUNS)
        usage = await theirs.subscribe(USAGE, s=customer.subscription)
        refused = await theirs.of(usage)
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "NOT_FOUND"
        await listening.until_heard_by(2)
        async with listening.socket(selling.api.one.key) as ours:
            own = await ours.subscribe(INVOICES, account=customer.ref)
            await listening.until_heard_by(3)
            selling.clock.at = FEBRUARY
            await selling.api.one.ask(START)
            await selling.work()
            told = await ours.told(own)
        assert await listening.is_silent(theirs)
        resumed = await theirs.subscribe(INVOICES, after=told["cursor"])
        refused = await theirs.of(resumed)
        assert refused["payload"][0]["extensions"]["code"] == "LIVE_CURSOR_INVALID"
        assert theirs.waiting(key) == theirs.waiting(runs) == []


async def test_each_root_asks_for_its_capability(selling: Selling, listening: Served) -> None:
    """A key that may only read accounts may watch nothing of this."""
    watched = (await selling.customer(("seats", "1"))).subscription
    narrow = await selling.api.key_with("account.read")
    async with listening.socket(narrow.key) as client:
        for query in (
            "subscription { invoiceFinalised { id } }",
            "subscription { closeProgressed { id } }",
            "subscription { approvalWaiting { id } }",
            f'subscription {{ subscriptionUsage(subscription: "{watched}") {{ id }} }}',
            'subscription { simulationProgressed(simulation: "sim_x") { id } }',
        ):
            answer = await client.of(await client.subscribe(query))
            assert answer["type"] == "error", query
            assert answer["payload"][0]["extensions"]["code"] == "FORBIDDEN", query
