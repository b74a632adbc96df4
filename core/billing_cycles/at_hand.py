"""Reading what is charged, sold and used in periods: in one message, where they are few.

Everything here depends on the periods that are looked at; what does not is in `known`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.billing_cycles import snapshot_sql as sql
from core.billing_cycles.known import FEW
from core.billing_cycles.rows import LastStep, LateLink
from core.db import Tx
from core.periods.rows import StoredPeriod
from core.together import Asked, Together

_BEGINNING: Final = {
    "fees_periods": Asked(sql.FEES_PERIODS, ("ids", "since", "until")),
    "late": Asked(sql.LATE_PERIODS, ("billing",)),
}
_SOLD: Final = {
    "phases": Asked(sql.PHASES, ("ids", "since")),
    "items": Asked(sql.ITEMS, ("ids", "since")),
    "charged": Asked(sql.FEE_SLICES, ("ids", "since")),
}
_USED: Final = {
    "steps": Asked(sql.STEPS, ("usage",)),
    "summed": Asked(sql.USAGE_TOTALS, ("usage", "counting")),
}
_SOLD_SINCE: Final = {
    name: Asked(one.sql.replace("$3", sql.SINCE), ("ids", "since", "until"))
    for name, one in _SOLD.items()
}
"""The same, where it is not known yet since when fees periods are looked at."""

_TYPES: Final = {
    "ids": "uuid[]", "since": "timestamptz", "until": "timestamptz",
    "billing": "uuid[]", "usage": "uuid[]", "counting": "uuid[]",
}  # fmt: skip

ALL: Final = Together({**_BEGINNING, **_SOLD_SINCE, **_USED}, types=_TYPES)
BEGINNING: Final = Together(_BEGINNING, types=_TYPES)
SOLD: Final = Together(_SOLD, types=_TYPES)
USED: Final = Together(_USED, types=_TYPES)


class AtHand(NamedTuple):
    """What was read, as rows; `late` are other periods of which usage is billed, too.

    `steps` are the ends of chains that go on: of late usage, and behind interim invoices.
    """

    fees_periods: Sequence[Any]
    phases: Sequence[Any]
    items: Sequence[Any]
    charged: Sequence[Any]
    late: list[LateLink]
    steps: dict[UUID, LastStep]
    summed: list[Any]


async def read_at_hand(
    tx: Tx,
    periods: Sequence[StoredPeriod],
    *,
    carried: Sequence[LateLink],
    counting: Collection[UUID],
    few: int = FEW,
) -> AtHand:
    """Read periods in one message, or each kind of rows by itself where they are many.

    `counting` are the periods whose late usage counts already.
    """
    are_few = len(periods) <= few
    values: dict[str, Any] = {
        "ids": list({period.subscription_id for period in periods}),
        "since": min(period.starts_at for period in periods),
        "until": max(period.due_at for period in periods),
        "billing": [period.id for period in periods if period.stream != "fees"],
        "usage": [period.id for period in periods if period.stream == "usage"],
        "counting": list(counting),
    }
    found = await ALL.fetch(tx, **values) if are_few else await _begun(tx, values)
    late = _with_carried(_late_links(found["late"], periods), carried)
    others = {link.usage_period_id for link in late}.difference(values["usage"])
    used: dict[str, list[Any]] = {name: list(found.get(name, ())) for name in _USED}
    if not are_few:
        others.update(values["usage"])
    if others:
        read = USED.fetch if are_few else USED.apart
        for name, rows in (await read(tx, **{**values, "usage": list(others)})).items():
            used[name] += rows
    return AtHand(
        found["fees_periods"],
        found["phases"],
        found["items"],
        found["charged"],
        late,
        {period_id: LastStep(*rest) for period_id, *rest in used["steps"]},
        used["summed"],
    )


async def _begun(tx: Tx, values: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """Read all but what was used: since when is looked at is known after fees periods."""
    found = await BEGINNING.apart(tx, **values)
    starts = (row["starts_at"] for row in found["fees_periods"])
    since = min([values["since"], *starts])
    return found | await SOLD.apart(tx, **{**values, "since": since})


def _late_links(rows: Sequence[Any], periods: Sequence[StoredPeriod]) -> list[LateLink]:
    """Return periods of the past whose late usage the periods at hand bill."""
    at_hand = {period.id for period in periods}
    links = map(LateLink._make, rows)
    return [link for link in links if link.usage_period_id not in at_hand]


def _with_carried(late: list[LateLink], carried: Sequence[LateLink]) -> list[LateLink]:
    known = {link.usage_period_id for link in late}
    return [*late, *(link for link in carried if link.usage_period_id not in known)]
