"""The oracle: ledgers against the database, every invoice against the second opinion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.books import Books, Stored
from tests.faults.ledger import Key, Told
from tests.faults.price_model import Bill, Used, bills, measured
from tests.faults.seller import POISONED, Customer

SHOWN = 5
"""Mismatches of one sort that are told one by one."""

Ledgers = Mapping[str, Mapping[Key, Told]]
"""By source."""


@dataclass(slots=True)
class Findings:
    """What does not agree, by sort, and what was counted on the way."""

    by_sort: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)
    invariants_checked: int = 0

    def note(self, sort: str, what: object) -> None:
        """Keep a mismatch."""
        self.by_sort[sort].append(str(what))

    @property
    def mismatches(self) -> int:
        """How many there are."""
        return sum(map(len, self.by_sort.values()))


def compare_ledgers(books: Books, ledgers: Ledgers, findings: Findings) -> None:
    """Acknowledged is stored once with that content, refused is not, nothing else is there."""
    stored: dict[tuple[str, Key], list[Stored]] = defaultdict(list)
    for event in books.events:
        stored[event.source, (event.account, event.event_id)].append(event)
    for source, told_of in ledgers.items():
        for key, told in told_of.items():
            rows = stored.pop((source, key), [])
            _compare_event(key, told, rows, findings)
    for source, key in stored:
        findings.note("stored, but never sent", f"{source} {key}")


def _compare_event(key: Key, told: Told, rows: list[Stored], findings: Findings) -> None:
    findings.counts["sent"] += 1
    if told.is_acknowledged:
        findings.counts["acked"] += 1
    elif told.is_refused:
        findings.counts["refused"] += 1
    else:
        findings.counts["indeterminate"] += 1
        findings.counts["indeterminate, stored"] += bool(rows)
    if len(rows) > 1:
        findings.note("stored more than once", key)
    if told.is_refused and len(told.answers) == 1 and not key[1].startswith("invalid-"):
        findings.note("sound, but refused", key)
    if told.is_acknowledged and not rows:
        findings.note("acknowledged, but not stored", key)
    if rows and (told.is_refused or key[1].startswith("invalid-")):
        findings.note("refused or invalid, but stored", key)
        return
    acknowledged = told.bodies("ACCEPTED", "DUPLICATE")
    for row in rows:
        known = acknowledged or _all_bodies(told)
        if not any(says(body, row) for body in known) or len(acknowledged) > 1:
            findings.note("stored with another content", f"{key}: {row}")


def _all_bodies(told: Told) -> list[dict[str, Any]]:
    return told.bodies("ACCEPTED", "DUPLICATE", "REJECTED", None)  # type: ignore[arg-type]


def says(body: Mapping[str, Any], row: Stored) -> bool:
    """Tell whether a stored event is what a client said."""
    if datetime.fromisoformat(body["occurredAt"]) != row.occurred_at:
        return False
    if next(iter(body["event"])) != row.channel or key_is_invalid(body):
        return False
    return measured(body["event"]) == (row.channel, row.dimension, int(row.quantity))


def key_is_invalid(body: Mapping[str, Any]) -> bool:
    """Tell whether the client made this event to be refused."""
    return str(body["id"]).startswith("invalid-")


def compare_invoices(
    books: Books, starts: list[datetime], *, closed: int, findings: Findings
) -> None:
    """Every customer has exactly the invoices of the second opinion, to the cent."""
    places = {start: place for place, start in enumerate(starts)}
    used: dict[str, list[Used]] = defaultdict(list)
    for event in books.events:
        if event.month is None or event.billing_month is None:
            findings.note("stored without a period", event)
            continue
        if event.state == "billed":
            month, by = places[event.month], places[event.billing_month]
            one = Used(event.account, month, by, event.channel, event.dimension,
                       int(event.quantity))  # fmt: skip
            used[event.account].append(one)
    seen = dict(books.invoices)
    for customer in books.seller.customers:
        expected = {} if customer.plan == POISONED else bills(
            customer.plan, customer.seats, closed_months=closed, used=used[customer.ref]
        )  # fmt: skip
        for month, bill in expected.items():
            found = seen.pop((customer.ref, starts[month + 1]), [])
            _compare_bills(customer, month, bill, found, findings)
    for customer_ref, due_at in seen:
        findings.note("an invoice that nobody owes", f"{customer_ref} {due_at:%Y-%m}")
    _compare_parked(books, closed, findings)


def _compare_bills(
    customer: Customer, month: int, expected: Bill, found: Iterable[Bill], findings: Findings
) -> None:
    places = f"{customer.ref} ({customer.plan}), month {month}"
    bills_found = list(found)
    findings.counts["invoices"] += len(bills_found)
    if len(bills_found) != 1:
        findings.note("not exactly one invoice", f"{places}: {len(bills_found)}")
        return
    bill = bills_found[0]
    if (bill.net, bill.tax) != (expected.net, expected.tax):
        told = f"{bill.net}+{bill.tax} for {expected.net}+{expected.tax}"
        findings.note("an invoice with another total", f"{places}: {told}")
    if _comparable(bill) != _comparable(expected):
        differing = set(_comparable(bill)) ^ set(_comparable(expected))
        findings.note("an invoice with other lines", f"{places}: {sorted(differing)}")


def _comparable(bill: Bill) -> list[tuple[Any, ...]]:
    """The quantity of a minimum says nothing; everything else counts."""
    return sorted(
        (line.month, line.key, 0 if line.key[0] == "commitment" else line.quantity, line.cents)
        for line in bill.lines
    )


def _compare_parked(books: Books, closed: int, findings: Findings) -> None:
    """The poisoned subscription is parked at every due time, and nobody else ever is."""
    poisoned = {one.ref: closed for one in books.seller.customers if one.plan == POISONED}
    if books.parked != poisoned:
        findings.note("parked are others than the poisoned", f"{books.parked}, not {poisoned}")
    invoices = sum(map(len, books.invoices.values()))
    if books.announced != invoices:
        findings.note("not every invoice was announced once", f"{books.announced}/{invoices}")


def report_mismatches(findings: Findings) -> list[str]:
    """Return the mismatches as lines, a few of each sort."""
    lines: list[str] = []
    for sort, found in sorted(findings.by_sort.items()):
        lines.append(f"  {sort}: {len(found)}")
        lines += [f"    {one[:400]}" for one in found[:SHOWN]]
    return lines
