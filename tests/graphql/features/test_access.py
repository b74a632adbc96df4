"""Teams, profiles and what members may open, through the API."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from tests.graphql.api_clients import Api

CATALOGUE = """
products:
  sales: {kind: module, name: Sales}
  crm: {kind: module, name: CRM}
  seats: {kind: licence, name: Seats}
"""
START = "2026-01-10T12:00:00+01:00"
TABLES = ("profile", "profile_right", "team", "team_member", "member_profile", "member_access")
_refs = (f"people-{number}" for number in itertools.count(1))
MEMBER = """
query ($id: ID!) { node(id: $id) { ... on Member {
  profiles { name } teams { name members { name } }
  access { module { code } company { name } profile { name } since }
} } }
"""


@pytest.fixture(scope="module")
async def seller(api: Api) -> Api:
    """Two sellers with the same catalogue."""
    for client in (api.one, api.other):
        async with api.transaction(client) as tx:
            await apply_catalogue(tx, load_catalogue(CATALOGUE))
    return api


class Crew:
    """An account with an administrator, Ada, and a member, Bo."""

    def __init__(self, api: Api, account: str) -> None:
        self.api, self.account = api, account
        self.ids: dict[str, str] = {}

    async def made(self, mutation: str, path: str, **given: Any) -> str:
        """Run a mutation, and return the id of what it made or changed."""
        answer = await self.api.one.changed(mutation, f"{path} {{ id }}", given)
        return str(answer[path]["id"])

    async def profile(self, name: str, *rights: dict[str, Any]) -> str:
        """Create a profile."""
        return await self.made(
            "profileCreate", "profile", account=self.account, name=name, rights=list(rights)
        )

    async def shown(self, name: str = "bo") -> dict[str, Any]:
        """Return what a member has."""
        found: dict[str, Any] = (await self.api.one.ask(MEMBER, id=self.ids[name]))["node"]
        return found


@pytest.fixture
async def crew(seller: Api) -> Crew:
    """An account of its own."""
    ref = next(_refs)
    account = {"name": ref, "ref": ref, "testClock": START}
    await seller.one.changed("accountCreate", "__typename", account)
    crew = Crew(seller, ref)
    for name, role in (("ada", "ADMINISTRATOR"), ("bo", "MEMBER")):
        given = {"account": ref, "name": name, "email": f"{name}@x.fr", "role": role}
        crew.ids[name] = await crew.made("memberAdd", "member", **given)
    return crew


async def test_a_member_opens_what_the_profiles_say(crew: Crew) -> None:
    """Sales in all companies, and CRM in one; the rights begin in the account's time."""
    company = await crew.made("companyAdd", "company", account=crew.account, name="Branch")
    selling = await crew.profile(
        "Selling", {"module": "sales"}, {"module": "crm", "company": company}
    )
    assert (await crew.shown())["access"] == []
    await crew.made("memberProfileSet", "member", member=crew.ids["bo"], profiles=[selling])
    shown = await crew.shown()
    assert shown["profiles"] == [{"name": "Selling"}]
    opened = sorted(shown["access"], key=lambda one: str(one["module"]))
    assert opened == [
        {
            "module": {"code": "crm"},
            "company": {"name": "Branch"},
            "profile": {"name": "Selling"},
            "since": "2026-01-10T11:00:00Z",
        },
        {
            "module": {"code": "sales"},
            "company": None,
            "profile": {"name": "Selling"},
            "since": "2026-01-10T11:00:00Z",
        },
    ]


async def test_a_profile_that_changes_or_goes_changes_who_has_it(crew: Crew) -> None:
    """CRM takes the place of Sales; the profile goes, and Bo is a collaborator again."""
    selling = await crew.profile("Selling", {"module": "sales"})
    await crew.made("memberProfileSet", "member", member=crew.ids["bo"], profiles=[selling])
    changed = await crew.api.one.changed(
        "profileUpdate",
        "profile { name rights { module { code } company { name } } }",
        {"profile": selling, "rights": [{"module": "crm"}]},
    )
    assert changed["profile"] == {
        "name": "Selling",
        "rights": [{"module": {"code": "crm"}, "company": None}],
    }
    assert [one["module"]["code"] for one in (await crew.shown())["access"]] == ["crm"]
    await crew.made("profileRemove", "profile", profile=selling)
    shown = await crew.shown()
    assert (shown["profiles"], shown["access"]) == ([], [])


async def test_an_account_shows_its_teams_and_profiles(crew: Crew) -> None:
    """Removed ones stay in the lists, and are in no member's."""
    people = [crew.ids["ada"], crew.ids["bo"]]
    team = await crew.made(
        "teamCreate", "team", account=crew.account, name="North", members=people
    )
    await crew.made("teamUpdate", "team", team=team, members=[crew.ids["bo"]], name="South")
    assert (await crew.shown())["teams"] == [{"name": "South", "members": [{"name": "bo"}]}]
    await crew.made("teamRemove", "team", team=team)
    assert (await crew.shown())["teams"] == []
    await crew.profile("Selling", {"module": "sales"})
    read = """query ($ref: String!) { account(ref: $ref) {
      teams { edges { node { name state } } } profiles { edges { node { name state } } } } }"""
    account = (await crew.api.one.ask(read, ref=crew.account))["account"]
    assert account == {
        "teams": {"edges": [{"node": {"name": "South", "state": "REMOVED"}}]},
        "profiles": {"edges": [{"node": {"name": "Selling", "state": "ACTIVE"}}]},
    }


async def test_who_leaves_the_account_leaves_profiles_and_teams(crew: Crew) -> None:
    """Nothing is open to Bo any more, and the team is Ada's."""
    selling = await crew.profile("Selling", {"module": "sales"})
    await crew.made("memberProfileSet", "member", member=crew.ids["bo"], profiles=[selling])
    team = await crew.made(
        "teamCreate",
        "team",
        account=crew.account,
        name="North",
        members=list(crew.ids.values()),
    )
    await crew.made("memberRemove", "member", member=crew.ids["bo"])
    assert await crew.shown() == {"profiles": [], "teams": [], "access": []}
    found = await crew.api.one.ask(
        "query ($id: ID!) { node(id: $id) { ... on Team { members { name } } } }", id=team
    )
    assert found["node"]["members"] == [{"name": "ada"}]


ABSENT = "01h455vb4pex5vsknk084sn02q"
RIGHT = {"module": "sales"}


@pytest.mark.parametrize(
    ("mutation", "given", "code", "path"),
    [
        ("profileCreate", {"name": "Taken", "rights": []}, "PROFILE_NAME_TAKEN", "name"),
        ("profileCreate", {"name": " ", "rights": []}, "INVALID_TEXT", "name"),
        ("profileCreate", {"rights": [RIGHT] * 501}, "TOO_MANY", "rights"),
        ("profileCreate", {"rights": [{"module": "seats"}]}, "NOT_A_MODULE", "rights.0.module"),
        ("profileCreate", {"rights": [{"module": "none"}]}, "NOT_FOUND", "rights.0.module"),
        (
            "profileCreate",
            {"rights": [RIGHT, {**RIGHT, "company": f"comp_{ABSENT}"}]},
            "NOT_FOUND",
            "rights.1.company",
        ),
        ("profileCreate", {"rights": [], "account": "none"}, "NOT_FOUND", "account"),
        ("profileUpdate", {"profile": f"profile_{ABSENT}"}, "NOT_FOUND", "profile"),
        ("profileUpdate", {"profile": f"team_{ABSENT}"}, "INVALID_ID", "profile"),
        ("profileRemove", {"profile": f"profile_{ABSENT}"}, "NOT_FOUND", "profile"),
        ("memberProfileSet", {"profiles": [f"profile_{ABSENT}"]}, "NOT_FOUND", "profiles.0"),
        (
            "memberProfileSet",
            {"profiles": [], "member": f"mem_{ABSENT}"},
            "NOT_FOUND",
            "member",
        ),
        ("teamCreate", {"name": "Taken", "members": []}, "TEAM_NAME_TAKEN", "name"),
        ("teamCreate", {"name": "N", "members": [f"mem_{ABSENT}"]}, "NOT_FOUND", "members.0"),
        ("teamUpdate", {"team": f"team_{ABSENT}"}, "NOT_FOUND", "team"),
        ("teamRemove", {"team": f"team_{ABSENT}"}, "NOT_FOUND", "team"),
    ],
)
async def test_what_is_refused_stores_nothing(
    crew: Crew, mutation: str, given: dict[str, Any], code: str, path: str
) -> None:
    """Names are taken once; what is unknown, or of another kind, is told with its place."""
    await crew.profile("Taken", RIGHT)
    await crew.made("teamCreate", "team", account=crew.account, name="Taken", members=[])
    standing = {"account": crew.account} if mutation.endswith("Create") else {}
    if mutation == "memberProfileSet":
        standing = {"member": crew.ids["bo"]}
    if mutation == "profileCreate":
        standing["name"] = "New"
    before = await _counts(crew.api)
    found = await crew.api.one.codes(mutation, {**standing, **given})
    assert found == [(code, f"input.{path}")]
    assert await _counts(crew.api) == before


async def test_another_seller_has_no_such_profile(crew: Crew) -> None:
    """Reading it finds nothing, and changing it is refused as if it were unknown."""
    selling = await crew.profile("Selling", RIGHT)
    other = crew.api.other
    read = "query ($id: ID!) { node(id: $id) { __typename } }"
    assert await other.ask(read, id=selling) == {"node": None}
    given = {"profile": selling, "name": "Mine"}
    assert await other.codes("profileUpdate", given) == [("NOT_FOUND", "input.profile")]


async def _counts(api: Api) -> list[int]:
    async with api.transaction(api.one) as tx:
        return [
            await tx.fetchval(
                f"SELECT count(*) FROM {table} WHERE tenant_id = $1",
                tx.tenant_id,
            )
            for table in TABLES
        ]
