"""Let an account try a subscription: nothing is billed, and it is over by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from core.accounts.clock import account_now
from core.accounts.open_account import open_account
from core.catalogue.compile import TermsVersion
from core.db import Tx
from core.freeze_lock import share_freeze
from core.kernel.ids import new_id
from core.subscriptions import repository
from core.subscriptions.basket import Chosen, chosen_items, told_items
from core.subscriptions.choices import chosen_terms
from core.subscriptions.offers import Offer, check_plan
from core.subscriptions.plan_choice import chosen_offer, require_selectable
from core.subscriptions.records import Item, Phase, Subscription
from core.subscriptions.subscribe import (
    Subscribe,
    candidate_of,
    store_subscription,
    subscription_to_be,
)
from core.subscriptions.trace import leave_trace
from core.subscriptions.trials import TrialWish, checked_grants, trial_length, use_trial


async def start_trial(
    tx: Tx, command: Subscribe, *, wish: TrialWish | None = None, unit_id: UUID | None = None
) -> Subscription:
    """Create a subscription that is tried from now on, with its phase and items.

    It has no billing periods: usage is kept and free, and no invoice is made, whether it is
    ordered or not. It lasts as many times 24 hours as its trial has days. The plan and the
    terms are those that an order takes where it names no others.

    Raises:
        AccountNotFound, AccountClosed, CatalogueEntryUnknown, NoPlanVersionEffective,
        PlanNotAllowed, NoLongerOffered, ItemsRefused, OtherKindOfTerms, ConditionNotMet,
        ConditionFailed, InvalidQuantity, NotRated, ItemAlreadyThere, NeedsModule,
        SubscriptionRefTaken, InvalidText, InvalidAttribute
        NotTryable, TrialUsed, TrialRefused
    """
    wish = wish or TrialWish()
    account = await open_account(tx, command.account)
    now = account_now(tx, account)
    terms = await chosen_terms(tx, command.billing_terms)
    offer = await chosen_offer(tx, command.price_plan, terms=terms, at=now, unit_id=unit_id)
    check_plan(offer, terms=terms)
    chosen = await chosen_items(tx, command.items, offer=offer, terms=terms)
    products = [one.product for one in chosen]
    length, tried = await trial_length(tx, products, days=wish.days)
    grants = await checked_grants(tx, wish.grants)
    subscription = replace(
        subscription_to_be(
            tx, command, account=account, offer=offer, terms=terms, starts_at=now, now=now
        ),
        state="trial",
        ends_at=now + length,
        trial_from=now,
        trial_until=now + length,
        trial_grants=grants,
        term_from=None,
    )
    await require_selectable(
        tx, offer, candidate=candidate_of(subscription, terms=terms, products=products)
    )
    await share_freeze(tx)
    await store_subscription(tx, subscription)
    await use_trial(
        tx, tried, account_id=account.id, subscription_id=subscription.id, again=wish.again
    )
    await _store_phase(tx, subscription, offer=offer, terms=terms)
    for one in chosen:
        await repository.add_item(tx, _tried_item(one, subscription))
    await _leave_trace(tx, subscription, offer=offer, terms=terms, chosen=chosen)
    return subscription


async def _store_phase(
    tx: Tx, subscription: Subscription, *, offer: Offer, terms: TermsVersion
) -> None:
    await repository.add_phase(
        tx,
        Phase(
            new_id(),
            subscription.id,
            offer.version.id,
            terms.id,
            subscription.starts_at,
            until_at=subscription.trial_until,
            base_plan_version_id=offer.base_id,
        ),
    )


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
        action="subscription.trial_started",
        subscription_id=subscription.id,
        account_id=subscription.account_id,
        details={
            "ref": subscription.ref,
            "pricePlan": offer.plan.code,
            "billingTerms": terms.code,
            "until": subscription.trial_until,
            "items": told_items(chosen),
            "grants": subscription.trial_grants,
        },
    )


def _tried_item(one: Chosen, subscription: Subscription) -> Item:
    return Item(
        item_id=one.item_id,
        revision=1,
        subscription_id=subscription.id,
        product_id=one.product.id,
        quantity=one.quantity,
        from_at=subscription.starts_at,
        until_at=subscription.trial_until,
        is_trial=True,
        module_item_id=one.module_item_id,
    )
