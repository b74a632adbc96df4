"""The working of a charge: as JSON for storage, and as a sentence for people.

Steps add up to the charge, from the first to the last, with exceptions: `months`
and `proration` restate everything above them (a year of a monthly price; 27 of its 31
days); `table` names the row that a price came from, `variant` the variant of the rate that
held, and neither has an amount of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Final

from core.kernel.money import round_to
from core.plugin_api.values import Step

LONGEST_TEXT: Final = 30
SHOWN_PLACES: Final = 12
"""What an endless fraction is cut to in the working; the charge itself keeps it all."""

NOTE_KINDS: Final = frozenset({"table", "variant"})


class PreparedStep(Step):
    """A step whose JSON was written in advance: the full tiers of a compiled rate."""

    text: str


def prepared(step: Step) -> PreparedStep:
    """Write a step's JSON once, to be used for many charges."""
    made = PreparedStep(*step)
    made.text = _step_text(step)
    return made


def plain(value: Decimal) -> str:
    """Write a decimal without exponent or trailing zeros: 24.00 is "24"."""
    text = str(value)
    if len(text) > LONGEST_TEXT:
        text = f"{round_to(value, SHOWN_PLACES):f}"
    elif "E" in text:
        text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def working_json(steps: Iterable[Step]) -> str:
    """Write steps as a JSON array; decimals are strings, facts an object of strings."""
    texts = [
        step.text if step.__class__ is PreparedStep else _step_text(step) for step in steps
    ]
    return f"[{','.join(texts)}]"


def _step_text(step: Step) -> str:
    kind, label, quantity, unit_price, amount, facts = step
    counted = "null" if quantity is None else f'"{plain(quantity)}"'
    priced = "null" if unit_price is None else f'"{plain(unit_price)}"'
    told = (
        "{" + ",".join(f"{_quoted(name)}:{_quoted(fact)}" for name, fact in facts) + "}"
        if facts
        else "{}"
    )
    return (
        f'{{"kind":{_quoted(kind)},"label":{_quoted(label)},"quantity":{counted},'
        f'"unitPrice":{priced},"amount":"{plain(amount)}","facts":{told}}}'
    )


@lru_cache(maxsize=16_384)
def _quoted(text: str) -> str:
    # PostgreSQL's jsonb takes any character but NUL.
    return encode_basestring(text.replace("\0", ""))


def sentence(steps: Iterable[Step]) -> str:
    """Tell a charge in one line: "1 to 1: 1 x 20 = 20; 2 to 5: 4 x 15 = 60"."""
    return "; ".join(_clause(step) for step in steps)


def _clause(step: Step) -> str:
    if step.kind in NOTE_KINDS:
        return step.label
    if step.quantity is None or step.unit_price is None:
        return f"{step.label}: {plain(step.amount)}"
    return (
        f"{step.label}: {plain(step.quantity)} \u00d7 {plain(step.unit_price)}"
        f" = {plain(step.amount)}"
    )
