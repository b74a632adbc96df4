"""Check what plugins answer: every number finite and bounded, every text short."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, get_args

from core.kernel.money import MAX_AMOUNT
from core.plugin_api import Charge, Directive, Measure, RateFacts, Step, TaxAnswer
from core.plugin_host.hosted import HostedChannel

MAX_QUANTITY: Final = Decimal("1e13")
MAX_QUANTITY_PLACES: Final = 9
MAX_DIMENSION: Final = 64
MAX_SERVICE: Final = 200
MAX_FACT: Final = 100
"""Characters of a service's code, and of each fact of its price."""
MAX_STEPS: Final = 500
MAX_STEP_TEXT: Final = 500
MAX_FACTS: Final = 50
MAX_TAX_RATE: Final = 100
MAX_TAX_PLACES: Final = 4
MAX_TAX_LABEL: Final = 100

_DIRECTIVES: Final[tuple[str, ...]] = get_args(Directive)


class NonsenseAnswer(Exception):
    """A plugin's answer breaks the contract; the text says how."""


def check_measure(channel: HostedChannel, answer: object) -> Measure | None:
    """Return a plugin's measure, or raise `NonsenseAnswer`."""
    if answer is None:
        return None
    if type(answer) is not Measure:
        raise NonsenseAnswer(f"measure returned {type(answer).__name__} and no Measure")
    unit: object = answer.unit
    if type(unit) is not str or unit not in channel.units:
        shown = unit[:40] if isinstance(unit, str) else type(unit).__name__
        raise NonsenseAnswer(f"unit {shown!r} is none of {', '.join(channel.units)}")
    check_quantity(answer.quantity)
    dimension: object = answer.dimension
    if type(dimension) is not str or len(dimension) > MAX_DIMENSION:
        raise NonsenseAnswer(f"the dimension is no text of at most {MAX_DIMENSION} characters")
    if dimension and not (dimension.isascii() and dimension.isprintable()):
        raise NonsenseAnswer("the dimension has characters beyond printable ASCII")
    return answer


def check_service(answer: object) -> str | None:
    """Return the service that an event names, or raise `NonsenseAnswer`."""
    if answer is None:
        return None
    if type(answer) is not str or not 1 <= len(answer) <= MAX_SERVICE:
        raise NonsenseAnswer(f"service is no text of 1 to {MAX_SERVICE} characters")
    return answer


def check_rate_facts(answer: object) -> RateFacts:
    """Return what an event's price depends on, or raise `NonsenseAnswer`."""
    if type(answer) is not RateFacts:
        raise NonsenseAnswer(f"rate_facts returned {type(answer).__name__} and no RateFacts")
    *texts, amount, termed_service, directive, rated, tax, currency, discounts = answer
    for text in (*texts, termed_service, currency):
        if type(text) is not str or len(text) > MAX_FACT:
            raise NonsenseAnswer(f"a rate fact is no text of at most {MAX_FACT} characters")
    if amount is not None:
        check_quantity(amount)
    if directive not in _DIRECTIVES:
        raise NonsenseAnswer(f"the directive is none of {', '.join(_DIRECTIVES)}")
    for money in (rated, tax):
        if money is not None and (type(money) is not Decimal or not money.is_finite()):
            raise NonsenseAnswer("a rated amount or tax is no finite Decimal")
    if type(discounts) is not bool:
        raise NonsenseAnswer("rated_discounts is neither True nor False")
    return answer


def check_quantity(quantity: object) -> None:
    """Raise `NonsenseAnswer` for a quantity that is no finite, bounded Decimal from 0."""
    if type(quantity) is not Decimal:
        raise NonsenseAnswer(f"the quantity is {type(quantity).__name__} and no Decimal")
    if not quantity.is_finite():
        raise NonsenseAnswer(f"the quantity is {quantity}")
    if not 0 <= quantity < MAX_QUANTITY:
        raise NonsenseAnswer(f"the quantity {quantity:.6E} is not from 0 to {MAX_QUANTITY:.0E}")
    exponent = quantity.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MAX_QUANTITY_PLACES:
        raise NonsenseAnswer(
            f"the quantity has {-exponent} decimals; {MAX_QUANTITY_PLACES} are stored"
        )


def check_charge(answer: object) -> Charge:
    """Return a plugin's charge, or raise `NonsenseAnswer`."""
    if type(answer) is not Charge:
        raise NonsenseAnswer(f"the price is {type(answer).__name__} and no Charge")
    _check_amount(answer.amount, what="the amount")
    if answer.amount < 0:
        raise NonsenseAnswer(f"the amount is negative: {answer.amount:.6E}")
    if type(answer.steps) is not tuple or len(answer.steps) > MAX_STEPS:
        raise NonsenseAnswer(f"steps is no tuple of at most {MAX_STEPS}")
    for step in answer.steps:
        _check_step(step)
    return answer


def check_tax_answer(answer: object) -> TaxAnswer:
    """Return a plugin's tax rate, or raise `NonsenseAnswer`."""
    if type(answer) is not TaxAnswer:
        raise NonsenseAnswer(f"the tax is {type(answer).__name__} and no TaxAnswer")
    rate: object = answer.rate_percent
    if type(rate) is not Decimal:
        raise NonsenseAnswer(f"the tax rate is {type(rate).__name__} and no Decimal")
    if not rate.is_finite() or not 0 <= rate <= MAX_TAX_RATE:
        raise NonsenseAnswer(f"the tax rate {rate:.6E} is not from 0 to {MAX_TAX_RATE}")
    exponent = rate.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MAX_TAX_PLACES:
        raise NonsenseAnswer(
            f"the tax rate has {-exponent} decimals; {MAX_TAX_PLACES} are stored"
        )
    _check_text(answer.label, what="the tax label", limit=MAX_TAX_LABEL)
    _check_text(answer.note, what="the tax note")
    return answer


def _check_step(step: object) -> None:
    if type(step) is not Step:
        raise NonsenseAnswer(f"a step is {type(step).__name__} and no Step")
    _check_text(step.kind)
    _check_text(step.label)
    _check_amount(step.amount, what="a step's amount")
    for number in (step.quantity, step.unit_price):
        if number is not None:
            _check_amount(number, what="a step's number")
    if type(step.facts) is not tuple or len(step.facts) > MAX_FACTS:
        raise NonsenseAnswer(f"a step's facts are no tuple of at most {MAX_FACTS} pairs")
    for fact in step.facts:
        if type(fact) is not tuple or len(fact) != 2:
            raise NonsenseAnswer("a step's fact is no pair of texts")
        _check_text(fact[0])
        _check_text(fact[1])


def _check_amount(amount: object, *, what: str) -> None:
    if type(amount) is not Decimal:
        raise NonsenseAnswer(f"{what} is {type(amount).__name__} and no Decimal")
    if not amount.is_finite() or abs(amount) >= MAX_AMOUNT:
        raise NonsenseAnswer(f"{what} is {amount:.6E}")


def _check_text(
    text: object, *, what: str = "a step's text", limit: int = MAX_STEP_TEXT
) -> None:
    if type(text) is not str:
        raise NonsenseAnswer(f"{what} is {type(text).__name__}")
    if len(text) > limit:
        raise NonsenseAnswer(f"{what} has {len(text)} characters; {limit} are taken")
    if not text.isprintable():
        raise NonsenseAnswer(f"{what} has characters that do not print")
