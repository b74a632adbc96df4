"""schemathesis: operations that it makes up from the schema, with one thing to hold.

Nothing of the schema is left out. It is bounded (some documents for every root field) and
seeded, so that a failure can be run again.
"""

from __future__ import annotations

import json
import re
from typing import Final

from tests.clients.asking import Asking
from tests.clients.filling import SLUG
from tests.clients.nodes import HERE, ToolsMissing, run_tool
from tests.clients.places import places_of
from tests.clients.shape import introspected
from tests.clients.stage import ROOT, Stage
from tests.clients.verdict import Verdict

SCHEMATHESIS: Final = ROOT / ".venv-clients" / "bin" / "st"
HOOKS: Final = "tests.clients.schemathesis_hooks"
SELLER: Final = SLUG
SEED: Final = 20261122
EXAMPLES: Final = 6
"""Documents made up for each field of the roots."""
_TOLD: Final = re.compile(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)")


async def check_fuzz(stage: Stage, verdict: Verdict) -> None:
    """Let schemathesis ask everything that a seller may ask."""
    if not SCHEMATHESIS.exists():
        raise ToolsMissing("schemathesis is not installed: run `make check-graphql`.")
    folder = HERE / "generated"
    folder.mkdir(exist_ok=True)
    known, counted = folder / "fuzz-known.json", folder / "fuzz-counted.json"
    counted.unlink(missing_ok=True)
    known.write_text(json.dumps(await _known(stage)))
    status, told = await run_tool(
        [
            *(str(SCHEMATHESIS), "run", stage.url, "--phases", "fuzzing", "--no-color"),
            *("-H", f"Authorization: Bearer {stage.keys()[SELLER]}", "-c", "no_server_error"),
            *("--seed", str(SEED), "--max-examples", str(EXAMPLES), "--workers", "2"),
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
    if status:
        verdict.wrong.append(f"schemathesis: {told[-6000:]}")


async def _known(stage: Stage) -> dict[str, list[str]]:
    """Return ids and codes that exist, so that not every operation ends at its look-up."""
    async with Asking(stage.url, stage.keys()[SELLER]) as asking:
        places = await places_of(asking, await introspected(asking))
        catalogue = (await asking.data("{ catalogueExport }"))["catalogueExport"]
        refs = await asking.data("{ subscriptions(first: 20) { edges { node { id ref } } } }")
    ids = {place.owner_id for place in places if place.owner_id}
    nodes = [edge["node"] for edge in refs["subscriptions"]["edges"]]
    codes = re.findall(r"^  ([a-z][a-z0-9-]*):", catalogue, re.MULTILINE)
    return {
        "ids": [*sorted(ids), *(node["id"] for node in nodes), *codes[:40]],
        "codes": [*codes, *(node["ref"] for node in nodes if node["ref"])],
    }
