"""Invoices of a scenario: read through the schema, and as its file expects them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Bindings
from typing import Any, Final

from api.scenarios.arguments import Arguments
from api.scenarios.compare import (
    INVOICE_FIELDS,
    LINE_FIELDS,
    MISSING,
    SETTLED_FIELDS,
    Bill,
    Difference,
    Fields,
)
from api.scenarios.document import Scenario
from api.scenarios.public import PublicFace
from core.catalogue.yaml_tree import Mapping, Node, Scalar, Sequence

PAGE: Final = 50
LINES: Final = 100
_INVOICES: Final = """
query ($account: ID!, $first: Int!, $after: String) {
  account(id: $account) { invoices(first: $first, after: $after) {
    edges { node { id number date: issueDate currency lineCount
      net { amount } tax { amount } total { amount } paymentState payBy
      settlement { paid { amount } credited { amount } outstanding { amount } } } }
    pageInfo { hasNextPage endCursor }
  } }
}
"""
_CREDIT_NOTES: Final = """
query ($account: ID!, $first: Int!, $after: String) {
  account(id: $account) { creditNotes(first: $first, after: $after) {
    edges { node { id number date: issueDate currency lineCount
      net { amount } tax { amount } total { amount } } }
    pageInfo { hasNextPage endCursor }
  } }
}
"""
_CREDITED: Final = """
query ($note: ID!, $first: Int!, $after: Int!) {
  creditNote(id: $note) { lines(first: $first, after: $after) { line {
    kind description quantity unit dimension isDifference
    product: productCode from: fromAt until: untilAt
    amount { amount } net { amount } tax { amount } gross { amount }
  } } }
}
"""
_PARKED: Final = """
query ($first: Int!) {
  parkedSubscriptions(first: $first) { edges { node { code reason account { id } } } }
}
"""
_LINES: Final = """
query ($invoice: ID!, $first: Int!, $after: Int!) {
  invoice(id: $invoice) { lines(first: $first, after: $after) {
    kind description quantity unit dimension isDifference
    product: productCode from: fromAt until: untilAt
    amount { amount } net { amount } tax { amount } gross { amount }
  } }
}
"""


async def invoices_of(face: PublicFace, accounts: Bindings[str, str]) -> list[Bill]:
    """Read every invoice of these accounts, given by their ids under their names."""
    found: list[Bill] = []
    for name, account in accounts.items():
        after: str | None = None
        while True:
            asked = {"account": account, "first": PAGE, "after": after}
            page = (await face.ask(_INVOICES, asked))["account"]["invoices"]
            found += [await _bill(face, name, edge["node"]) for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    return found


async def credit_notes_of(face: PublicFace, accounts: Bindings[str, str]) -> list[Bill]:
    """Read every credit note of these accounts, as `invoices_of` reads invoices."""
    found: list[Bill] = []
    for name, account in accounts.items():
        after: str | None = None
        while True:
            asked = {"account": account, "first": PAGE, "after": after}
            page = (await face.ask(_CREDIT_NOTES, asked))["account"]["creditNotes"]
            for edge in page["edges"]:
                node = edge["node"]
                rows = [await _credited(face, node["id"], after) for after in _pages(node)]
                found.append(_bill_of(name, node, [line for page in rows for line in page]))
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    return found


async def _credited(face: PublicFace, note: str, after: int) -> list[Fields]:
    asked = {"note": note, "first": LINES, "after": after}
    lines = (await face.ask(_CREDITED, asked))["creditNote"]["lines"]
    return [_texts(each["line"], LINE_FIELDS) for each in lines]


async def parked_among(face: PublicFace, accounts: Bindings[str, str]) -> list[Difference]:
    """Tell which subscriptions could not be billed; no scenario expects that."""
    names = {key: name for name, key in accounts.items()}
    page = (await face.ask(_PARKED, {"first": PAGE}))["parkedSubscriptions"]
    return [
        Difference(
            "parked",
            MISSING,
            f"{names.get(node['account']['id'], '?')}, {node['code']}: {node['reason']}",
        )
        for node in (edge["node"] for edge in page["edges"])
    ]


async def _bill(face: PublicFace, account: str, node: dict[str, Any]) -> Bill:
    """Read the lines of an invoice, page by page."""
    lines: list[Fields] = []
    for after in _pages(node):
        asked = {"invoice": node["id"], "first": LINES, "after": after}
        page = (await face.ask(_LINES, asked))["invoice"]["lines"]
        lines += [_texts(line, LINE_FIELDS) for line in page]
    return _bill_of(account, node, lines)


def _pages(node: dict[str, Any]) -> range:
    return range(0, node["lineCount"], LINES)


def _bill_of(account: str, node: dict[str, Any], lines: Iterable[Fields]) -> Bill:
    whole = node | node.get("settlement", {})
    fields = _texts(whole, [key for key in (*INVOICE_FIELDS, *SETTLED_FIELDS) if key in whole])
    return Bill(fields | {"account": account}, tuple(lines))


def expected_bills(
    scenario: Scenario, nodes: Iterable[Mapping], names: Bindings[str, str]
) -> list[Bill]:
    """Return what the scenario expects of documents; `names` are accounts by their ids.

    Raises:
        ScenarioInvalid: it expects something that they do not have.
    """
    bound = {name: key for key, name in names.items()}
    arguments = Arguments(scenario.file, scenario.tenant["timezone"], bound)
    return [_expected(scenario, node, arguments, names) for node in nodes]


def _expected(
    scenario: Scenario, node: Mapping, arguments: Arguments, names: Bindings[str, str]
) -> Bill:
    fields = _fields(
        scenario, node, arguments, known=(*INVOICE_FIELDS, *SETTLED_FIELDS, "lines")
    )
    if "account" not in fields:
        scenario.refuse("say of which `account:` the invoice is", line=node.line)
    fields["account"] = names.get(fields["account"], fields["account"])
    line, lines = node.entries.get("lines", (None, None))
    if lines is None:
        return Bill(fields, None, node.line)
    if not isinstance(lines, Sequence):
        scenario.refuse("`lines:` is a list", line=line)
    rows = [_fields(scenario, each, arguments, known=LINE_FIELDS) for each in lines.items]
    return Bill(fields, tuple(rows), node.line, tuple(each.line for each in lines.items))


def _fields(
    scenario: Scenario, node: Node, arguments: Arguments, *, known: tuple[str, ...]
) -> Fields:
    if not isinstance(node, Mapping):
        scenario.refuse("a mapping is needed here", line=node.line)
    found: Fields = {}
    for key, (line, value) in node.entries.items():
        if key not in known:
            scenario.refuse(f"{key!r} is unknown here; known are {', '.join(known)}", line=line)
        if isinstance(value, Scalar):
            found[key] = arguments.text(value)
            if key in ("from", "until", "payBy"):
                found[key] = f"{arguments.instant(found[key], line=line):%Y-%m-%dT%H:%M:%S}"
    return found


def _texts(node: dict[str, Any], keys: Iterable[str]) -> Fields:
    return {key: _text(node[key]) for key in keys}


def _text(value: Any) -> str:
    if isinstance(value, dict):  # an amount of money
        return str(value["amount"])
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).removesuffix("Z")
