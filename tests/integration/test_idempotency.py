"""A verb with an idempotency key runs once, whatever clients and networks do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from core.accounts import repository
from core.accounts.create_account import AccountRefTaken, CreateAccount, create_account
from core.accounts.records import Account
from core.db import Database, Tx
from core.idempotency import Outcome, once
from core.tenancy.create_tenant import CreatedTenant

from .conftest import NewTenant, Open


async def create_once(
    tx: Tx, *, key: str | None, ref: str, dry_run: bool = False, pause: float = 0
) -> Outcome[Account]:
    """Create an account under a key, as the API does."""

    async def verb() -> Account:
        account = await create_account(tx, CreateAccount(name="Ada", ref=ref))
        await asyncio.sleep(pause)
        return account

    async def recall(answer: Mapping[str, Any]) -> Account:
        found = await repository.account(tx, answer["id"])
        assert found is not None
        return found

    return await once(
        tx,
        key=key,
        operation="accountCreate",
        request={"name": "Ada", "ref": ref},
        verb=verb,
        keep=lambda account: {"id": str(account.id)},
        recall=recall,
        dry_run=dry_run,
    )


async def how_many(begin: Open, table: str = "account") -> int:
    """Count the seller's rows of a table."""
    async with begin() as tx:
        count: int = await tx.fetchval(f"SELECT count(*) FROM {table}")
        return count


async def test_the_same_request_again_gets_the_stored_answer(begin: Open) -> None:
    """The second run creates nothing and returns the first one's account."""
    async with begin() as tx:
        first = await create_once(tx, key="k", ref="a")
    async with begin() as tx:
        second = await create_once(tx, key="k", ref="a")
    assert first.value is not None
    assert second.value == first.value
    assert (first.repeated, second.repeated) == (False, True)
    assert await how_many(begin) == 1


async def test_a_key_used_for_another_request_is_refused(begin: Open) -> None:
    """Nothing is created, and the key keeps its first answer."""
    async with begin() as tx:
        await create_once(tx, key="k", ref="a")
    async with begin() as tx:
        other = await create_once(tx, key="k", ref="b")
    assert [problem.code for problem in other.problems] == ["IDEMPOTENCY_KEY_REUSED"]
    assert other.problems[0].path == ("idempotencyKey",)
    assert await how_many(begin) == 1


async def test_a_business_refusal_repeats(begin: Open) -> None:
    """A refusal is an answer: the same key gets it again, even when the reason has gone."""
    async with begin() as tx:
        taken = await create_account(tx, CreateAccount(name="Bob", ref="a"))
        refused = await create_once(tx, key="k", ref="a")
    async with begin() as tx:
        await tx.execute("UPDATE account SET ref = 'free' WHERE id = $1", taken.id)
    async with begin() as tx:
        again = await create_once(tx, key="k", ref="a")
    assert [problem.code for problem in refused.problems] == [AccountRefTaken.code]
    assert again.problems == refused.problems
    assert (refused.repeated, again.repeated) == (False, True)
    assert await how_many(begin) == 1  # Bob; his transaction was not undone by the refusal


async def test_twins_in_flight_make_one_account(begin: Open) -> None:
    """Eight at once: one runs, the others wait for its commit and get its answer."""

    async def attempt() -> Outcome[Account]:
        async with begin() as tx:
            return await create_once(tx, key="k", ref="a", pause=0.05)

    outcomes = await asyncio.gather(*(attempt() for _ in range(8)))
    assert len({outcome.value.id for outcome in outcomes if outcome.value}) == 1
    assert sorted(outcome.repeated for outcome in outcomes) == [False] + [True] * 7
    assert await how_many(begin) == 1


async def test_a_twin_that_waits_too_long_is_told_to_ask_again(begin: Open) -> None:
    """It does not hang, and its own transaction is still good."""
    async with begin() as slow:
        await create_once(slow, key="k", ref="a")
        async with begin() as tx:
            await tx.execute("SET LOCAL lock_timeout = '50ms'")
            twin = await create_once(tx, key="k", ref="a")
            assert await tx.fetchval("SELECT 1") == 1
    assert [problem.code for problem in twin.problems] == ["IDEMPOTENCY_KEY_IN_FLIGHT"]
    assert await how_many(begin) == 1


async def test_an_error_that_is_no_refusal_leaves_the_key_free(begin: Open) -> None:
    """A crash rolls the key back with everything: the next try runs."""

    async def crash() -> Account:
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError, match="bug"):
        async with begin() as tx:
            await once(
                tx,
                key="k",
                operation="accountCreate",
                request={"name": "Ada", "ref": "a"},
                verb=crash,
                keep=lambda _account: {},
                recall=lambda _answer: crash(),
            )
    async with begin() as tx:
        assert (await create_once(tx, key="k", ref="a")).repeated is False


async def test_a_dry_run_stores_nothing_not_even_its_key(begin: Open) -> None:
    """It returns what would be, refusals too, and the same key may then run in earnest."""
    before = await how_many(begin, "audit_entry")
    async with begin() as tx:
        rehearsed = await create_once(tx, key="k", ref="a", dry_run=True)
    assert rehearsed.value is not None
    assert rehearsed.value.ref == "a"
    assert await how_many(begin) == await how_many(begin, "idempotency_key") == 0
    assert await how_many(begin, "audit_entry") == before
    async with begin() as tx:
        assert (await create_once(tx, key="k", ref="a")).repeated is False
        refused = await create_once(tx, key="k2", ref="a", dry_run=True)
    assert [problem.code for problem in refused.problems] == ["ACCOUNT_REF_TAKEN"]
    assert await how_many(begin) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b"])
async def test_a_malformed_key_is_refused(begin: Open, key: str) -> None:
    """1 to 200 characters that the database can hold."""
    async with begin() as tx:
        outcome = await create_once(tx, key=key, ref="a")
    assert [problem.code for problem in outcome.problems] == ["BAD_IDEMPOTENCY_KEY"]
    assert await how_many(begin) == 0


async def test_two_tenants_may_use_the_same_key(
    db: Database, seller: CreatedTenant, new_tenant: NewTenant
) -> None:
    """A key belongs to its tenant; neither sees the other's answer."""
    other = await new_tenant()
    outcomes = []
    for tenant in (seller.tenant, other.tenant):
        async with db.transaction(tenant.id, actor="test") as tx:
            outcomes.append(await create_once(tx, key="k", ref="a"))
    assert [outcome.repeated for outcome in outcomes] == [False, False]
