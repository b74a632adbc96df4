"""Define an alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import asyncpg

from core.alerts.limits import checked_budget, checked_thresholds
from core.alerts.looking import start_looking
from core.alerts.records import (
    ALERT_DUE,
    MEASURES_OF_MONEY,
    MOST_ALERTS,
    Alert,
    Measure,
)
from core.alerts.refusals import (
    NotMeasurable,
    TooManyAlerts,
    WatchedNotFound,
    WatchOneThing,
)
from core.alerts.trace import trace_change
from core.catalogue.features import load_features
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.ids import new_id
from core.kernel.money import CurrencyMismatch, minor_digits
from core.tenant_due import insist_due

_ACTIVE: Final = "SELECT count(*) FROM alert WHERE tenant_id = $1 AND state = 'active'"
_TENANT: Final = "SELECT currency FROM tenant WHERE id = $1 FOR NO KEY UPDATE"
_SUBSCRIPTION: Final = """
SELECT account_id, currency FROM subscription WHERE tenant_id = $1 AND id = $2
"""
_ACCOUNT: Final = "SELECT currency FROM account WHERE tenant_id = $1 AND id = $2"
_PLAN: Final = "SELECT currency FROM price_plan WHERE tenant_id = $1 AND id = $2"
_PRODUCT: Final = "SELECT kind FROM product WHERE tenant_id = $1 AND id = $2"
_INSERT: Final = """
INSERT INTO alert (tenant_id, id, name, measure, account_id, subscription_id,
    holds_product_id, price_plan_id, product_id, feature, currency, budget, thresholds,
    created_at, defined_by, look_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14)
"""


@dataclass(frozen=True, slots=True)
class DefineAlert:
    """What is to be watched. Of `account`, `subscription`, `holds_product`, `price_plan` one.

    None of them: every subscription. `currency` is that of what is watched, unless given.
    """

    name: str
    measure: Measure
    thresholds: Sequence[Decimal]
    account: UUID | None = None
    subscription: UUID | None = None
    holds_product: UUID | None = None
    price_plan: UUID | None = None
    product: UUID | None = None
    feature: str | None = None
    currency: str | None = None
    budget: Decimal | None = None


async def define_alert(tx: Tx, command: DefineAlert) -> Alert:
    """Watch something from now on; what has been used in open periods counts.

    Raises:
        InvalidText, WatchOneThing, InvalidThresholds, InvalidBudget
        WatchedNotFound: what it names is not there.
        NotMeasurable: the product has no usage, the feature counts no consumption.
        CurrencyMismatch: what is watched is in another currency.
        TooManyAlerts: `MOST_ALERTS` are active.
    """
    name = line_of_text(command.name, path=("name",))
    _check_one_thing(command)
    thresholds = checked_thresholds(command.thresholds)
    budget = checked_budget(command.measure, command.budget)
    own = await tx.fetchval(_TENANT, tx.tenant_id)
    account_id, currency = await _watched(tx, command, own=own)
    await _check_measurable(tx, command)
    active = await tx.fetchval(_ACTIVE, tx.tenant_id)
    if active >= MOST_ALERTS:
        raise TooManyAlerts(f"{MOST_ALERTS} alerts are active; remove some", path=("name",))
    made = Alert(
        id=new_id(),
        name=name,
        measure=command.measure,
        account_id=account_id,
        subscription_id=command.subscription,
        holds_product_id=command.holds_product,
        price_plan_id=command.price_plan,
        product_id=command.product,
        feature=command.feature,
        currency=currency,
        budget=budget,
        thresholds=thresholds,
        state="active",
        created_at=tx.now,
        defined_by=tx.actor,
    )
    await _store(tx, made)
    if not active:
        await start_looking(tx)
    await trace_change(tx, "alert.defined", made)
    await insist_due(tx, ALERT_DUE, at=tx.now)
    return made


def _check_one_thing(command: DefineAlert) -> None:
    whose = (command.account, command.subscription, command.holds_product, command.price_plan)
    if sum(each is not None for each in whose) > 1:
        raise WatchOneThing(
            "name one of account, subscription, holds and pricePlan, or none for all",
            path=("subscription",),
        )
    if (command.product is None) == (command.measure == "quantity"):
        raise WatchOneThing("a quantity is one of a product; give `product`", path=("product",))
    if (command.feature is None) == (command.measure == "allowance"):
        raise WatchOneThing("an allowance is one of a feature; give `feature`",
                            path=("feature",))  # fmt: skip
    if command.currency is not None and command.measure not in MEASURES_OF_MONEY:
        raise WatchOneThing("only amounts have a currency; leave it out", path=("currency",))


async def _watched(tx: Tx, command: DefineAlert, *, own: str) -> tuple[UUID | None, str | None]:
    """Return the account of what is watched, and the currency that the alert has."""
    account_id, currency = command.account, None
    if command.subscription is not None:
        row = await _found(tx, _SUBSCRIPTION, command.subscription, "subscription")
        account_id, currency = row["account_id"], row["currency"]
    elif command.account is not None:
        row = await _found(tx, _ACCOUNT, command.account, "account")
        currency = command.currency or row["currency"]
    elif command.price_plan is not None:
        currency = (await _found(tx, _PLAN, command.price_plan, "pricePlan"))["currency"]
    elif command.holds_product is not None:
        await _found(tx, _PRODUCT, command.holds_product, "holds")
    if command.measure not in MEASURES_OF_MONEY:
        return account_id, None
    chosen = command.currency or currency or own
    minor_digits(chosen)
    if currency is not None and chosen != currency:
        raise CurrencyMismatch(
            f"what it watches is in {currency}; leave it out", path=("currency",)
        )
    return account_id, chosen


async def _check_measurable(tx: Tx, command: DefineAlert) -> None:
    if command.product is not None:
        row = await _found(tx, _PRODUCT, command.product, "product")
        if row["kind"] != "usage_service":
            raise NotMeasurable("only a usage service has usage; choose one", path=("product",))
    if command.feature is not None:
        feature = (await load_features(tx)).get(command.feature)
        if feature is None:
            raise WatchedNotFound(
                "the catalogue has no such feature; check its code", path=("feature",)
            )
        if feature.counts != "consumption":
            raise NotMeasurable(
                "only a feature that counts consumption has an allowance; choose one",
                path=("feature",),
            )


async def _found(tx: Tx, sql: str, key: UUID, field: str) -> asyncpg.Record:
    row: asyncpg.Record | None = await tx.fetchrow(sql, tx.tenant_id, key)
    if row is None:
        raise WatchedNotFound("there is nothing with this id; check it", path=(field,))
    return row


async def _store(tx: Tx, made: Alert) -> None:
    await tx.execute(
        _INSERT, tx.tenant_id, made.id, made.name, made.measure, made.account_id,
        made.subscription_id, made.holds_product_id, made.price_plan_id, made.product_id,
        made.feature, made.currency, made.budget, list(made.thresholds), made.created_at,
        made.defined_by,
    )  # fmt: skip
