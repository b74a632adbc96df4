"""Invoices as tables, with the working of each line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text


def show_invoice(console: Console, invoice: dict[str, Any]) -> None:
    """Print one invoice as the API gives it."""
    title = f"{invoice['number']}  {invoice['buyer']}  of {invoice['issueDate']}"
    table = Table(
        Column("What", max_width=30),
        Column("Quantity", justify="right"),
        Column("Working", ratio=1),
        Column("Amount", justify="right", no_wrap=True),
        title=title,
        title_justify="left",
        title_style="bold",
        show_footer=False,
    )
    for line in invoice["lines"]:
        table.add_row(
            Text(line["description"]),
            f"{Decimal(line['quantity']):,f}",
            Text(line["explanation"] or "", style="dim"),
            line["amount"]["formatted"],
        )
    table.add_section()
    rates = ", ".join(f"{tax['rate']} %" for tax in invoice["taxes"])
    for name, key in (("Net", "net"), (f"VAT {rates}", "tax"), ("Total", "total")):
        style = "bold" if key == "total" else ""
        amount = invoice[key]["formatted"]
        table.add_row(Text(name, style), "", "", Text(amount, style))
    console.print(table)
