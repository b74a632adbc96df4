"""The history in words that a customer reads. Pure.

One sentence for each action, with what `details` name. Times are shown as the day in the
account's zone; ids are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.kernel.zones import local_day

SENTENCES: Final[Mapping[str, str]] = {
    "account.created": "The account was opened.",
    "account.updated": "The account was changed: {changed}.",
    "account.clock_advanced": "The test clock was moved to {to}.",
    "member.added": "A member was added.",
    "member.removed": "A member was removed.",
    "member.profiles_set": "{name} was given these profiles: {profiles}.",
    "company.added": "A company was attached.",
    "company.removed": "A company was detached.",
    "profile.created": "The profile {name} was created.",
    "profile.changed": "The profile {name} was changed.",
    "profile.removed": "The profile {name} was removed.",
    "team.created": "The team {name} was created.",
    "team.changed": "The team {name} was changed.",
    "team.removed": "The team {name} was removed.",
    "subscription.created": "Subscribed to {items}, on plan {pricePlan}, from {startsAt}.",
    "subscription.trial_started": "A trial of {items} began, until {until}.",
    "subscription.trial_extended": "The trial was extended until {until}.",
    "subscription.trial_ended": "The trial was ended at {until}.",
    "subscription.ordered": "Ordered {items}, on plan {pricePlan}, from {startsAt}.",
    "subscription.plan_changed": "Changed from plan {before} to {pricePlan}, from {from}.",
    "subscription.terms_amended": "Plan {pricePlan} and terms {billingTerms}, from {from}.",
    "subscription.item_added": "Added {quantity} x {product}, from {from}.",
    "subscription.item_changed": "{product}: {before} became {quantity}, from {from}.",
    "subscription.item_ended": "{product} ends at {at}.",
    "subscription.item_trial_started": "A trial of {quantity} x {product}, until {until}.",
    "subscription.item_ordered": "Ordered {quantity} x {product} after a trial, from {from}.",
    "subscription.cancelled": "Renewal was turned off; the subscription ends at {endsAt}.",
    "subscription.reactivated": "Renewal was turned on again.",
    "subscription.ended": "The subscription ended.",
    "subscription.ended_early": "The subscription was ended at {endsAt}.",
    "subscription.suspended": "Suspended from {from} until {until}.",
    "subscription.resumed": "Resumed.",
    "subscription.bound": "Bound until {until}.",
    "licence.assigned": "A licence of {product} was assigned.",
    "licence.released": "A licence of {product} was taken back.",
    "contacts.released": "Contacts that waited were let in.",
    "advance_request.made": "Asked to buy {duration} in advance.",
    "advance_request.amended": "Asked to buy {duration} in advance instead of {before}.",
    "advance_request.cancelled": "The request to buy {duration} in advance was cancelled.",
    "advance_request.billed": "Time was bought in advance.",
    "advance_request.rejected": "The request to buy in advance was rejected.",
    "wallet.topped_up": "The wallet was topped up by {amount} {currency}.",
    "discount.granted": "The discount {discount} was given.",
    "discount.amended": "The discount {discount} was changed.",
    "discount.approved": "A discount was approved.",
    "discount.cancelled": "A discount was cancelled.",
    "usage_order.placed": "Ordered {service}.",
    "usage_order.cancelled": "An order was cancelled.",
    "job.created": "A job was created.",
    "job.updated": "A job was changed: {changed}.",
    "job.started": "A job was started.",
    "job.completed": "A job was completed.",
    "job.cancelled": "A job was cancelled.",
    "job.terms_amended": "A job's plan or terms were changed.",
    "job.line_added": "{quantity} x {product} was added to a job.",
    "job.line_changed": "{product} of a job: {before} became {quantity}.",
    "job.line_removed": "A line of a job was removed.",
    "task.opened": "{name} will be arranged.",
    "task.offered": "Times were offered for: {name}.",
    "task.booked": "{name} was booked.",
    "task.link_sent": "The link for {name} was sent.",
    "task.done": "{name} is done.",
    "task.cancelled": "{name} was cancelled.",
    "credit_note.issued": (
        "Credit note {creditNote} of {total} {currency} was issued for {invoice}."
    ),
    "credit.applied": "{amount} {currency} of credit was used for invoices.",
    "payment.received": "A payment of {amount} {currency} was received ({reference}).",
    "payment_method.added": "A payment method was added.",
    "payment_method.made_default": "A payment method was made the usual one.",
    "payment_method.removed": "A payment method was removed.",
    "collection.failed": "A payment could not be collected.",
    "invoice.reminded": "A reminder of an invoice was sent.",
    "refund.requested": "A refund of {amount} {currency} was asked for.",
    "refund.done": "{amount} {currency} was refunded.",
}
"""What is said of each action."""

_UNTOLD: Final = "nothing"
_COUNTED: Final = frozenset({"before", "quantity"})
_DECIMAL: Final = re.compile(r"-?\d+\.\d+")


def summary(action: str, details: Mapping[str, Any], *, zone: str = "UTC") -> str:
    """Say what happened in one sentence; an action of later is told by its name.

    >>> summary("wallet.topped_up", {"amount": "5", "currency": "EUR"})
    'The wallet was topped up by 5 EUR.'
    """
    sentence = SENTENCES.get(action)
    if sentence is None:
        return f"{action.replace('.', ': ').replace('_', ' ')}."
    return sentence.format_map(_Words(details, zone))


class _Words(dict[str, str]):
    """Details as words; one that is missing is said to be nothing."""

    def __init__(self, details: Mapping[str, Any], zone: str) -> None:
        words = {name: _word(value, zone) for name, value in details.items()}
        for name in _COUNTED.intersection(words):
            words[name] = _count(words[name])
        super().__init__(words)
        if details.get("until", "") is None:
            self["until"] = "further notice"

    def __missing__(self, name: str) -> str:
        return _UNTOLD


def _word(value: Any, zone: str) -> str:
    if value is None or value in ([], ""):
        return _UNTOLD
    if isinstance(value, list):
        return ", ".join(_word(one, zone) for one in value)
    if isinstance(value, Mapping):
        if "product" in value:
            return f"{_count(str(value.get('quantity', 1)))} x {value['product']}"
        return ", ".join(f"{name} {_word(one, zone)}" for name, one in value.items())
    return _day(str(value), zone)


def _count(text: str) -> str:
    """Show a quantity without the zeros that its column adds; another text stays as it is."""
    return text.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(text) else text


def _day(text: str, zone: str) -> str:
    """Show an instant as its day; another text stays as it is."""
    if len(text) < len("2026-01-01T00:00") or not text[:4].isdigit() or text[4:5] != "-":
        return text
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if instant.tzinfo is None else local_day(instant, zone).isoformat()
