"""Set gauges of accounts: a batch of readings, each with its own verdict.

A reading is identified by account, source and id. The same content again is acknowledged
as a duplicate; other content under the same identity is refused with both shown. One bad
reading never loses the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final, Literal
from uuid import UUID

from core.accounts.naming import AccountTime, accounts_named
from core.db import Tx
from core.gauges.repository import (
    NewReading,
    StoredReading,
    add_readings,
    gauges_by_code,
)
from core.kernel.clock import in_utc
from core.kernel.digests import identity_digest
from core.kernel.errors import Refusal
from core.kernel.money import round_to

MOST_READINGS: Final = 1000
MOST_CHARACTERS: Final = 200
FUTURE: Final = timedelta(minutes=5)
"""How far ahead of the account's clock a reading may be."""

VALUE_LIMIT: Final = Decimal(10) ** 13
PLACES: Final = 9

Verdict = Literal["accepted", "duplicate", "rejected"]
Reason = Literal[
    "UNKNOWN_ACCOUNT", "UNKNOWN_GAUGE", "IN_THE_FUTURE", "CONFLICT", "INVALID_VALUE"
]


class TooManyReadings(Refusal):
    """A batch has at most 1000 readings."""

    code: ClassVar[str] = "TOO_MANY_READINGS"


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """The value that a gauge of an account has from an instant on.

    `account` is an id or a ref, `gauge` a code; `source` and `id` are the sender's.
    """

    account: UUID | str
    gauge: str
    value: Decimal
    at: datetime
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class ReadingVerdict:
    """What became of one reading; a rejected one says why and what to do."""

    verdict: Verdict
    reason: Reason | None = None
    message: str = ""


_ACCEPTED: Final = ReadingVerdict("accepted")
_DUPLICATE: Final = ReadingVerdict("duplicate")


async def gauge_set(tx: Tx, readings: Sequence[GaugeReading]) -> list[ReadingVerdict]:
    """Store the readings that are valid and new; return a verdict for each, in order.

    Of two with one identity in the same batch the first counts.

    Raises:
        TooManyReadings: there are more than 1000; none is stored.
    """
    if len(readings) > MOST_READINGS:
        raise TooManyReadings(
            f"{len(readings)} readings are more than {MOST_READINGS}; send several batches",
            path=("readings",),
        )
    accounts = await accounts_named(tx, {reading.account for reading in readings})
    gauges = await gauges_by_code(tx, {reading.gauge for reading in readings})
    checked = [_checked(tx, reading, accounts=accounts, gauges=gauges) for reading in readings]
    first: dict[UUID, NewReading] = {}
    for one in checked:
        if isinstance(one, NewReading):
            first.setdefault(one.identity, one)
    new, stored = await add_readings(tx, sorted(first.values()))
    verdicts: list[ReadingVerdict] = []
    for one in checked:
        if isinstance(one, ReadingVerdict):
            verdicts.append(one)
        elif one.identity in new and first[one.identity] is one:
            verdicts.append(_ACCEPTED)
        else:
            kept = stored.get(one.identity) or _as_stored(first[one.identity])
            verdicts.append(_compared(one, kept))
    return verdicts


def _checked(
    tx: Tx,
    reading: GaugeReading,
    *,
    accounts: Mapping[UUID | str, AccountTime],
    gauges: Mapping[str, UUID],
) -> NewReading | ReadingVerdict:
    """Return the reading as it is to be stored, or the verdict that rejects it."""
    account = accounts.get(reading.account)
    if account is None:
        return _rejected(
            "UNKNOWN_ACCOUNT", f"there is no account {reading.account}; check its id or ref"
        )
    gauge_id = gauges.get(reading.gauge)
    if gauge_id is None:
        return _rejected(
            "UNKNOWN_GAUGE", f"there is no gauge {reading.gauge!r}; check its code"
        )
    fault = _fault(reading)
    if fault:
        return _rejected("INVALID_VALUE", fault)
    at = in_utc(reading.at)
    now = account.test_clock or tx.now
    if at > now + FUTURE:
        return _rejected(
            "IN_THE_FUTURE",
            f"{at.isoformat()} is more than 5 minutes ahead of {now.isoformat()}; "
            "check the sender's clock, or send it again then",
        )
    identity = UUID(bytes=identity_digest(account.id.bytes, reading.source, reading.id))
    return NewReading(
        identity, account.id, gauge_id, at, reading.value, reading.source, reading.id
    )


def _fault(reading: GaugeReading) -> str:
    for name, text in (("source", reading.source), ("id", reading.id)):
        if not 1 <= len(text) <= MOST_CHARACTERS or "\0" in text:
            return f"give a {name} of 1 to {MOST_CHARACTERS} characters"
    value = reading.value
    if not value.is_finite() or not 0 <= value < VALUE_LIMIT:
        return f"give a value from 0 to below {VALUE_LIMIT:f}"
    if value != round_to(value, PLACES):
        return f"give a value of at most {PLACES} decimals"
    return ""


def _compared(reading: NewReading, kept: StoredReading) -> ReadingVerdict:
    if kept == _as_stored(reading):
        return _DUPLICATE
    return _rejected(
        "CONFLICT",
        f"{reading.source} {reading.reading_id} is stored as {_shown(kept)};"
        f" {_shown(_as_stored(reading))} needs an id of its own",
    )


def _as_stored(reading: NewReading) -> StoredReading:
    return StoredReading(reading.gauge_id, reading.at, reading.value)


def _shown(reading: StoredReading) -> str:
    return f"{reading.value.normalize():f} at {reading.at.isoformat()}"


def _rejected(reason: Reason, message: str) -> ReadingVerdict:
    return ReadingVerdict("rejected", reason, message)
