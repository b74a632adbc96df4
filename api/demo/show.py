"""Invoices and credit notes as tables, with the working of each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from core.kernel.zones import local_day

_INSTANT: Final = timedelta(microseconds=1)


def show_documents(console: Console, documents: Sequence[dict[str, Any]], *, of: str) -> None:
    """Print what a customer got, as the API gives it: a section for each document."""
    table = Table(
        Column("What", max_width=30, overflow="fold"),
        Column("Quantity", justify="right", no_wrap=True),
        Column("Working", ratio=1, overflow="fold"),
        Column("Amount", justify="right", no_wrap=True),
        title=of,
        title_justify="left",
        title_style="bold",
        box=box.ROUNDED,
    )
    for document in documents:
        _add(table, document)
    for column in table.columns:
        if column.no_wrap:  # a figure stays whole, where need be beyond the terminal's edge
            column.min_width = max(cell_len(str(cell)) for cell in column.cells)
    console.print(table, crop=False, no_wrap=True, overflow="ignore")


def _add(table: Table, document: dict[str, Any]) -> None:
    name = f"{document['number']}, {document['issueDate']}"
    is_credit = "corrects" in document
    table.add_row(Text(name, "bold"), "", Text(_reason(document), "bold"), "")
    for each in document["lines"]:
        line = each.get("line", each)  # of a credit note: what it gives back
        table.add_row(
            Text(line["description"]),
            f"{Decimal(line['quantity']):,f}",
            Text(line["explanation"] or "", style="dim"),
            _shown(line["amount"], is_credit=is_credit),
        )
    told = Text(", ".join(_parts(document)))
    total = Text(_shown(document["total"], is_credit=is_credit), "bold")
    table.add_row(Text("Total", "bold"), "", told, total, end_section=True)


def _reason(document: dict[str, Any]) -> str:
    if "corrects" not in document:
        return _served(document)
    return f"credit on {document['corrects']['number']}: {document['reason']}"


def _served(document: dict[str, Any]) -> str:
    """Say which days an invoice is for, from the first of its lines to the last."""
    lines, zone = document["lines"], document["timezone"]
    if not lines:
        return ""
    begun = min(datetime.fromisoformat(line["fromAt"]) for line in lines)
    ended = max(datetime.fromisoformat(line["untilAt"]) for line in lines)
    last = max(begun, ended - _INSTANT)  # the end itself is no part of it
    return f"for {local_day(begun, zone)} to {local_day(last, zone)}"


def _shown(money: dict[str, Any], *, is_credit: bool) -> str:
    """Show an amount; what a credit note gives back has a minus, as the balance sees it."""
    text: str = money["formatted"]
    if not is_credit or not any(digit in text for digit in "123456789"):
        return text
    return text[1:] if text.startswith("-") else f"-{text}"


def _parts(document: dict[str, Any]) -> Iterator[str]:
    """Say what a total holds, and what has settled it so far."""
    rates = ", ".join(f"{tax['rate']} %" for tax in document["taxes"])
    is_credit = "corrects" in document
    yield f"net {_shown(document['net'], is_credit=is_credit)}"
    yield f"VAT {rates} {_shown(document['tax'], is_credit=is_credit)}"
    settlement = document.get("settlement", {})
    for name, words in (("credited", "settled by credit"), ("paid", "paid")):
        if name in settlement and Decimal(settlement[name]["amount"]):
            yield f"{words} {settlement[name]['formatted']}"


def show_keys(console: Console, keys: Mapping[str, str]) -> None:
    """Print the header that each seller's requests send, on lines that can be copied whole."""
    console.print("Each seller sees its own; send the header of one:")
    for name, key in keys.items():
        header = f"Authorization: Bearer {key}"
        console.print(f"  {name:<10} {header}", markup=False, soft_wrap=True, highlight=False)
