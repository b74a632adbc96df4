"""Bind a subscription to a minimum term, or extend the one that it has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from core.db import Tx
from core.kernel.clock import in_utc
from core.kernel.errors import Refusal
from core.kernel.frequency import Frequency
from core.kernel.zones import local_day, start_of_day
from core.subscriptions import repository
from core.subscriptions.binding import penalty_product, term_end
from core.subscriptions.choices import Named, offer_of
from core.subscriptions.records import Subscription
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace


class BindingRefused(Refusal):
    """A minimum term ends later than now, and is never made shorter."""

    code: ClassVar[str] = "BINDING_REFUSED"


@dataclass(frozen=True, slots=True)
class Bind:
    """How long to bind a subscription: until an instant, or for a term from now on.

    The end is the beginning of its local day. Without a penalty product, the one that holds
    already stays; without any, ending early costs nothing.
    """

    subscription_id: UUID
    until: datetime | None = None
    term: str | None = None
    penalty: Named | None = None


async def bind(tx: Tx, command: Bind) -> Subscription:
    """Bind a subscription, or let its binding end later.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, FrequencyRefused,
        CatalogueEntryUnknown, NoLongerOffered, NotRated, PenaltyRefused
        BindingRefused: not exactly one of until and term is given, or the end is not ahead,
            or before the present one.
    """
    current = await standing(tx, command.subscription_id, verb="bind")
    owner = current.subscription
    until = _end(current, command)
    bound_from = owner.bound_from
    if owner.bound_until is None or owner.bound_until <= current.now:
        bound_from = current.at_once  # none, or over: a new one begins
    elif until < owner.bound_until:
        raise BindingRefused(
            f"it is bound until {owner.bound_until.isoformat()}; that is never shortened",
            path=("until",),
        )
    penalty_id = owner.penalty_product_id
    if command.penalty is not None:
        offer = await offer_of(tx, current.phase)
        product = await penalty_product(
            tx, command.penalty, offer=offer, terms=current.terms, path=("penaltyProduct",)
        )
        penalty_id = product.id
    bound = replace(
        owner, bound_from=bound_from, bound_until=until, penalty_product_id=penalty_id
    )
    await repository.set_binding(tx, bound)
    await leave_trace(
        tx,
        action="subscription.bound",
        subscription_id=owner.id,
        account_id=owner.account_id,
        details={"before": owner.bound_until, "until": until, "penalty": penalty_id},
    )
    return bound


def _end(current: Standing, command: Bind) -> datetime:
    if (command.until is None) == (command.term is None):
        raise BindingRefused("give either until or term", path=("until",))
    zone = current.subscription.timezone
    if command.until is not None:
        until = start_of_day(local_day(in_utc(command.until), zone), zone)
    else:
        assert command.term is not None  # one of the two is given
        term = Frequency.parse_length(command.term, path=("term",))
        until = term_end(current.at_once, term, zone=zone)
    if until <= current.at_once:
        raise BindingRefused(
            f"{until.isoformat()} is not ahead; give a later day", path=("until",)
        )
    return until
