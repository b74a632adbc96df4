"""Relay: a pagination fragment for every connection, compiled by its compiler and run by it.

Relay takes nothing but what its specification says: `node(id:)`, edges with cursors, all of
`pageInfo`, and arguments of Relay's names and types. Its compiler checks that for every
connection of the schema; its runtime then reads pages into its store.
"""

from __future__ import annotations

import json
import shutil
from typing import Any, Final

from tests.clients.asking import Asking
from tests.clients.filled import SLUG
from tests.clients.nodes import HERE, run_script, run_tool, tool
from tests.clients.places import Page, Place, read_pages
from tests.clients.shape import ConnectionField, connections_of, has_id
from tests.clients.stage import Stage
from tests.clients.survey import AT_ONCE, Survey, order_of, surveyed
from tests.clients.verdict import Verdict

FOLDER: Final = HERE / "generated" / "relay"
SELLER: Final = SLUG
PAGE: Final = 2
_PAGE_ARGUMENTS: Final = (
    ("first", "Int"),
    ("after", "String"),
    ("last", "Int"),
    ("before", "String"),
)


async def check_relay(stage: Stage, verdict: Verdict) -> None:
    """Compile a document for every connection, then page through each with Relay's store."""
    survey = await surveyed(stage, SELLER)
    fields = connections_of(survey.schema)
    _write(fields)
    status, told = await run_tool([tool("relay-compiler"), "relay.config.json"], cwd=FOLDER)
    if status:
        verdict.wrong.append(f"relay-compiler: {told[-1500:]}")
        return
    artefacts = list((FOLDER / "artefacts").glob("*.graphql.js"))
    verdict.counts["connections compiled"] = len(fields)
    verdict.counts["artefacts"] = len(artefacts)
    async with Asking(stage.url, stage.keys()[SELLER]) as asking:
        manifest = await _manifest(asking, survey, fields)
    (FOLDER / "manifest.json").write_text(json.dumps(manifest))
    await run_script(stage, "relay.mjs", verdict)


def _write(fields: list[ConnectionField]) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "src").mkdir(parents=True)
    (FOLDER / "artefacts").mkdir()
    (FOLDER / "package.json").write_text('{"type": "commonjs"}\n')
    shutil.copy(HERE / "generated" / "schema.graphql", FOLDER / "schema.graphql")
    config = {
        "src": "./src",
        "schema": "./schema.graphql",
        "artifactDirectory": "./artefacts",
        "language": "javascript",
        "eagerEsModules": False,
    }
    (FOLDER / "relay.config.json").write_text(json.dumps(config))
    for number, field in enumerate(fields):
        (FOLDER / "src" / f"{_module(number)}.js").write_text(_source(field, _module(number)))


def _module(number: int) -> str:
    return f"List{number}"


def _source(field: ConnectionField, module: str) -> str:
    """Return a module with the two documents that a component of one list would have."""
    needs = [(name, str(field.definition.args[name].type)) for name in field.needs]
    defined = "\n".join(
        [
            *(f'    {name}: {{type: "{kind}"}}' for name, kind in needs),
            *(f'    {name}: {{type: "{kind}"}}' for name, kind in _PAGE_ARGUMENTS),
        ]
    )
    given = ", ".join(
        f"{name}: ${name}" for name in [*field.needs, *(name for name, _ in _PAGE_ARGUMENTS)]
    )
    node = "__typename id" if has_id(field.node_type) else "__typename"
    names = [*needs, *_PAGE_ARGUMENTS]
    spread = f'...{module}_list @arguments({given}) @alias(as: "owner")'
    variables = ", ".join(f"${name}: {kind}" for name, kind in names)
    query = (
        f"query {module}Query({variables}) {{ {spread} }}"
        if field.is_root
        else f"query {module}Query($id: ID!, {variables}) {{ node(id: $id) {{ {spread} }} }}"
    )
    return f"""import {{ graphql }} from 'relay-runtime';

graphql`
  fragment {module}_list on {field.owner.name}
  @refetchable(queryName: "{module}PaginationQuery")
  @argumentDefinitions(
{defined}
  ) {{
    {field.name}({given}) @connection(key: "{module}_{field.name}") {{
      edges {{ node {{ {node} }} }}
    }}
  }}
`;

graphql`{query}`;
"""


async def _manifest(
    asking: Asking, survey: Survey, fields: list[ConnectionField]
) -> list[dict[str, Any]]:
    """Return which list of each connection Relay is to read: the longest that is found."""
    modules = {str(each): _module(number) for number, each in enumerate(fields)}
    longest = [
        place
        for place in survey.longest().values()
        if survey.lists[place] and order_of(place) == _default_order(place)
    ]
    found = []
    for first in range(0, len(longest), AT_ONCE):
        some = longest[first : first + AT_ONCE]
        pages = [Page(place, _keys_of(place), {"first": 3 * PAGE}) for place in some]
        for place, page in zip(some, await read_pages(asking, pages), strict=True):
            edges = page["edges"] if page else []
            listed = {
                "module": modules[str(place.field)],
                "field": place.field.name,
                "name": str(place.field),
                "owner": place.owner_id,
                "variables": _variables(place),
                "page": PAGE,
                "expected": [edge["node"].get("id") or edge["cursor"] for edge in edges],
            }
            found.append(listed)
    return found


def _keys_of(place: Place) -> str:
    """Select what identifies a row."""
    node = "id" if has_id(place.field.node_type) else "__typename"
    return f"edges {{ cursor node {{ {node} }} }}"


def _default_order(place: Place) -> str:
    if not place.field.orders:
        return ""
    return str(place.field.definition.args["orderBy"].default_value)


def _variables(place: Place) -> dict[str, Any]:
    """Return the variables for the arguments that the field cannot do without."""
    if "where" not in place.field.needs:
        return {}
    account = place.arguments.split('account: "')[1].split('"')[0]
    return {"where": {"account": account}}
