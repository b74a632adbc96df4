"""What billing terms say about changes, their term, notice, and being paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from core.catalogue.checks.parts import Path, check_delay, check_length, check_positive
from core.catalogue.delays import parse_delay
from core.catalogue.errors import BAD_VALUE
from core.catalogue.schema import BillingTermsDefinition, PaymentDefinition
from core.kernel.errors import Problem
from core.kernel.frequency import Frequency, FrequencyRefused

LONGEST_WAIT: Final = timedelta(days=366)
MAX_STEPS: Final = 10
_FEWEST_DAYS: Final = 28
_MOST_DAYS: Final = 31
"""Of a month."""


def check_changes(terms: BillingTermsDefinition, path: Path) -> Iterator[Problem]:
    """Check the term and the notice of terms, and what follows where nobody pays."""
    if terms.term:
        yield from _term(terms, (*path, "term"))
    elif terms.minimum_quantity:
        told = "a minimum quantity is charged for a term; add term: 12 months, say"
        yield Problem(BAD_VALUE, told, (*path, "minimum_quantity"))
    if terms.notice:
        yield from _notice(terms, (*path, "notice"))
    elif terms.no_notice_up_to is not None:
        told = "nobody has to give notice; add notice: 30 days, say, or remove it"
        yield Problem(BAD_VALUE, told, (*path, "no_notice_up_to"))
    yield from check_positive(terms.no_notice_up_to, (*path, "no_notice_up_to"))
    if terms.payment is not None:
        yield from _payment(terms.payment, (*path, "payment"))


def _term(terms: BillingTermsDefinition, path: Path) -> Iterator[Problem]:
    problems = [*check_length(terms.term, path)]
    yield from problems
    try:
        period = Frequency.parse(terms.frequency)
    except FrequencyRefused:
        return  # told where it stands
    if not problems and not _divides(period, Frequency.parse(terms.term)):
        told = f"{terms.term} are no whole number of periods of a {period}; let the term end "
        told += "with a period"
        yield Problem(BAD_VALUE, told, path)


def _divides(period: Frequency, term: Frequency) -> bool:
    if period.months is not None and term.months is not None:
        return term.months % period.months == 0
    if period.days is not None and term.days is not None:
        return term.days % period.days == 0
    return False


def _notice(terms: BillingTermsDefinition, path: Path) -> Iterator[Problem]:
    problems = [*check_length(terms.notice, path)]
    yield from problems
    try:
        whole = Frequency.parse(terms.term or terms.frequency)
    except FrequencyRefused:
        return  # told where it stands
    if not problems and _longer(Frequency.parse(terms.notice), whole):
        told = f"{terms.notice} are longer than the {whole} that it ends; shorten it"
        yield Problem(BAD_VALUE, told, path)


def _longer(notice: Frequency, whole: Frequency) -> bool:
    """Tell whether the notice can never be given in time: not even where that is longest."""
    if notice.months is not None and whole.months is not None:
        return notice.months > whole.months
    days = notice.days or (notice.months or 0) * _FEWEST_DAYS
    return days > (whole.days or (whole.months or 0) * _MOST_DAYS)


def _payment(payment: PaymentDefinition, path: Path) -> Iterator[Problem]:
    yield from _wait(payment.within, (*path, "within"))
    for name in ("retries", "reminders"):
        steps: tuple[str, ...] = getattr(payment, name)
        if len(steps) > MAX_STEPS:
            yield Problem(BAD_VALUE, f"at most {MAX_STEPS} are taken", (*path, name))
        for index, text in enumerate(steps):
            at = (*path, name, str(index))
            yield from _wait(text, at)
            if not text:
                yield Problem(BAD_VALUE, "the delay is empty; write 3 days, say", at)
    yield from _wait(payment.suspend_after, (*path, "suspend_after"))
    yield from _wait(payment.end_after, (*path, "end_after"))
    suspended, ended = parse_delay(payment.suspend_after), parse_delay(payment.end_after)
    if not payment.suspend_after or not payment.end_after or not suspended or not ended:
        return
    if ended <= suspended:
        told = f"it would end before or when it is suspended ({payment.suspend_after}); let it "
        told += "end later, or not suspend it"
        yield Problem(BAD_VALUE, told, (*path, "end_after"))


def _wait(text: str, path: Path) -> Iterator[Problem]:
    yield from check_delay(text, path, what="it may wait", longest=LONGEST_WAIT)
