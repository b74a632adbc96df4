"""The step `can`: what an account may do at that time, held against what is expected."""

from __future__ import annotations

from typing import Any, Final

from graphql import GraphQLInputType

from api.scenarios.arguments import Arguments
from api.scenarios.compare import Difference, is_same
from api.scenarios.document import Scenario, Step
from api.scenarios.public import PublicFace
from core.catalogue.yaml_tree import Mapping, Scalar

CAN: Final = "can"
ALLOWED: Final = "ALLOWED"
_CHECK: Final = "EntitlementCheckInput"
_TOLD: Final = ("answers", "remaining", "billed", "help")
_ASK: Final = """
query ($account: ID!, $check: EntitlementCheckInput!) {
  can(account: $account, checks: [$check]) { allowed reason message remaining billed help }
}
"""


async def asked(
    face: PublicFace, scenario: Scenario, step: Step, arguments: Arguments
) -> list[Difference]:
    """Ask what a step asks, and return what is not as it says.

    Raises:
        ScenarioInvalid: it is no question, or expects nothing.
    """
    given = step.given
    if not isinstance(given, Mapping) or "answers" not in given.entries:
        scenario.refuse("say what it `answers:`, ALLOWED or a reason", line=step.line)
    expected = {
        key: value.text
        for key, (_line, value) in given.entries.items()
        if key in _TOLD and isinstance(value, Scalar)
    }
    _line, account = given.entries.get("account", (step.line, None))
    if not isinstance(account, Scalar):
        scenario.refuse("say of which `account:` it asks", line=step.line)
    left = {
        key: entry for key, entry in given.entries.items() if key not in {*_TOLD, "account"}
    }
    check = arguments.value(Mapping(left, given.line), _kind(face))
    variables = {"account": arguments.text(account), "check": check}
    found = (await face.ask(_ASK, variables))["can"]
    told = _texts(found[0]) if found else {"answers": "UNKNOWN_ACCOUNT"}
    return [
        Difference(f"can {check['feature']}: {key}", text, told.get(key, ""), step.line)
        for key, text in expected.items()
        if not is_same(text, told.get(key, ""))
    ]


def _kind(face: PublicFace) -> GraphQLInputType:
    found: Any = face.named_type(_CHECK)
    kind: GraphQLInputType = found
    return kind


def _texts(verdict: dict[str, Any]) -> dict[str, str]:
    return {
        "answers": ALLOWED if verdict["allowed"] else verdict["reason"],
        "remaining": "any" if verdict["remaining"] is None else verdict["remaining"],
        "billed": verdict["billed"],
        "help": verdict["help"] or "",
    }
