"""Ask a tax engine for rates: a built-in one here, a third party's in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any, Final

from core.kernel.decimals import exact
from core.plugin_api import TaxAnswer, TaxEngine, TaxQuestion
from core.plugin_host import Hosted, NonsenseAnswer, PluginHost, check_tax_answer
from core.plugin_host.refusals import described_exception, readable
from core.pricing_pool.faults import ChildFault
from core.pricing_pool.pool import PricingPool

MAX_OFFENDERS: Final = 3
"""Questions of one call that may hang or end a child; then the rest is left unanswered."""

_TAX: Final = "core.pricing_pool.taxing:tax_in_child"
_Row = tuple[object, ...]
_Question = tuple[str, str, str, str, date]


@dataclass(frozen=True, slots=True)
class TaxFault:
    """Why one question has no rate: the plugin, its version, and its reason."""

    plugin: str
    version: str
    reason: str

    def __str__(self) -> str:
        return f"plugin {self.plugin} {self.version} could not tax: {self.reason}"


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
        return [_read(engine, row) for row in rows]
    assert pool is not None  # `Pricing` asks for it
    return await pool.in_thread(lambda: _decided(engine, asked, pool=pool))


def _decided(
    engine: Hosted[TaxEngine], questions: list[TaxQuestion], *, pool: PricingPool
) -> list[TaxAnswer | TaxFault]:
    try:
        return _asked(engine, questions, pool=pool)
    except ChildFault as fault:
        if len(questions) == 1:
            return [_fault(engine, str(fault))]
    answers: list[TaxAnswer | TaxFault] = []
    offenders = 0
    for question in questions:
        if offenders == MAX_OFFENDERS:
            answers.append(_fault(engine, f"it failed {MAX_OFFENDERS} times before this one"))
            continue
        try:
            answers += _asked(engine, [question], pool=pool)
        except ChildFault as fault:
            offenders += 1
            answers.append(_fault(engine, str(fault)))
    return answers


def _asked(
    engine: Hosted[TaxEngine], questions: list[TaxQuestion], *, pool: PricingPool
) -> list[TaxAnswer | TaxFault]:
    payload = (engine.name, tuple(astuple(question) for question in questions))
    rows = pool.call(_TAX, payload)
    if not isinstance(rows, tuple) or len(rows) != len(questions):
        raise ChildFault("not every question was answered once", kind="nonsense")
    return [_read(engine, row) for row in rows]


def _read(engine: Hosted[TaxEngine], row: _Row) -> TaxAnswer | TaxFault:
    """Check an answer again on this side: a child's memory may be in any state."""
    match row:
        case ("taxed", rate, label, note):
            try:
                given: tuple[Any, ...] = (rate, label, note)
                return check_tax_answer(TaxAnswer(*given))
            except NonsenseAnswer as nonsense:
                return _fault(engine, str(nonsense))
        case ("failed", str(reason)):
            return _fault(engine, reason)
        case _:
            return _fault(engine, "its answer is malformed")


def _fault(engine: Hosted[TaxEngine], reason: str) -> TaxFault:
    return TaxFault(engine.plugin.name, engine.plugin.version, readable(reason))


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
            return "failed", f"one question got {len(answers)} answers"
        return _row(answers[0])
    except Exception as error:  # noqa: BLE001 - one question's failure stays its own
        return "failed", described_exception(error, engine.plugin)


def _row(given: object) -> _Row:
    try:
        answer = check_tax_answer(given)
    except NonsenseAnswer as nonsense:
        return "failed", str(nonsense)
    return "taxed", answer.rate_percent, answer.label, answer.note
