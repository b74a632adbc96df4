"""Ask a tax engine for rates: a built-in one here, a third party's in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from datetime import date
from functools import partial
from typing import Any, ClassVar, Final

from core.kernel.decimals import exact
from core.plugin_api import TaxAnswer, TaxEngine, TaxQuestion
from core.plugin_host import Hosted, NonsenseAnswer, PluginHost, check_tax_answer
from core.plugin_host.places import frames_of
from core.plugin_host.refusals import described_exception
from core.pricing_pool.faults import PluginFault, warn_of_faults
from core.pricing_pool.offenders import all_at_once, rows_of
from core.pricing_pool.pool import PricingPool

_TAX: Final = "core.pricing_pool.taxing:tax_in_child"
_Row = tuple[object, ...]
_Question = tuple[str, str, str, str, date]


class TaxFault(PluginFault):
    """Why one question has no rate."""

    __slots__ = ()
    could_not: ClassVar[str] = "tax"


async def decide_taxes(
    engine: Hosted[TaxEngine], questions: Sequence[TaxQuestion], *, pool: PricingPool | None
) -> list[TaxAnswer | TaxFault]:
    """Return a checked answer, or the fault, for each question, in order.

    A call that raises, hangs or ends its child is tried question by question, so that a
    fault stays with its own. Only a third party's engine needs the pool.
    """
    asked = list(questions)
    if not asked:
        return []
    if engine.plugin.is_built_in:
        with exact():
            rows = _answered(engine, asked)
        answers = [_read(engine, row) for row in rows]
    else:
        answers = await _answered_outside(engine, asked, pool=pool)
    warn_of_faults(answers, plugin=engine.plugin, tax_engine=engine.name)
    return answers


async def _answered_outside(
    engine: Hosted[TaxEngine], asked: Sequence[TaxQuestion], *, pool: PricingPool | None
) -> list[TaxAnswer | TaxFault]:
    assert pool is not None  # `Pricing` asks for it
    return await pool.in_thread(
        lambda: all_at_once(
            asked,
            ask=lambda some: _asked(engine, some, pool=pool),
            fault=partial(TaxFault.of, engine.plugin),
        )
    )


def _asked(
    engine: Hosted[TaxEngine], questions: Sequence[TaxQuestion], *, pool: PricingPool
) -> list[TaxAnswer | TaxFault]:
    payload = (engine.name, tuple(astuple(question) for question in questions))
    answer = pool.call(_TAX, payload)
    return [
        _read(engine, row) for row in rows_of(answer, count=len(questions), asked="question")
    ]


def _read(engine: Hosted[TaxEngine], row: _Row) -> TaxAnswer | TaxFault:
    """Check an answer again on this side: a child's memory may be in any state."""
    match row:
        case ("taxed", rate, label, note):
            try:
                given: tuple[Any, ...] = (rate, label, note)
                return check_tax_answer(TaxAnswer(*given))
            except NonsenseAnswer as nonsense:
                return TaxFault.of(engine.plugin, str(nonsense))
        case ("failed", str(reason), tuple(frames)):
            return TaxFault.of(engine.plugin, reason, frames=frames)
        case _:
            return TaxFault.of(engine.plugin, "its answer is malformed")


def tax_in_child(
    host: PluginHost, payload: tuple[str, tuple[_Question, ...]]
) -> tuple[_Row, ...]:
    """Answer questions by one engine; runs in a child."""
    name, rows = payload
    return _answered(host.tax_engines[name], [TaxQuestion(*row) for row in rows])


def _answered(engine: Hosted[TaxEngine], questions: list[TaxQuestion]) -> tuple[_Row, ...]:
    """Ask for all at once; where that raises, or answers too few, one by one."""
    if len(questions) > 1:
        try:
            answers = engine.contribution.rates(questions)
            if len(answers) == len(questions):
                return tuple(map(_row, answers))
        except Exception:  # noqa: BLE001, S110 - the question at fault is found below
            pass
    return tuple(_answered_alone(engine, question) for question in questions)


def _answered_alone(engine: Hosted[TaxEngine], question: TaxQuestion) -> _Row:
    try:
        answers = engine.contribution.rates([question])
        if len(answers) != 1:
            return "failed", f"one question got {len(answers)} answers", ()
        return _row(answers[0])
    except Exception as error:  # noqa: BLE001 - one question's failure stays its own
        return (
            "failed",
            described_exception(error, engine.plugin),
            frames_of(error, engine.plugin),
        )


def _row(given: object) -> _Row:
    try:
        answer = check_tax_answer(given)
    except NonsenseAnswer as nonsense:
        return "failed", str(nonsense), ()
    return "taxed", answer.rate_percent, answer.label, answer.note
