"""Telling stories on test clocks: each change on its day, and what falls due billed between.

An account's clock says how far its story is. One that was stopped in the middle is told from
the beginning under the same idempotency keys, which answers what was done and does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from api.demo.cast import Story
from api.demo.client import DemoClient
from api.demo.play import refuse_rejected

KEYLESS: Final = frozenset({"usageRecord", "contactsRecord", "entitlementConsume"})
"""Verbs whose inputs carry ids of their own in place of a key."""
_MEMBERS: Final = """
query ($account: String!) {
  account(ref: $account) { members(first: 50) { edges { node { id email } } } }
}
"""
_CAN: Final = """
query ($account: ID!, $checks: [EntitlementCheckInput!]!) {
  can(account: $account, checks: $checks) { allowed message remaining billed }
}
"""
_FIND: Final = "query ($account: String!) { account(ref: $account) { testClock } }"
_VERDICTS: Final = "verdicts { verdict reason message }"


async def tell(client: DemoClient, story: Story) -> None:
    """Tell a story to its end; one that has been told is left as it is."""
    found = (await client.ask(_FIND, account=story.ref))["account"]
    if found is None:
        given = {
            "name": story.name,
            "ref": story.ref,
            "country": story.country,
            "testClock": story.begins.isoformat(),
        }
        await client.change("accountCreate", given, "")
    clock = story.begins if found is None else datetime.fromisoformat(found["testClock"])
    if clock < story.ends:
        telling = Telling(client, story, clock)
        await story.tell(telling)
        await telling.until(story.ends)


async def answers_of(client: DemoClient, story: Story) -> list[str]:
    """Return what a story's customer may do at its end, question by question."""
    found = await client.ask(_MEMBERS, account=story.ref)
    members = [edge["node"] for edge in found["account"]["members"]["edges"]]
    ids = {member["email"]: member["id"] for member in members}
    checks = [
        {"feature": ask.feature} | ({} if ask.member is None else {"member": ids[ask.member]})
        for ask in story.asks
    ]
    if not checks:
        return []
    verdicts = (await client.ask(_CAN, account=story.ref, checks=checks))["can"]
    return [
        f"{ask.question} {_in_words(verdict)}"
        for ask, verdict in zip(story.asks, verdicts, strict=True)
    ]


def _in_words(verdict: dict[str, Any]) -> str:
    if not verdict["allowed"]:
        return f"No: {verdict['message']}"
    if Decimal(verdict["billed"]):
        return "Yes, by consumption."
    left = verdict["remaining"]
    return "Yes." if left is None else f"Yes, {Decimal(left):,f} left."


@dataclass(slots=True)
class Telling:
    """One story being told, and what time it is in it."""

    client: DemoClient
    story: Story
    clock: datetime
    _done: int = field(init=False, default=0)

    async def do(
        self, mutation: str, given: Mapping[str, Any], selection: str = ""
    ) -> dict[str, Any]:
        """Run a mutation once, however often the story is told."""
        if mutation == "usageRecord":
            answer = await self.client.change(mutation, given, _VERDICTS)
            refuse_rejected(answer["verdicts"])
            return answer
        if mutation in KEYLESS:
            return await self.client.change(mutation, given, selection)
        self._done += 1
        key = {"idempotencyKey": f"demo-{self.story.ref}-{self._done}"}
        return await self.client.change(mutation, {**given, **key}, selection)

    async def until(self, at: datetime) -> None:
        """Move the account's clock on; where it is there already, nothing happens."""
        if self.clock < at:
            given = {"account": self.story.ref, "to": at.isoformat()}
            await self.client.change("accountClockAdvance", given, "")
            self.clock = at
