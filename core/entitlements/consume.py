"""Use up an amount of a feature, exactly: never more than is granted, each report once.

Rows of allowances are made when something is first taken from them, and locked by everybody
who takes; what is left is read after the lock. What may be used without limit is taken first,
so that nothing that was bought is lost beside it; then what expires first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.accounts.update_account import AccountNotFound
from core.contact_details import line_of_text
from core.db import Tx
from core.entitlements import allowances
from core.entitlements.allowances import Allowance, Consumption, Part
from core.entitlements.can import Asked, can, check_amount
from core.entitlements.engine import Check, Standing, feature_of, usable_sources
from core.entitlements.reading import load_standings
from core.entitlements.records import Source
from core.entitlements.refusals import ConsumptionConflict, NotConsumed, NotEntitled
from core.entitlements.repository import Key, key_of
from core.kernel.digests import Field, content_digest
from core.kernel.ids import new_id

NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Consume:
    """What was used: so much of a feature, by whom, and the sender's identity of it."""

    account_id: UUID
    feature: str
    amount: Decimal
    source: str
    id: str
    member_id: UUID | None = None


class Consumed(NamedTuple):
    """A consumption, and whether the same report had been stored before."""

    consumption: Consumption
    is_repeated: bool = False


async def consume(tx: Tx, command: Consume) -> Consumed:
    """Take an amount from what is granted; the same report again is answered as the first.

    Raises:
        AccountNotFound, InvalidAmount, InvalidText
        ConsumptionConflict: the source and id are stored with other content.
        NotConsumed: the feature counts what there is.
        NotEntitled: it is not allowed; nothing was taken.
    """
    asked = _checked(command)
    before = await _stored(tx, asked)
    if before is not None:
        return _repeated(before, asked)
    standing = await _standing(tx, asked)
    check = Check(asked.feature, asked.amount, asked.member_id, is_open=True)
    usable = usable_sources(standing, check)
    used = await allowances.locked(tx, standing.account_id, usable)
    taken = _taken(usable, used, amount=asked.amount)
    # Whoever waited for the lock may have waited for this very report.
    before = await _stored(tx, asked)
    if before is not None:
        return _repeated(before, asked)
    if taken is None:
        raise NotEntitled(await _why(tx, asked), path=("feature",))
    await allowances.take(tx, taken)
    made = _made(tx, asked, taken, at=standing.at)
    stored = await allowances.add(tx, made)
    if not stored:
        again = await _stored(tx, asked)
        assert again is not None  # the twin has committed: its key was in the way
        await allowances.put_back(tx, taken)
        return _repeated(again, asked)
    return Consumed(made)


async def _stored(tx: Tx, asked: Consume) -> Consumption | None:
    return await allowances.consumption(
        tx, account_id=asked.account_id, source=asked.source, event_id=asked.id
    )


def _checked(command: Consume) -> Consume:
    check_amount(command.amount, path=("amount",))
    line_of_text(command.source, path=("source",))
    line_of_text(command.id, path=("id",))
    return command


async def _standing(tx: Tx, asked: Consume) -> Standing:
    members = () if asked.member_id is None else (asked.member_id,)
    found = await load_standings(
        tx, [asked.account_id], features={asked.feature}, member_ids=members
    )
    standing = found.get(asked.account_id)
    if standing is None:
        raise AccountNotFound("there is no such account; check its id", path=("account",))
    feature = feature_of(standing, asked.feature)
    unknown = asked.member_id is not None and asked.member_id not in standing.members
    if feature is None or unknown:
        raise NotEntitled(await _why(tx, asked), path=("member" if feature else "feature",))
    if feature.counts != "consumption":
        raise NotConsumed(
            f"{feature.code} counts {feature.counts}; nothing of it is consumed",
            path=("feature",),
        )
    return standing


def _taken(
    usable: Sequence[Source], used: Mapping[Key, Allowance], *, amount: Decimal
) -> list[Part] | None:
    """Return what is taken from which allowances; None where there is too little."""
    parts: list[Part] = []
    wanted = amount
    for source in sorted(usable, key=_turn):
        if source.item_id is None:
            return []  # it comes with the subscription: there is nothing to count
        allowance = used[key_of(source)]
        left = wanted
        if source.granted is not None:
            left = min(wanted, max(source.granted - allowance.used, NOTHING))
        if left > 0:
            parts.append(Part(allowance.id, left))
            wanted -= left
        if not wanted:
            return parts
    return None


def _turn(source: Source) -> tuple[bool, bool, datetime, datetime, str]:
    """Without limit first, then what expires first; the rest in an order of its own."""
    until = source.until_at
    return (
        source.granted is not None,
        until is None,
        source.from_at if until is None else until,
        source.from_at,
        str(source.item_id),
    )


def _made(tx: Tx, asked: Consume, parts: Sequence[Part], *, at: datetime) -> Consumption:
    return Consumption(
        id=new_id(), account_id=asked.account_id, member_id=asked.member_id,
        feature=asked.feature, amount=asked.amount, at=at, source=asked.source,
        event_id=asked.id, content_hash=_content(asked), parts=tuple(parts), actor=tx.actor,
        created_at=tx.now,
    )  # fmt: skip


def _content(asked: Consume) -> bytes:
    member = None if asked.member_id is None else str(asked.member_id)
    fields: dict[str, Field] = {
        "feature": asked.feature,
        "amount": asked.amount,
        "member": member,
    }
    return content_digest("consumption", 1, fields)


def _repeated(before: Consumption, asked: Consume) -> Consumed:
    if before.content_hash != _content(asked):
        raise ConsumptionConflict(
            f"{asked.source} {asked.id} is stored as {before.amount.normalize():f} of"
            f" {before.feature}; {asked.amount.normalize():f} of {asked.feature} needs an id"
            " of its own",
            path=("id",),
        )
    return Consumed(before, is_repeated=True)


async def _why(tx: Tx, asked: Consume) -> str:
    """Return the reason, and the products that would allow it."""
    question = Asked(asked.feature, asked.amount, asked.member_id)
    answer = (await can(tx, asked.account_id, [question]))[0]
    told = f"{answer.verdict.reason}: {answer.verdict.message}"
    named = ", ".join(each.code for each in answer.products)
    return f"{told}; {named} would allow it" if named else told
