"""Staff who play steps of a scenario: each with a key of their own, issued in public."""

from __future__ import annotations

from typing import Final

from api.scenarios.public import PublicFace

_KEY: Final = """
mutation ($input: ApiKeyIssueInput!) {
  apiKeyIssue(input: $input) { text userErrors { code message path } }
}
"""


async def staff_face(administrator: PublicFace, staff_id: str) -> PublicFace | str:
    """Return the face that a staff member sees, or why there is none.

    The key may do what the administrator may; the staff member's roles limit it.
    """
    asked = {
        "name": "scenario",
        "staff": staff_id,
        "scopes": sorted(administrator.principal.capabilities),
    }
    payload = (await administrator.ask(_KEY, {"input": asked}))["apiKeyIssue"]
    if payload["userErrors"]:
        return "; ".join(error["message"] for error in payload["userErrors"])
    principal = await administrator.application.authenticator.authenticate(payload["text"])
    return PublicFace(administrator.application, administrator.schema, principal)
