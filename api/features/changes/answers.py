"""What the verbs of this folder answer: the subscription as it is then, and its documents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.context import ApiContext, Info
from api.features.changes.charged import (
    Charged,
    charged,
    kept_outcome,
    prime_charged,
    recalled_outcome,
)
from api.features.previews.priming import prime_next_invoice
from api.features.subscriptions import answers
from api.features.subscriptions.answers import CHANGED, Changed, changed
from api.mutations import StoredAnswer, Verb, runner
from core.changes.charging import Outcome
from core.db import Tx
from core.subscriptions.records import Item


@dataclass(frozen=True, slots=True)
class ChangedNow:
    """A subscription after a change, how it acted, and its documents."""

    change: Changed
    charged: Charged
    when: str | None = None


async def changed_now(
    tx: Tx,
    subscription_id: UUID,
    outcome: Outcome,
    *,
    item: Item | None = None,
    at: datetime | None = None,
    when: str | None = None,
) -> ChangedNow:
    """Read a subscription and the documents of a change as the verb left them."""
    found = await changed(tx, subscription_id, item=item, at=at)
    return ChangedNow(found, await charged(tx, outcome), when)


def _prime(context: ApiContext) -> Callable[[Tx, ChangedNow], Awaitable[None]]:
    primed = answers.prime(context)

    async def prime_all(tx: Tx, answer: ChangedNow) -> None:
        await primed(tx, answer.change)
        prime_charged(context, answer.charged)

    return prime_all


def _kept(answer: ChangedNow) -> Mapping[str, Any]:
    money = kept_outcome(answer.charged.outcome)
    return {**CHANGED.keep(answer.change), "when": answer.when, "money": money}


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> ChangedNow:
    found = await CHANGED.recall(tx, kept)
    return ChangedNow(found, await charged(tx, recalled_outcome(kept["money"])), kept["when"])


_run: Final = runner(StoredAnswer(keep=_kept, recall=_recalled), prime=_prime)


async def run_change_now(
    info: Info, *, operation: str, given: object, verb: Verb[ChangedNow]
) -> ChangedNow:
    """Run a verb; what it leaves to the next invoice is shown with it where it is asked for."""

    async def seen(tx: Tx) -> ChangedNow:
        answer = await verb(tx)
        await prime_next_invoice(info, tx, answer.change.subscription.id)
        return answer

    return await _run(info, operation=operation, given=given, verb=seen)
