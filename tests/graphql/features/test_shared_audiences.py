"""Several sellers may link one audience: nobody is told of others, nor kept out by them."""

from __future__ import annotations

from typing import Any

from tests.graphql.api_clients import KeyClient
from tests.graphql.features.door import VIEWER, Door, door, is_let_in, provider

__all__ = ["door", "provider"]


async def link(door: Door, client: KeyClient, audience: str, *, by_email: bool = False) -> Any:
    """Link the provider for an audience, and return the whole payload."""
    given = {"issuer": door.provider.issuer, "audience": audience, "bindsByEmail": by_email}
    return await client.changed("identityProviderLink", "provider { id audience }", given)


async def staff_of_the_other(door: Door, name: str, provider_id: str | None = None) -> None:
    """Add a member of the other seller's staff, and bind the subject of that name."""
    given = {"email": f"{name}@other.com", "name": name, "roles": ["ADMIN"]}
    made = await door.other.changed("staffCreate", "staff { id }", given)
    if provider_id is not None:
        bound = {"staff": made["staff"]["id"], "provider": provider_id, "subject": name}
        await door.other.changed("staffIdentityBind", "__typename", bound)


def named(door: Door, seller: str, **claims: Any) -> KeyClient:
    """Return somebody who names the seller before their token."""
    return KeyClient(door.http, f"{seller}~{door.with_token(**claims).key}")


async def scopes(client: KeyClient) -> int:
    """Count what somebody may do."""
    return len((await client.ask(VIEWER))["viewer"]["scopes"])


async def test_linking_tells_nothing_of_other_sellers(door: Door) -> None:
    """The same answer, whether an audience is free or another seller's."""
    await door.linked("shared-app")
    free = await link(door, door.other, "free-app")
    taken = await link(door, door.other, "shared-app")
    assert free["userErrors"] == taken["userErrors"] == []
    assert taken["provider"]["audience"] == "shared-app"
    again = {"issuer": door.provider.issuer, "audience": "shared-app"}
    told = [("AUDIENCE_TAKEN", "input.audience")]
    assert await door.other.codes("identityProviderLink", again) == told


async def test_a_token_is_for_the_seller_that_it_names(door: Door) -> None:
    """One person is a viewer of the first (6 scopes) and an administrator of the other."""
    first = await door.linked("both-app")
    await door.bound(await door.staff("fay", "VIEWER"), first, "fay")
    second = (await link(door, door.other, "both-app"))["provider"]["id"]
    await staff_of_the_other(door, "fay", second)
    claims = {"aud": "both-app", "sub": "fay"}
    assert await scopes(door.with_token(**claims)) == 6
    assert await scopes(named(door, "one", **claims)) == 6
    assert await scopes(named(door, "other", **claims)) > 20
    for nobody in ("another", "ONE", "one~one", "%", "", "~", "~one", "one" * 22):
        assert not await is_let_in(named(door, nobody, **claims))


async def test_who_links_later_changes_nothing_for_the_first(door: Door) -> None:
    """Also where the later one has bound the very same subject, and where one of them ends."""
    first = await door.linked("old-app")
    await door.bound(await door.staff("gil", "VIEWER"), first, "gil")
    second = (await link(door, door.other, "old-app", by_email=True))["provider"]["id"]
    await staff_of_the_other(door, "gil", second)
    claims = {"aud": "old-app", "sub": "gil"}
    assert await scopes(door.with_token(**claims)) == 6
    await door.one.changed("identityProviderUnlink", "__typename", {"provider": first})
    door.pass_by(30)
    assert not await is_let_in(named(door, "one", **claims))
    assert await scopes(door.with_token(**claims)) > 20


async def test_nobody_is_bound_by_address_at_a_seller_that_was_not_named(door: Door) -> None:
    """Whoever links first and knows addresses would otherwise be where they end up."""
    await link(door, door.other, "squat-app", by_email=True)
    await staff_of_the_other(door, "hal")
    claims = {
        "aud": "squat-app", "sub": "hal", "email": "hal@other.com", "email_verified": True,
    }  # fmt: skip
    await door.linked("squat-app", by_email=True)
    assert not await is_let_in(door.with_token(**claims))
    assert not await is_let_in(named(door, "one", **claims))
    assert await is_let_in(named(door, "other", **claims))
    assert await is_let_in(door.with_token(**claims))  # bound by now, at the first to link
