"""API keys: who they let in, until when, and with what."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.db import Database
from core.tenancy.authenticate import Authenticator, Unauthenticated
from core.tenancy.capabilities import OF_A_TENANT, Capability, Forbidden, UnknownScope
from core.tenancy.create_staff import CreateStaff, create_staff
from core.tenancy.create_tenant import CreatedTenant
from core.tenancy.disable_staff import DisableStaff, StaffNotFound, disable_staff
from core.tenancy.issue_api_key import (
    ExpiryInThePast,
    IssueApiKey,
    ScopeBeyondRoles,
    issue_api_key,
)
from core.tenancy.issue_platform_key import IssuePlatformKey, issue_platform_key
from core.tenancy.records import IssuedKey, Staff
from core.tenancy.revoke_api_key import ApiKeyNotFound, RevokeApiKey, revoke_api_key
from core.tenancy.rotate_api_key import ApiKeyNotInForce, RotateApiKey, rotate_api_key
from tests.integration.conftest import PEPPER, NewTenant, Open

WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    """The authenticator's sense of time."""
    return Seconds()


@pytest.fixture
def authenticator(db: Database, seconds: Seconds) -> Authenticator:
    """A process that lets callers in."""
    return Authenticator(db, pepper=PEPPER, monotonic=seconds)


async def issued(begin: Open, **options: object) -> IssuedKey:
    """Issue a key of the seller."""
    command = IssueApiKey(**{"name": "k", "scopes": ("usage.write",), **options})
    async with begin() as tx:
        return await issue_api_key(tx, command, held=OF_A_TENANT, pepper=PEPPER)


async def staff_with(begin: Open, seller: CreatedTenant, *roles: str) -> Staff:
    """Create a staff member of the seller."""
    command = CreateStaff(
        email="ada@example.com", name="Ada", org_unit_id=seller.root_unit.id, roles=roles
    )
    async with begin() as tx:
        return await create_staff(tx, command, held=OF_A_TENANT)


async def is_refused(authenticator: Authenticator, text: str) -> str:
    """Authenticate, expect a refusal, and return all that it tells."""
    with pytest.raises(Unauthenticated) as refusal:
        await authenticator.authenticate(text)
    return f"{refusal.value.code}: {refusal.value.message} {refusal.value.path}"


async def test_the_first_key_of_a_tenant_may_do_everything_in_it(
    authenticator: Authenticator, seller: CreatedTenant
) -> None:
    """Creating a tenant hands it to somebody; the platform's rights are not among them."""
    principal = await authenticator.authenticate(seller.admin_key.text)
    assert principal.tenant_id == seller.tenant.id
    assert principal.capabilities == OF_A_TENANT
    assert Capability.TENANT_CREATE not in principal.capabilities


async def test_a_key_brings_its_scopes_and_nothing_else(
    authenticator: Authenticator, begin: Open
) -> None:
    """Default is refusal."""
    key = await issued(begin, scopes=("usage.write",))
    principal = await authenticator.authenticate(key.text)
    assert principal.capabilities == {Capability.USAGE_WRITE}
    assert principal.actor == f"key:{key.key.id}"
    with pytest.raises(Forbidden):
        principal.require(Capability.INVOICE_READ)


async def test_every_failure_says_the_same(
    authenticator: Authenticator, begin: Open, db: Database, seconds: Seconds
) -> None:
    """Wrong, unknown, malformed, revoked, expired or another pepper's: one answer for all."""
    key, revoked = await issued(begin), await issued(begin)
    async with begin() as tx:
        await revoke_api_key(tx, RevokeApiKey(revoked.key.id))
        expires_at = tx.now + timedelta(milliseconds=1)
    async with begin() as tx:
        await tx.execute(
            "UPDATE api_key SET expires_at = $2 WHERE id = $1", key.key.id, expires_at
        )
    wrong_secret = key.text[:-1] + ("A" if key.text[-1] != "A" else "B")
    unknown = key.text.replace(key.key.prefix, "fft_0000000000000000")
    as_platform = key.text.replace("fft_", "ffp_")
    answers = {
        await is_refused(authenticator, text)
        for text in (
            wrong_secret,
            unknown,
            as_platform,
            revoked.text,
            key.text,
            "",
            "x",
            "é" * 1_000,
            key.text + "\n",
        )
    }
    other_pepper = Authenticator(db, pepper=b"another", monotonic=seconds)
    answers.add(await is_refused(other_pepper, (await issued(begin)).text))
    told = "what you sent is not valid; send an API key or a token that is in force"
    assert answers == {f"UNAUTHENTICATED: {told} ()"}


async def test_a_revoked_key_is_refused_within_half_a_minute(
    authenticator: Authenticator, begin: Open, seconds: Seconds
) -> None:
    """What passed is remembered for 30 s, not longer."""
    key = await issued(begin)
    await authenticator.authenticate(key.text)
    async with begin() as tx:
        await revoke_api_key(tx, RevokeApiKey(key.key.id))
    seconds.now = 29.9
    assert (await authenticator.authenticate(key.text)).key_id == key.key.id
    seconds.now = 30.0
    await is_refused(authenticator, key.text)


async def test_a_key_is_not_remembered_beyond_its_own_end(
    authenticator: Authenticator, begin: Open, seconds: Seconds
) -> None:
    """A key with 5 s to live is looked up again after 5 s."""
    async with begin() as tx:
        expires_at = tx.now + timedelta(seconds=5)
    key = await issued(begin, expires_at=expires_at)
    await authenticator.authenticate(key.text)
    async with begin() as tx:
        await revoke_api_key(tx, RevokeApiKey(key.key.id))
    seconds.now = 5.0
    await is_refused(authenticator, key.text)


async def test_a_staff_key_never_exceeds_the_roles_of_its_holder(
    authenticator: Authenticator, begin: Open, seller: CreatedTenant
) -> None:
    """Scopes usage.write and account.read of billing, who is a viewer later: account.read."""
    staff = await staff_with(begin, seller, "billing")
    key = await issued(begin, scopes=("usage.write", "account.read"), staff_id=staff.id)
    async with begin() as tx:
        await tx.execute("UPDATE staff SET roles = '{viewer}' WHERE id = $1", staff.id)
    principal = await authenticator.authenticate(key.text)
    assert principal.capabilities == {Capability.ACCOUNT_READ}
    assert principal.actor == f"staff:{staff.id}"


async def test_a_staff_key_asks_for_no_more_than_its_holders_roles_bring(
    begin: Open, seller: CreatedTenant
) -> None:
    """A viewer with two scopes too many: both are named, and there is no key."""
    staff = await staff_with(begin, seller, "viewer")
    async with begin() as tx:
        before = await tx.fetchval("SELECT count(*) FROM api_key")
    scopes = ("usage.write", "account.read", "account.write")
    with pytest.raises(ScopeBeyondRoles) as refused:
        await issued(begin, scopes=scopes, staff_id=staff.id)
    assert refused.value.message.startswith(
        "the roles viewer do not bring account.write, usage.write; leave them out"
    )
    assert refused.value.path == ("scopes",)
    async with begin() as tx:
        assert await tx.fetchval("SELECT count(*) FROM api_key") == before


async def test_disabling_a_person_ends_their_keys(
    authenticator: Authenticator, begin: Open, seller: CreatedTenant
) -> None:
    """No key has to be found and revoked one by one, and no new one can be made."""
    staff = await staff_with(begin, seller, "admin")
    key = await issued(begin, staff_id=staff.id)
    async with begin() as tx:
        assert (await disable_staff(tx, DisableStaff(staff.id))).state == "disabled"
    await is_refused(authenticator, key.text)
    with pytest.raises(StaffNotFound):
        await issued(begin, staff_id=staff.id)


async def test_rotating_lets_both_keys_in_for_the_overlap_only(
    authenticator: Authenticator, begin: Open
) -> None:
    """The new key has the old one's scopes; the old one ends when it was said to."""
    old = await issued(begin)
    command = RotateApiKey(old.key.id, overlap=timedelta(0))
    async with begin() as tx:
        new = await rotate_api_key(tx, command, held=OF_A_TENANT, pepper=PEPPER)
    assert new.key.scopes == old.key.scopes
    await authenticator.authenticate(new.text)
    await is_refused(authenticator, old.text)


async def test_a_key_that_is_revoked_meanwhile_gets_no_successor(begin: Open) -> None:
    """Whoever rotates waits for the revocation, and sees it."""
    old = await issued(begin)
    rotation = RotateApiKey(old.key.id)

    async def rotated() -> None:
        async with begin() as tx:
            await rotate_api_key(tx, rotation, held=OF_A_TENANT, pepper=PEPPER)

    async with begin() as tx:
        await revoke_api_key(tx, RevokeApiKey(old.key.id))
        task = asyncio.create_task(rotated())
        async with asyncio.timeout(10):
            while not await tx.fetchval(WAITING):  # noqa: ASYNC110 - no event says it
                await asyncio.sleep(0.01)
    with pytest.raises(ApiKeyNotInForce):
        await task
    async with begin() as tx:
        assert await tx.fetchval("SELECT count(*) FROM api_key WHERE revoked_at IS NULL") == 1


async def test_a_platform_key_creates_tenants_and_sees_none(
    authenticator: Authenticator, db: Database
) -> None:
    """An operator has no tenant."""
    async with db.transaction(None, actor="operator") as tx:
        made = await issue_platform_key(tx, IssuePlatformKey("operator"), pepper=PEPPER)
    principal = await authenticator.authenticate(made.text)
    assert principal.tenant_id is None
    assert principal.capabilities == {Capability.TENANT_CREATE}


async def test_nobody_gives_what_they_lack(begin: Open) -> None:
    """A caller with usage.write cannot make a key that reads invoices."""
    command = IssueApiKey(name="k", scopes=("invoice.read",))
    async with begin() as tx:
        before = await tx.fetchval("SELECT count(*) FROM api_key")
        with pytest.raises(Forbidden):
            await issue_api_key(
                tx, command, held=frozenset({Capability.USAGE_WRITE}), pepper=PEPPER
            )
        assert await tx.fetchval("SELECT count(*) FROM api_key") == before


@pytest.mark.parametrize("scopes", [(), ("everything",), ("platform.tenant.create",)])
async def test_a_scope_that_no_tenant_may_have_is_refused(
    begin: Open, scopes: tuple[str, ...]
) -> None:
    """None, an unknown one, the platform's."""
    with pytest.raises(UnknownScope):
        await issued(begin, scopes=scopes)


async def test_a_key_that_ended_before_it_began_is_refused(begin: Open) -> None:
    """At the very instant counts as past: a key is in force until its end, exclusively."""
    async with begin() as tx:
        with pytest.raises(ExpiryInThePast):
            command = IssueApiKey(name="k", scopes=("usage.write",), expires_at=tx.now)
            await issue_api_key(tx, command, held=OF_A_TENANT, pepper=PEPPER)


async def test_another_tenant_s_key_looks_like_none(
    db: Database, begin: Open, new_tenant: NewTenant, authenticator: Authenticator
) -> None:
    """Revoking by a foreign id is refused as absent, and changes nothing."""
    key, other = await issued(begin), await new_tenant()
    async with db.transaction(other.tenant.id, actor="test") as tx:
        with pytest.raises(ApiKeyNotFound):
            await revoke_api_key(tx, RevokeApiKey(key.key.id))
    assert (await authenticator.authenticate(key.text)).key_id == key.key.id


async def test_no_secret_is_stored_or_shown(begin: Open) -> None:
    """Neither the row, the audit entry nor a representation holds the key's text."""
    key = await issued(begin)
    secret = key.text.split(".")[1]
    async with begin() as tx:
        rows = await tx.fetch("SELECT api_key::text AS row FROM api_key")
        rows += await tx.fetch("SELECT audit_entry::text AS row FROM audit_entry")
    assert not [row for row in rows if secret in row["row"]]
    assert secret not in repr(key)
