"""A built-in tax engine answers in the process that asks, checked like a third party's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.plugin_api import TaxAnswer, TaxQuestion
from core.plugin_host import Hosted, PluginSource
from core.pricing_pool import TaxFault, decide_taxes

OWN = PluginSource("own", "1.0", "tests.unit", is_built_in=True)
FRENCH = TaxQuestion("FR", "FR", "", "standard", date(2026, 11, 1))


class Engine:
    """20 %, unless the tax class asks for something else; keeps how often it was asked."""

    name = "engine"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def rates(self, questions):
        """Answer, or fail."""
        self.asked.append(len(questions))
        return list(map(self._answer, [question.tax_class for question in questions]))

    def _answer(self, tax_class):
        if tax_class == "unknown":
            raise LookupError("no such class")
        if tax_class == "third":
            return TaxAnswer(Decimal(100) / 3, "A third")
        if tax_class == "nonsense":
            return TaxAnswer(Decimal("Infinity"), "For ever")
        return TaxAnswer(Decimal(20), "TVA")


def questions(*classes: str) -> list[TaxQuestion]:
    """One question for each tax class."""
    return [replace(FRENCH, tax_class=name) for name in classes]


async def test_all_questions_are_asked_at_once():
    """One call for three, and no child process."""
    engine = Engine()
    answers = await decide_taxes(Hosted("engine", OWN, engine), questions(*"abc"), pool=None)
    assert answers == [TaxAnswer(Decimal(20), "TVA")] * 3
    assert engine.asked == [3]


async def test_a_question_that_fails_keeps_the_others_answered():
    """What raises is asked alone; a third of 100 has more decimals than are stored."""
    engine = Engine()
    asked = questions("standard", "unknown", "third", "nonsense")
    sound, *faults = await decide_taxes(Hosted("engine", OWN, engine), asked, pool=None)
    assert sound == TaxAnswer(Decimal(20), "TVA")
    assert engine.asked == [4, 1, 1, 1, 1]
    assert faults == [
        TaxFault(
            "own",
            "1.0",
            "LookupError: no such class at test_decide_taxes.py:32",
            frames=("test_decide_taxes.py:28", "test_decide_taxes.py:32"),
        ),
        TaxFault("own", "1.0", "the tax rate has 58 decimals; 4 are stored"),
        TaxFault("own", "1.0", "the tax rate Infinity is not from 0 to 100"),
    ]
    assert (
        str(faults[0])
        == "plugin own 1.0 could not tax: LookupError: no such class at test_decide_taxes.py:32"
    )


async def test_nothing_is_asked_where_there_is_nothing_to_ask():
    """A chunk without buyers."""
    engine = Engine()
    assert await decide_taxes(Hosted("engine", OWN, engine), [], pool=None) == []
    assert engine.asked == []
