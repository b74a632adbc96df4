"""Cutting a stream of periods: what is shortened, what goes, and what comes behind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.periods.cuts import StreamCut, cut_instant, cut_stream
from core.periods.rows import StoredPeriod
from core.periods.schedule import FeesIn, Schedule

MONTH, WEEK = Frequency(1, "month"), Frequency(1, "week")


def day(month: int, number: int = 1, hour: int = 0) -> datetime:
    """An instant of 2026; the schedules here keep UTC."""
    return datetime(2026, month, number, hour, tzinfo=UTC)


def schedule(frequency: Frequency = MONTH, *, fees_in: FeesIn = "arrears") -> Schedule:
    """Counted from 1 January 2026."""
    return Schedule(
        anchor=date(2026, 1, 1),
        zone="UTC",
        frequency=frequency,
        usage_frequency=frequency,
        fees_in=fees_in,
    )


def month_of(number: int, *, state: str = "open") -> StoredPeriod:
    """A stored period of fees: a calendar month in arrears."""
    start, end = day(number), day(number + 1)
    return StoredPeriod(
        UUID(int=number), UUID(int=1), UUID(int=2), "fees", number - 1, start, end, start, end,
        end, False, state, None,
    )  # fmt: skip


MONTHS = [month_of(1), month_of(2)]


def parts(cut: StreamCut) -> list[tuple[datetime, datetime]]:
    """What is added."""
    return [(one.part.start, one.part.end) for one in cut.added]


def test_a_cut_inside_a_month_adds_its_rest_and_keeps_the_next() -> None:
    """The rest of January is due at its end, and its whole is the month."""
    at = day(1, 20, 9)
    cut = cut_stream(
        "fees", MONTHS, at=at, before=schedule(), behind=schedule(), now=day(1, 20, 9)
    )
    assert cut.shortened is not None
    assert (cut.shortened.period, cut.shortened.ends_at) == (MONTHS[0], at)
    assert cut.shortened.due_at == at
    assert cut.removed == ()
    (rest,) = cut.added
    assert (rest.part, rest.whole) == (Period(at, day(2)), Period(day(1), day(2)))
    assert (rest.ordinal, rest.due_at) == (0, day(2))


def test_a_cut_between_two_months_changes_nothing_under_the_same_terms() -> None:
    """1 February is where a period begins anyhow; only the one behind is made ahead."""
    cut = cut_stream(
        "fees", MONTHS, at=day(2), before=schedule(), behind=schedule(), now=day(1, 20)
    )
    assert (cut.shortened, cut.removed) == (None, ())
    assert parts(cut) == [(day(3), day(4))]


def test_another_schedule_replaces_what_was_planned() -> None:
    """From 20 January by the week, in advance: weeks of seven days from 1 January on."""
    behind = schedule(WEEK, fees_in="advance")
    cut = cut_stream(
        "fees", MONTHS, at=day(1, 20), before=schedule(), behind=behind, now=day(1, 20)
    )
    assert cut.removed == (MONTHS[1],)
    assert parts(cut)[:2] == [(day(1, 20), day(1, 22)), (day(1, 22), day(1, 29))]
    assert cut.added[0].whole == Period(day(1, 15), day(1, 22))
    assert [one.due_at for one in cut.added] == [one.part.start for one in cut.added]


def test_what_is_billed_in_advance_is_not_cut() -> None:
    """The cut moves behind January, which is billed, and before February, which is open."""
    taken = [month_of(1, state="billed"), month_of(2)]
    assert cut_instant(taken, at=day(1, 20)) == day(2)
    assert cut_instant(taken, at=day(2, 3)) == day(2, 3)


def test_nothing_is_planned_beyond_the_end() -> None:
    """The subscription ends on 10 February: the last period is cut there."""
    cut = cut_stream(
        "fees", MONTHS, at=day(1, 20), before=schedule(), behind=schedule(), now=day(1, 20),
        ends_at=day(2, 10),
    )  # fmt: skip
    assert parts(cut) == [(day(1, 20), day(2)), (day(2), day(2, 10))]
    assert cut.removed == (MONTHS[1],)


@given(
    hours=st.integers(min_value=0, max_value=59 * 24 - 1),
    count=st.integers(min_value=1, max_value=5),
    unit=st.sampled_from(["day", "week", "month", "year"]),
)
def test_the_periods_tile_wherever_they_are_cut(hours: int, count: int, unit: str) -> None:
    """From January on without gap or overlap, as far as before, each within its whole."""
    at = day(1) + timedelta(hours=hours)
    behind = schedule(Frequency(count, unit))  # type: ignore[arg-type] # sampled from the units
    cut = cut_stream("fees", MONTHS, at=at, before=schedule(), behind=behind, now=day(1, 5))
    left = [one for one in MONTHS if one not in cut.removed]
    slices = [
        (one.starts_at, at if cut.shortened and one is cut.shortened.period else one.ends_at)
        for one in left
    ]
    tiled = sorted([*slices, *parts(cut)])
    assert tiled[0][0] == day(1)
    assert all(one[1] == following[0] for one, following in pairwise(tiled))
    assert tiled[-1][1] >= day(3)
    for one in cut.added:
        assert one.whole.start <= one.part.start < one.part.end <= one.whole.end
