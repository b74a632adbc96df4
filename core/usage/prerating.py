"""The price of an event that a third party has rated: checked, and taken as it was given.

Its amount is for all of the event, in the price plan's tax mode: net under an exclusive plan,
gross under an inclusive one. It is stored to the cent as given, with the tax where one came
with it, and neither the catalogue's rates nor the plan's are asked. Where the directive is a
credit both get a minus.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import orjson

from core.kernel.money import MAX_AMOUNT, minor_digits, round_money
from core.plugin_api.values import ZERO, RateFacts
from core.rating.prerated import PRERATED_BY, Prerated
from core.usage.records import Checked, Reason, Verdict, rejected


class Priced(NamedTuple):
    """What an event costs: the amount, its working as JSON, and the dimension of its rate.

    `tax` is that of a third party, where it gave one; `slot` says how a third party priced it
    (`core.rating.prerated`), and is 0 where we did.
    """

    amount: Decimal
    rating: str
    dimension: str
    is_free: bool = False
    tax: Decimal | None = None
    slot: int = 0


def is_prerated(facts: RateFacts) -> bool:
    """Tell whether an event says anything of a third party's price."""
    return (
        facts.rated_amount is not None
        or facts.rated_tax is not None
        or bool(facts.rated_currency)
        or facts.rated_discounts
    )


def prerated_price(
    checked: Checked, *, currency: str, working: Mapping[str, str]
) -> Priced | Verdict:
    """Return an event at the price that came with it, or the verdict that rejects it.

    `currency` is that of the subscription's plan. The system that priced it is the source
    system that the event names, or else the one that reports it.
    """
    facts, measure = checked.facts, checked.measure
    assert facts is not None
    assert measure is not None
    fault = _fault(facts, currency)
    if fault is not None:
        field, reason, message = fault
        return rejected(reason, message, path=("event", checked.report.channel, field))
    amount, tax = facts.rated_amount, facts.rated_tax
    assert amount is not None
    by = PRERATED_BY + (facts.source_system or checked.report.source)
    told = {
        **working,
        "rate": by,
        "quantity": f"{measure.quantity:f}",
        "ratedAmount": f"{amount:f}",
        **({} if tax is None else {"ratedTax": f"{tax:f}"}),
        "directive": facts.directive,
    }
    rating = orjson.dumps(told).decode()
    if facts.directive == "free":
        return Priced(ZERO, rating, by, is_free=True)
    sign = -1 if facts.directive == "credit" else 1
    return Priced(
        round_money(sign * amount, currency),
        rating,
        by,
        tax=None if tax is None else round_money(sign * tax, currency),
        slot=Prerated(tax is not None, facts.rated_discounts).slot,
    )


def _fault(facts: RateFacts, currency: str) -> tuple[str, Reason, str] | None:
    """Return the first field that is wrong, with the reason and what to do."""
    amount, tax = facts.rated_amount, facts.rated_tax
    if amount is None:
        told = "ratedAmount is missing; give it, or leave the other fields of a rated price out"
        return "ratedAmount", "INVALID_VALUE", told
    if not facts.rated_currency:
        told = f"ratedCurrency is missing; say in which ratedAmount is, such as {currency}"
        return "ratedCurrency", "INVALID_VALUE", told
    if facts.rated_currency != currency:
        told = f"ratedCurrency is {facts.rated_currency}, and the subscription's price plan is"
        return "ratedCurrency", "OTHER_CURRENCY", f"{told} in {currency}; convert it first"
    for name, given in (("ratedAmount", amount), ("ratedTax", tax)):
        if given is not None and (told := _no_money(given, currency)):
            return name, "INVALID_VALUE", f"{name} is {given:f}; {told}"
    if tax is not None and tax > amount:
        told = f"ratedTax is {tax:f}, more than ratedAmount; give the tax in or on {amount:f}"
        return "ratedTax", "INVALID_VALUE", told
    return None


def _no_money(given: Decimal, currency: str) -> str:
    if given < 0:
        return "give it from 0 on, and the directive CREDIT for what is given back"
    if given >= MAX_AMOUNT:
        return f"give less than {MAX_AMOUNT:f}"
    if given != round_money(given, currency):
        return f"round it to {minor_digits(currency)} decimals, which {currency} has"
    return ""
