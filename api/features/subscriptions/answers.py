"""What the verbs of subscriptions answer: the whole subscription as the verb left it.

Read inside the transaction, so that a dry run shows what it would have done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.context import ApiContext
from api.features.subscriptions import loading
from api.features.subscriptions.types import ITEM_ID, SUBSCRIPTION_ID
from api.mutations import StoredAnswer, runner
from api.references import key_of
from api.refusals import NotFound
from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.records import Item, Phase, Subscription
from core.subscriptions.refusals import SubscriptionNotFound
from core.subscriptions.rests import Rest, rests_of
from core.subscriptions.standing import require_subscription_of_item


@dataclass(frozen=True, slots=True)
class Changed:
    """A subscription after a verb, and what of it the verb was about.

    `item` and `revision` name the item's revision that was made; `at` is when the change
    acts, where the verb says so.
    """

    subscription: Subscription
    items: tuple[Item, ...]
    phases: tuple[Phase, ...]
    rests: tuple[Rest, ...] = ()
    item_id: UUID | None = None
    revision: int | None = None
    at: datetime | None = None

    @property
    def item(self) -> Item | None:
        """The revision that the verb made; one that has gone since then is None."""
        identity = (self.item_id, self.revision)
        found = (each for each in self.items if (each.item_id, each.revision) == identity)
        return next(found, None)


async def changed(
    tx: Tx,
    subscription_id: UUID,
    *,
    item: Item | None = None,
    at: datetime | None = None,
) -> Changed:
    """Read a subscription as the verb left it."""
    return await _read(
        tx,
        subscription_id,
        item_id=None if item is None else item.item_id,
        revision=None if item is None else item.revision,
        at=at,
    )


def prime(context: ApiContext) -> Callable[[Tx, Changed], Awaitable[None]]:
    """Return what lets nested fields show what the transaction saw, dry runs included."""

    async def primed(_tx: Tx, answer: Changed) -> None:
        key = answer.subscription.id
        context.loaders.of(loading.load_items).prime(key, list(answer.items))
        context.loaders.of(loading.load_phases).prime(key, list(answer.phases))
        context.loaders.of(loading.load_rests).prime(key, list(answer.rests))

    return primed


async def subscription_key(tx: Tx, text: str) -> UUID:
    """Return the key of a subscription that is named by id or ref.

    Raises:
        SubscriptionNotFound: none has the ref.
    """
    path = ("subscription",)
    found = await key_of(tx, SUBSCRIPTION_ID, text, table="subscription", code="ref", path=path)
    if found is None:
        told = f"there is no subscription {text!r}; check its id or ref"
        raise SubscriptionNotFound(told, path=path)
    return found


async def seen_subscription_key(tx: Tx, text: str) -> UUID:
    """Return the key of a subscription that is there and seen, for what does not look itself.

    Raises:
        NotFound: there is none, or the caller does not see it.
    """
    path = ("subscription",)
    found = await key_of(tx, SUBSCRIPTION_ID, text, table="subscription", code="ref", path=path)
    if found is None or await repository.subscription(tx, found) is None:
        raise NotFound("there is no such subscription; check its id or ref", path=path)
    return found


async def item_key(tx: Tx, text: str) -> tuple[UUID, UUID]:
    """Return the keys of an item and of its subscription.

    Raises:
        ItemNotFound: there is no such item.
    """
    item_id = ITEM_ID.parse(text, path=("item",))
    return item_id, await require_subscription_of_item(tx, item_id)


async def _read(tx: Tx, subscription_id: UUID, **about: Any) -> Changed:
    subscription = await repository.subscription(tx, subscription_id)
    assert subscription is not None  # the verb, or its first run, has just had it
    items = (await repository.items_of(tx, [subscription_id])).get(subscription_id, [])
    phases = (await repository.phases_of(tx, [subscription_id])).get(subscription_id, [])
    rests = (await rests_of(tx, [subscription_id])).get(subscription_id, [])
    return Changed(subscription, tuple(items), tuple(phases), tuple(rests), **about)


def _kept(answer: Changed) -> Mapping[str, Any]:
    return {
        "id": str(answer.subscription.id),
        "item": None if answer.item_id is None else str(answer.item_id),
        "revision": answer.revision,
        "at": None if answer.at is None else answer.at.isoformat(),
    }


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> Changed:
    return await _read(
        tx,
        UUID(kept["id"]),
        item_id=None if kept["item"] is None else UUID(kept["item"]),
        revision=kept["revision"],
        at=None if kept["at"] is None else datetime.fromisoformat(kept["at"]),
    )


CHANGED: Final = StoredAnswer(keep=_kept, recall=_recalled)

run_change: Final = runner(CHANGED, prime=prime)
"""Runs a verb on a subscription, and shows from its answer what it changed."""
