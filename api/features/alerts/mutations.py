"""Defining, changing and removing alerts."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.alerts.payloads import (
    AlertDefineInput,
    AlertDefinePayload,
    AlertRemoveInput,
    AlertRemovePayload,
    AlertUpdateInput,
    AlertUpdatePayload,
)
from api.features.alerts.types import ALERT_ID, Alert
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.types import PRODUCT_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.graphql.errors import answers_refusals
from api.graphql.ids import IdKind
from api.mutations import by_id, runner
from api.references import choice, given, key_of
from api.refusals import NotFound
from core.alerts import records
from core.alerts.define import DefineAlert, define_alert
from core.alerts.remove import remove_alert
from core.alerts.repository import alert_by_id
from core.alerts.update import UpdateAlert, update_alert
from core.db import Tx
from core.tenancy import Capability


@strawberry.type(description="Changes of alerts.")
class AlertsMutation:
    """Changes of alerts."""

    @strawberry.mutation(
        description="Watches spend or usage from now on. What open periods have used already "
        "counts; each threshold is told once a period, within a minute."
    )
    @requires(Capability.ALERT_WRITE)
    @answers_refusals(AlertDefinePayload)
    async def alert_define(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            AlertDefineInput, strawberry.argument(description="What is to be watched.")
        ],
    ) -> AlertDefinePayload:
        """Define an alert."""

        async def verb(tx: Tx) -> records.Alert:
            return await define_alert(tx, await _command(tx, input))

        made = await _run(info, operation="alertDefine", given=input, verb=verb)
        return AlertDefinePayload(alert=Alert.of(made))

    @strawberry.mutation(
        description="Changes name, thresholds or budget. What was told before is not told "
        "again; a threshold that is new and reached is told at once."
    )
    @requires(Capability.ALERT_WRITE)
    @answers_refusals(AlertUpdatePayload)
    async def alert_update(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            AlertUpdateInput, strawberry.argument(description="What is different.")
        ],
    ) -> AlertUpdatePayload:
        """Change an alert."""

        async def verb(tx: Tx) -> records.Alert:
            command = UpdateAlert(
                alert=ALERT_ID.parse(input.alert, path=("alert",)),
                name=given(input.name),
                thresholds=given(input.thresholds),
                budget=given(input.budget),
            )
            return await update_alert(tx, command)

        changed = await _run(info, operation="alertUpdate", given=input, verb=verb)
        return AlertUpdatePayload(alert=Alert.of(changed))

    @strawberry.mutation(description="Watches no longer; what was told stays readable.")
    @requires(Capability.ALERT_WRITE)
    @answers_refusals(AlertRemovePayload)
    async def alert_remove(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            AlertRemoveInput, strawberry.argument(description="Which.")
        ],
    ) -> AlertRemovePayload:
        """Remove an alert."""

        async def verb(tx: Tx) -> records.Alert:
            return await remove_alert(tx, ALERT_ID.parse(input.alert, path=("alert",)))

        removed = await _run(info, operation="alertRemove", given=input, verb=verb)
        return AlertRemovePayload(alert=Alert.of(removed))


_run: Final = runner(by_id(alert_by_id))


async def _command(tx: Tx, asked: AlertDefineInput) -> DefineAlert:
    return DefineAlert(
        name=asked.name,
        measure=choice(asked.measure),
        thresholds=asked.thresholds,
        account=await _key(tx, ACCOUNT_ID, asked.account, ("account", "ref", "account")),
        subscription=await _key(
            tx, SUBSCRIPTION_ID, asked.subscription, ("subscription", "ref", "subscription")
        ),
        holds_product=await _key(tx, PRODUCT_ID, asked.holds, ("product", "code", "holds")),
        price_plan=await _key(
            tx, PRICE_PLAN_ID, asked.price_plan, ("price_plan", "code", "pricePlan")
        ),
        product=await _key(tx, PRODUCT_ID, asked.product, ("product", "code", "product")),
        feature=given(asked.feature),
        currency=given(asked.currency),
        budget=given(asked.budget),
    )


async def _key(
    tx: Tx, kind: IdKind, text: str | None, where: tuple[str, str, str]
) -> UUID | None:
    """Return the key of an optional argument; `where`: its table, column and field."""
    wanted = given(text)
    if wanted is None:
        return None
    table, code, field = where
    found = await key_of(tx, kind, wanted, table=table, code=code, path=(field,))
    if found is None:
        raise NotFound(f"there is nothing called {wanted!r}", path=(field,))
    return found
