"""The seller's people: its org units, and staff who play steps with keys of their own."""

from __future__ import annotations

from typing import Final

from api.scenarios.document import Scenario
from api.scenarios.public import PublicFace
from core.tenancy.capabilities import Role, capabilities_of

_KEY: Final = """
mutation ($input: ApiKeyIssueInput!) {
  apiKeyIssue(input: $input) { text userErrors { code message path } }
}
"""
_ROLES: Final = "query ($id: ID!) { node(id: $id) { ... on Staff { roles } } }"


async def staff_face(administrator: PublicFace, staff_id: str) -> PublicFace | str:
    """Return the face that a staff member sees, or why there is none.

    The key may do what the staff member's roles bring and the administrator may hand on.
    """
    found = (await administrator.ask(_ROLES, {"id": staff_id}))["node"] or {}
    brought = capabilities_of(Role(role.lower()) for role in found.get("roles", ()))
    asked = {
        "name": "scenario",
        "staff": staff_id,
        "scopes": sorted(administrator.principal.capabilities & brought),
    }
    payload = (await administrator.ask(_KEY, {"input": asked}))["apiKeyIssue"]
    if payload["userErrors"]:
        return "; ".join(error["message"] for error in payload["userErrors"])
    principal = await administrator.application.authenticator.authenticate(payload["text"])
    return PublicFace(administrator.application, administrator.schema, principal)


async def make_units(administrator: PublicFace, scenario: Scenario) -> dict[str, str]:
    """Create the scenario's org units below the root; return their ids by their codes.

    Raises:
        ScenarioInvalid: one is refused.
    """
    made: dict[str, str] = {}
    for unit in scenario.units:
        asked = {"code": unit.code, "name": unit.name, "parent": "root"}
        answer = await administrator.change("orgUnitCreate", asked)
        if answer.id is None:
            told = "; ".join(problem.message for problem in answer.problems)
            scenario.refuse(f"units: {unit.code}: {told}", line=unit.line)
        made[unit.code] = answer.id
    return made
