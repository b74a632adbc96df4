"""Closing through GraphQL: starting it, its progress, and what could not be billed."""

from __future__ import annotations

from api.features.subscriptions.types import SUBSCRIPTION_ID
from core.kernel.ids import new_id
from tests.graphql.features.billing.selling import FEBRUARY, Customer, Selling

RUN = "id dueUntil periods subscriptions chunks chunksDone invoices parked isDone lastDoneAt"
START = f"mutation {{ closeStart {{ run {{ {RUN} }} }} }}"
RUNS = f"""query ($first: Int) {{ closeRuns(first: $first) {{
  totalCount edges {{ node {{ {RUN} }} }} }} }}"""
PARKED = """{ parkedSubscriptions { edges { node {
  code reason plugin attempts dueAt subscription { id ref } account { ref } } } } }"""
RETRY = "parked { code subscription { id } }"


async def test_a_closing_is_started_and_followed_to_its_end(selling: Selling) -> None:
    """Two subscriptions are billed, one is left out with its reason; then nothing is due."""
    one = await selling.customer(("seats", "2"))
    await selling.customer(("mail", "1"), ("seats", "1"))
    bad = await selling.customer(("seats", "1"))
    async with selling.api.transaction() as tx:
        # Without a price plan for January, as a damaged row would leave it.
        await tx.execute(
            "UPDATE subscription_phase SET from_at = from_at + interval '70 days'"
            " WHERE subscription_id = $1",
            bad.subscription_key,
        )
    selling.clock.at = FEBRUARY
    started = (await selling.api.one.ask(START))["closeStart"]["run"]
    assert (started["subscriptions"], started["chunks"]) == (3, 1)
    assert (started["chunksDone"], started["isDone"]) == (0, False)
    assert (await selling.api.one.ask(START))["closeStart"]["run"] is None
    assert await selling.work() == 2
    answer = await selling.api.one.ask(RUNS)
    (done,) = [edge["node"] for edge in answer["closeRuns"]["edges"]]
    assert done["id"] == started["id"]
    assert (done["chunksDone"], done["isDone"]) == (1, True)
    assert (done["invoices"], done["parked"]) == (2, 1)
    node = await selling.api.one.ask(
        "query ($id: ID!) { node(id: $id) { ... on CloseRun { invoices } } }", id=done["id"]
    )
    assert node["node"] == {"invoices": 2}

    (parked,) = (await selling.api.one.ask(PARKED))["parkedSubscriptions"]["edges"]
    assert parked["node"]["subscription"]["id"] == bad.subscription
    assert parked["node"]["account"]["ref"] == bad.ref
    assert (parked["node"]["code"], parked["node"]["attempts"]) == ("PHASE_MISSING", 1)
    assert parked["node"]["reason"]

    await _retries_are_brought_forward(selling, parked=bad, sound=one)
    await _another_seller_sees_none_of_it(selling, run=done["id"], parked=bad)


async def _retries_are_brought_forward(
    selling: Selling, *, parked: Customer, sound: Customer
) -> None:
    """The next try is now; what is not parked says so."""
    payload = await selling.api.one.changed(
        "parkedRetry", RETRY, {"subscription": parked.subscription}
    )
    assert [each["code"] for each in payload["parked"]] == ["PHASE_MISSING"]
    async with selling.api.transaction() as tx:
        retry_at = await tx.fetchval("SELECT retry_at FROM parked_subscription")
    assert retry_at == selling.clock.at
    before = await selling.api.rows("audit_entry")
    for name, code in (
        (sound.subscription, "NOT_PARKED"),
        (SUBSCRIPTION_ID.encode(new_id()), "NOT_FOUND"),
        ("no-such-ref", "NOT_FOUND"),
        (sound.id, "INVALID_ID"),
    ):
        found = await selling.api.one.codes("parkedRetry", {"subscription": name})
        assert found == [(code, "input.subscription")]
    assert await selling.api.rows("audit_entry") == before


async def _another_seller_sees_none_of_it(
    selling: Selling, *, run: str, parked: Customer
) -> None:
    other = selling.api.other
    assert (await other.ask(RUNS))["closeRuns"] == {"totalCount": 0, "edges": []}
    assert (await other.ask(PARKED))["parkedSubscriptions"]["edges"] == []
    node = await other.ask("query ($id: ID!) { node(id: $id) { id } }", id=run)
    assert node["node"] is None
    codes = await other.codes("parkedRetry", {"subscription": parked.subscription})
    assert codes == [("NOT_FOUND", "input.subscription")]


async def test_starting_needs_its_own_capability(selling: Selling) -> None:
    """A key that may read invoices starts no closing."""
    reader = await selling.api.key_with("invoice.read")
    before = await selling.api.rows("close_run")
    assert await reader.refused(START) == ["FORBIDDEN"]
    assert await selling.api.rows("close_run") == before


async def test_runs_take_the_same_statements_for_one_and_many(selling: Selling) -> None:
    """Three runs cost what one costs."""
    for _run in range(3):
        await selling.customer(("seats", "1"))
        await selling.close(FEBRUARY)
    with selling.api.statements() as one:
        assert len((await selling.api.one.ask(RUNS, first=1))["closeRuns"]["edges"]) == 1
    with selling.api.statements() as many:
        assert len((await selling.api.one.ask(RUNS, first=3))["closeRuns"]["edges"]) == 3
    assert len(many) == len(one)
