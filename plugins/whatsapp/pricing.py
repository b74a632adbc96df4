"""What a WhatsApp message amounts to: alone, at the most, and among its neighbours.

The customer's messages and calls cost nothing. A message or call opens the customer's window
`[received, received + 24 h)`, or opens it anew. One who came through an advertisement or a
page's button, and is answered within 24 h, has 72 h from that answer in which everything is
free, the answer included. Delivery decides, in the order of delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Final

from core.plugin_api import (
    CLOSED_WINDOW,
    EventRejected,
    Judgement,
    Measure,
    Occurrence,
    RuleSet,
    WindowState,
)
from plugins.whatsapp.event import (
    WhatsappDirection,
    WhatsappEvent,
    WhatsappForm,
    WhatsappKind,
)
from plugins.whatsapp.market import market_of
from plugins.whatsapp.rules import Rules

SERVICE: Final = "service"
REASONS: Final = {
    "inbound": "From the customer: never billed",
    "window": "Free: the customer's window is open",
    "entry_point": "Free: the customer came through an advertisement or a page's button",
    "free_form": "Free: free-form messages are not billed",
    "allowance": "Free: within the business number's allowance of the month",
    "outside_window": "Free-form outside any known window",
}

_ONE: Final = Decimal(1)
_INBOUND: Final = Judgement(None, "inbound")
_ALLOWANCE: Final = Judgement(None, "allowance")
_OUTSIDE: Final = Judgement(None, "outside_window")


def measure(event: WhatsappEvent) -> Measure | None:
    """Return what an event may amount to: one message of its category, or nothing.

    Rejected: a call of the business, a template without category, a free-form message with
    one, and on what the customer sent anything that only the business's messages have.
    """
    if not event.business_number or not event.customer:
        where = "customer" if event.business_number else "businessNumber"
        raise EventRejected(f"{where} is empty; name both sides", path=(where,))
    if not event.business_number.isprintable():
        raise EventRejected(
            "businessNumber has characters that do not print; write it the same way each time",
            path=("businessNumber",),
        )
    if event.direction is WhatsappDirection.IN:
        _check_inbound(event)
        return None
    if event.kind is WhatsappKind.CALL:
        raise EventRejected("a call of the business is no usage here", path=("kind",))
    if event.entry_point:
        raise EventRejected("a customer enters, and no business", path=("entryPoint",))
    market = market_of(event.customer, stated=event.market)
    return _one(_unit(event), market)


def _check_inbound(event: WhatsappEvent) -> None:
    for name, said in (("form", event.form), ("category", event.category)):
        if said is not None:
            raise EventRejected(f"only messages of the business have a {name}", path=(name,))
    if event.sent_at is not None:
        raise EventRejected("what a customer sends is received at once", path=("sentAt",))


def _unit(event: WhatsappEvent) -> str:
    if event.form is None:
        raise EventRejected("say whether it was a template or free-form", path=("form",))
    if event.form is WhatsappForm.FREE_FORM:
        if event.category is not None:
            raise EventRejected("only templates have a category", path=("category",))
        return SERVICE
    if event.category is None:
        raise EventRejected("a template has a category; state it", path=("category",))
    return event.category.value


@lru_cache(maxsize=4096)
def _one(unit: str, market: str) -> Measure:
    """Return one message; the same object each time."""
    return Measure(unit, _ONE, market)


_Used = dict[tuple[int, int], int]
"""Free-form messages taken off the allowance, by local month."""


class _Customer:
    """What is known of one customer, in the middle of a replay."""

    __slots__ = ("entered_at", "free_until", "open_until")

    def __init__(self) -> None:
        self.open_until: datetime | None = None
        self.free_until: datetime | None = None
        self.entered_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        return self.open_until is not None and at < self.open_until


def measure_window(
    occurrences: Sequence[Occurrence[WhatsappEvent]],
    rules: Sequence[RuleSet],
    *,
    zone: tzinfo,
) -> list[Judgement]:
    """Judge the messages of one business number, in the order of their delivery."""
    customers: dict[str, _Customer] = {}
    used: _Used = {}
    known: RuleSet | None = None
    read: Rules | None = None
    found: list[Judgement] = []
    for (at, _source, _id, event), rule_set in zip(occurrences, rules, strict=True):
        if rule_set is not known:
            known, read = rule_set, Rules.of(rule_set)
        assert read is not None
        customer = customers.get(event.customer)
        if customer is None:
            customer = customers[event.customer] = _Customer()
        if event.direction is WhatsappDirection.IN:
            _received(customer, event, at, read)
            found.append(_INBOUND)
            continue
        judgement = _window(customer, event, at, read)
        if judgement is None:
            local = at.astimezone(zone)
            month = local.year, local.month
            judgement = _within_allowance(
                used, month, is_open=customer.is_open(at), event=event, rules=read
            )
        found.append(judgement)
    return found


def _received(customer: _Customer, event: WhatsappEvent, at: datetime, rules: Rules) -> None:
    customer.open_until = at + rules.window
    if event.entry_point:
        customer.entered_at = at


def _answered(customer: _Customer, at: datetime, rules: Rules) -> None:
    """Let the first answer after an entry open the time in which everything is free."""
    entered_at = customer.entered_at
    if entered_at is not None:
        if at < entered_at + rules.entry_reply:
            customer.free_until = at + rules.entry
        customer.entered_at = None


def _window(
    customer: _Customer, event: WhatsappEvent, at: datetime, rules: Rules
) -> Judgement | None:
    """Judge what the customer's windows decide; None where an allowance does."""
    _answered(customer, at, rules)
    free_until = customer.free_until
    if free_until is not None and at < free_until:
        return Judgement(None, "entry_point", free_until)
    unit = SERVICE if event.category is None else event.category.value
    rule = rules.of_unit[unit]
    if rule == "billed":
        return _billed(unit, event.market or market_of(event.customer, stated=None))
    is_open = customer.is_open(at)
    if rule == "outside_window":
        if is_open:
            return Judgement(None, "window", customer.open_until)
        return _billed(unit, event.market or market_of(event.customer, stated=None))
    if rule == "free":
        return Judgement(None, "free_form", customer.open_until) if is_open else _OUTSIDE
    return None


@lru_cache(maxsize=4096)
def _billed(unit: str, market: str, reason: str = "") -> Judgement:
    return Judgement(_one(unit, market), reason)


def _within_allowance(
    used: _Used, month: tuple[int, int], *, is_open: bool, event: WhatsappEvent, rules: Rules
) -> Judgement:
    """Take a free-form message off the month's allowance, or bill it."""
    before = used.get(month, 0)
    if before < rules.allowance:
        used[month] = before + 1
        return _ALLOWANCE if is_open else _OUTSIDE
    market = event.market or market_of(event.customer, stated=None)
    return _billed(SERVICE, market, "" if is_open else "outside_window")


def window_state(
    occurrences: Sequence[Occurrence[WhatsappEvent]],
    rules: RuleSet,
    *,
    counterpart: str,
    at: datetime,
) -> WindowState:
    """Return until when the customer may be written to freely, and all is free."""
    read, customer = Rules.of(rules), _Customer()
    for occurred_at, _source, _id, event in occurrences:
        if event.customer != counterpart or occurred_at > at:
            continue
        if event.direction is WhatsappDirection.IN:
            _received(customer, event, occurred_at, read)
        else:
            _answered(customer, occurred_at, read)
    open_until, free_until = customer.open_until, customer.free_until
    if open_until is None or open_until <= at:
        open_until = None
    if free_until is None or free_until <= at:
        free_until = None
    if open_until is None and free_until is None:
        return CLOSED_WINDOW
    return WindowState(open_until, free_until)
