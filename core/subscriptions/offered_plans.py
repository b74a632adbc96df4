"""The price plans that a caller may choose for an account or a subscription."""

from __future__ import annotations

from uuid import UUID

from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.accounts.open_account import named_account
from core.catalogue.compile import TermsVersion
from core.db import Tx
from core.subscriptions import repository
from core.subscriptions.candidates import PresentSubscription, SubscriptionToBe
from core.subscriptions.choices import Named, chosen_terms
from core.subscriptions.plan_choice import AvailablePlan, available_plans
from core.subscriptions.refusals import SubscriptionNotFound
from core.subscriptions.standing import terms_of


async def plans_for_account(
    tx: Tx, account_id: UUID, *, billing_terms: Named, unit_id: UUID | None
) -> list[AvailablePlan]:
    """Return the plans with which an account could be subscribed now under these terms.

    Raises:
        AccountNotFound, CatalogueEntryUnknown, NoLongerOffered, OtherKindOfTerms
    """
    account = await named_account(tx, account_id)
    terms = await chosen_terms(tx, billing_terms)
    return await available_plans(
        tx,
        terms=terms,
        at=account_now(tx, account),
        unit_id=unit_id,
        candidate=SubscriptionToBe(account_id=account.id, terms=terms, zone=account.timezone),
    )


async def plans_for_subscription(
    tx: Tx, subscription_id: UUID, *, billing_terms: Named | None, unit_id: UUID | None
) -> list[AvailablePlan]:
    """Return the plans that a subscription could be amended to now, its present one too.

    Under the terms that are named, else under those that it holds; only in its currency.

    Raises:
        SubscriptionNotFound, CatalogueEntryUnknown, NoLongerOffered, OtherKindOfTerms
    """
    found = await repository.subscription(tx, subscription_id)
    if found is None:
        raise SubscriptionNotFound(
            "there is no such subscription; check its id", path=("subscription",)
        )
    account = await accounts.account(tx, found.account_id)
    assert account is not None  # a foreign key
    terms = (
        await _present_terms(tx, subscription_id)
        if billing_terms is None
        else await chosen_terms(tx, billing_terms)
    )
    return await available_plans(
        tx,
        terms=terms,
        at=max(account_now(tx, account), found.starts_at),
        unit_id=unit_id,
        candidate=PresentSubscription(subscription_id, terms),
        currency=found.currency,
    )


async def _present_terms(tx: Tx, subscription_id: UUID) -> TermsVersion:
    """Return the terms of the last phase: those that hold, or will."""
    phases = (await repository.phases_of(tx, [subscription_id]))[subscription_id]
    return await terms_of(tx, phases[-1])
