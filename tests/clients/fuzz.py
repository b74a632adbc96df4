"""schemathesis: operations that it makes up from the schema, with one thing to hold.

Nothing of the schema is left out. It is bounded (some documents for every root field) and
seeded, so that a failure can be run again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

from tests.clients.asking import Asking
from tests.clients.filled import ACCOUNT, OTHERS, SLUG
from tests.clients.nodes import HERE, ToolsMissing, run_tool
from tests.clients.stage import ROOT, Stage
from tests.clients.survey import surveyed
from tests.clients.verdict import Verdict

SCHEMATHESIS: Final = ROOT / ".venv-clients" / "bin" / "st"
HOOKS: Final = "tests.clients.schemathesis_hooks"
SEED: Final = 20261122
_TOLD: Final = re.compile(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)")


@dataclass(frozen=True, slots=True)
class Fuzzing:
    """Who asks, how often, and what no answer to them may hold."""

    name: str
    key: str = field(repr=False)
    examples: int
    """Documents made up for each field of the roots."""
    never: tuple[str, ...] = ()


async def check_fuzz(stage: Stage, verdict: Verdict) -> None:
    """Let schemathesis ask everything that a seller may ask."""
    await _fuzzed(stage, verdict, Fuzzing("seller", stage.keys()[SLUG], examples=6))


async def check_portal_fuzz(stage: Stage, verdict: Verdict) -> None:
    """Let it ask everything with a customer's token, by the ids of all customers."""
    async with Asking(stage.url, stage.keys()[SLUG]) as asking:
        asked = {"account": ACCOUNT, "expiresInSeconds": 7200}
        issued = await asking.change("customerTokenIssue", asked, "text")
    others = tuple(f'"{name}"' for name in OTHERS)
    await _fuzzed(stage, verdict, Fuzzing("customer", issued["text"], examples=6, never=others))


async def _fuzzed(stage: Stage, verdict: Verdict, fuzzing: Fuzzing) -> None:
    if not SCHEMATHESIS.exists():
        raise ToolsMissing("schemathesis is not installed: run `make check-graphql`.")
    folder = HERE / "generated"
    folder.mkdir(exist_ok=True)
    known, counted = (
        folder / f"fuzz-{fuzzing.name}-{what}.json" for what in ("known", "counted")
    )
    counted.unlink(missing_ok=True)
    known.write_text(json.dumps(await _known(stage) | {"never": fuzzing.never}))
    status, told = await run_tool(
        [
            *(str(SCHEMATHESIS), "run", stage.url, "--phases", "fuzzing", "--no-color"),
            *("-H", f"Authorization: Bearer {fuzzing.key}", "-c", "no_server_error"),
            *("--seed", str(SEED), "--max-examples", str(fuzzing.examples), "--workers", "2"),
            *("--mode", "positive", "--no-shrink", "--continue-on-failure"),
            *("--suppress-health-check", "all"),
        ],
        cwd=folder,
        more={
            "SCHEMATHESIS_HOOKS": HOOKS,
            "FUZZ_KNOWN": str(known),
            "FUZZ_COUNTED": str(counted),
            "PYTHONPATH": str(ROOT),
        },
    )
    found = _TOLD.search(told)
    if found is None or found[1] != found[2] or found[2] != found[3]:
        verdict.wrong.append(f"not every operation was tested: {told[-1500:]}")
    else:
        verdict.counts["root fields, none left out"] = int(found[3])
    if counted.exists():
        verdict.counts.update(json.loads(counted.read_text()))
    if not verdict.counts["answered with data"]:
        verdict.wrong.append("nothing was answered with data")
    if status:
        verdict.wrong.append(f"schemathesis: {told[-6000:]}")


async def _known(stage: Stage) -> dict[str, list[str]]:
    """Return ids and codes that exist, so that not every operation ends at its look-up."""
    survey = await surveyed(stage, SLUG)
    async with Asking(stage.url, stage.keys()[SLUG]) as asking:
        catalogue = (await asking.data("{ catalogueExport }"))["catalogueExport"]
        refs = await asking.data("{ subscriptions(first: 20) { edges { node { id ref } } } }")
    ids = {key for found in survey.known.values() for key in found}
    nodes = [edge["node"] for edge in refs["subscriptions"]["edges"]]
    codes = re.findall(r"^  ([a-z][a-z0-9-]*):", catalogue, re.MULTILINE)
    return {
        "ids": [*sorted(ids), *(node["id"] for node in nodes), *codes[:40]],
        "codes": [*codes, *(node["ref"] for node in nodes if node["ref"])],
    }
