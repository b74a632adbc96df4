"""Subscribe an account: billing terms, a price plan of theirs, and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from core.accounts.attributes import checked_attributes
from core.accounts.clock import account_now
from core.accounts.open_account import open_account
from core.accounts.records import Account
from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.contact_details import optional_line
from core.db import Tx
from core.freeze_lock import share_freeze
from core.kernel.clock import in_utc
from core.kernel.ids import new_id
from core.kernel.periods import local_day
from core.periods.calendar import PlannedPeriod, first_periods
from core.periods.repository import open_first_periods
from core.periods.schedule import Schedule, anchor_under
from core.subscriptions import repository
from core.subscriptions.basket import (
    Chosen,
    ItemsRefused,
    NewItem,
    chosen_items,
    told_items,
)
from core.subscriptions.binding import with_binding
from core.subscriptions.candidates import SubscriptionToBe
from core.subscriptions.choices import Named, chosen_terms
from core.subscriptions.offers import Offer, check_plan, held_until
from core.subscriptions.plan_choice import chosen_offer, require_selectable
from core.subscriptions.records import Item, Phase, Subscription
from core.subscriptions.refusals import SubscriptionRefTaken
from core.subscriptions.trace import leave_trace
from core.wallets.repository import open_wallets

__all__ = ["ItemsRefused", "NewItem", "Subscribe", "subscribe"]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """What to subscribe an account to; terms and plan by id or code, the account by id or ref.

    Without a plan it is the terms' default one; the plan's currency is the subscription's.
    Without a start it is now. A start in the past opens the periods since then, so that the
    next closing bills them.
    """

    account: Named
    billing_terms: Named
    items: Sequence[NewItem]
    price_plan: Named | None = None
    starts_at: datetime | None = None
    ref: str | None = None
    type: str | None = None
    agreement_date: date | None = None
    classification: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


async def subscribe(tx: Tx, command: Subscribe, *, unit_id: UUID | None = None) -> Subscription:
    """Create an active subscription with its phase, items and first periods.

    `unit_id` is the unit of the staff member who does it, to whom plans of other units are
    unknown; None is the tenant itself.

    Raises:
        AccountNotFound, AccountClosed, CatalogueEntryUnknown, NoPlanVersionEffective,
        PlanNotAllowed, NoLongerOffered, ItemsRefused, OtherKindOfTerms,
        ConditionNotMet, ConditionFailed,
        InvalidQuantity, NotRated, ItemAlreadyThere, PenaltyRefused,
        StartTooFarBack, SubscriptionRefTaken, InvalidText, InvalidAttribute, NeedsModule
    """
    account = await open_account(tx, command.account)
    now = account_now(tx, account)
    starts_at = now if command.starts_at is None else in_utc(command.starts_at)
    terms = await chosen_terms(tx, command.billing_terms)
    offer = await chosen_offer(
        tx, command.price_plan, terms=terms, at=starts_at, unit_id=unit_id
    )
    check_plan(offer, terms=terms)
    chosen = await chosen_items(tx, command.items, offer=offer, terms=terms)
    products = [one.product for one in chosen]
    subscription = subscription_to_be(
        tx, command, account=account, offer=offer, terms=terms, starts_at=starts_at, now=now
    )
    await require_selectable(
        tx, offer, candidate=candidate_of(subscription, terms=terms, products=products)
    )
    subscription = await with_binding(tx, subscription, terms=terms, offer=offer)
    schedule = Schedule.of(terms, anchor=subscription.anchor, zone=subscription.timezone)
    periods = first_periods(schedule, starts_at=starts_at, now=now)
    await _store(tx, subscription, periods=periods, is_test=account.test_clock is not None)
    await repository.add_phase(
        tx,
        Phase(
            new_id(),
            subscription.id,
            offer.version.id,
            terms.id,
            starts_at,
            until_at=None,
            base_plan_version_id=offer.base_id,
        ),
    )
    if terms.kind == "prepaid":
        await open_wallets(tx, [subscription.id])
    for one in chosen:
        await repository.add_item(tx, _item(one, subscription=subscription))
    await _leave_trace(tx, subscription, offer=offer, terms=terms, chosen=chosen)
    return subscription


async def _leave_trace(
    tx: Tx,
    subscription: Subscription,
    *,
    offer: Offer,
    terms: TermsVersion,
    chosen: Sequence[Chosen],
) -> None:
    await leave_trace(
        tx,
        action="subscription.created",
        subscription_id=subscription.id,
        account_id=subscription.account_id,
        details={
            "ref": subscription.ref,
            "pricePlan": offer.plan.code,
            "billingTerms": terms.code,
            "startsAt": subscription.starts_at,
            "items": told_items(chosen),
        },
    )


def subscription_to_be(
    tx: Tx,
    command: Subscribe,
    *,
    account: Account,
    offer: Offer,
    terms: TermsVersion,
    starts_at: datetime,
    now: datetime,
) -> Subscription:
    """Return an active subscription as a command describes it; nothing is stored yet."""
    return Subscription(
        id=new_id(),
        account_id=account.id,
        ref=optional_line(command.ref, path=("ref",)),
        type=optional_line(command.type, path=("type",)),
        state="active",
        agreement_date=command.agreement_date or local_day(now, account.timezone),
        org_unit_id=account.org_unit_id,
        currency=offer.plan.currency,
        timezone=account.timezone,
        anchor=anchor_under(terms, starts_at=starts_at, zone=account.timezone),
        starts_at=starts_at,
        ends_at=None,
        classification=optional_line(command.classification, path=("classification",)),
        attributes=checked_attributes(command.attributes),
        created_at=tx.now,
        term_from=None if terms.term is None else starts_at,
    )


def candidate_of(
    subscription: Subscription, *, terms: TermsVersion, products: Sequence[Product]
) -> SubscriptionToBe:
    """Return who would hold the plan, as its condition reads it."""
    return SubscriptionToBe(
        account_id=subscription.account_id,
        terms=terms,
        zone=subscription.timezone,
        type=subscription.type,
        classification=subscription.classification,
        agreement_date=subscription.agreement_date,
        starts_at=subscription.starts_at,
        attributes=subscription.attributes,
        products=products,
    )


async def _store(
    tx: Tx, subscription: Subscription, *, periods: Sequence[PlannedPeriod], is_test: bool
) -> None:
    """Insert the subscription and its periods, under the tenant's shared freeze lock."""
    await share_freeze(tx)
    await store_subscription(tx, subscription)
    await open_first_periods(
        tx,
        periods,
        account_id=subscription.account_id,
        subscription_id=subscription.id,
        is_test=is_test,
    )


async def store_subscription(tx: Tx, subscription: Subscription) -> None:
    """Insert a subscription.

    Raises:
        SubscriptionRefTaken
    """
    if not await repository.add_subscription(tx, subscription):
        raise SubscriptionRefTaken(
            f"{subscription.ref!r} is another subscription's; choose another ref", path=("ref",)
        )


def _item(one: Chosen, *, subscription: Subscription) -> Item:
    return Item(
        item_id=one.item_id,
        revision=1,
        subscription_id=subscription.id,
        product_id=one.product.id,
        quantity=one.quantity,
        from_at=subscription.starts_at,
        until_at=held_until(one.product, from_at=subscription.starts_at, ends_at=None),
        module_item_id=one.module_item_id,
    )
