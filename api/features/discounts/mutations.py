"""Giving, changing, approving and cancelling discounts."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.entry_types import IDS
from api.features.discounts.ids import GRANT_ID
from api.features.discounts.payloads import (
    DiscountAmendInput,
    DiscountAmendPayload,
    DiscountApproveInput,
    DiscountApprovePayload,
    DiscountCancelInput,
    DiscountCancelPayload,
    DiscountGrantInput,
    DiscountGrantPayload,
)
from api.features.discounts.types import DiscountGrant
from api.features.invoices.pricing import jobs_now
from api.features.jobs.answers import job_key
from api.features.subscriptions.answers import subscription_key
from api.graphql.errors import answers_refusals
from api.mutations import by_id, runner
from api.references import given, reference
from core.db import Tx
from core.discounts import records, repository
from core.discounts.amend import AmendDiscount, amend_discount
from core.discounts.approve import approve_discount
from core.discounts.cancel import cancel_discount
from core.discounts.grant import GrantDiscount, grant_discount
from core.tenancy import Capability


@strawberry.type(description="Changes of discounts that are given.")
class DiscountsMutation:
    """Changes of discounts that are given."""

    @strawberry.mutation(description="Gives a discount to a subscription or to a job.")
    @requires(Capability.DISCOUNT_GRANT)
    @answers_refusals(DiscountGrantPayload)
    async def discount_grant(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            DiscountGrantInput, strawberry.argument(description="What is given to whom.")
        ],
    ) -> DiscountGrantPayload:
        """Give a discount."""

        async def verb(tx: Tx) -> records.DiscountGrant:
            unit_id = info.context.principal.org_unit_id
            return await grant_discount(tx, await _command(tx, input), unit_id=unit_id)

        made = await _run(info, operation="discountGrant", given=input, verb=verb)
        return DiscountGrantPayload(grant=DiscountGrant.of(made))

    @strawberry.mutation(description="Changes a discount that waits to be approved.")
    @requires(Capability.DISCOUNT_GRANT)
    @answers_refusals(DiscountAmendPayload)
    async def discount_amend(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            DiscountAmendInput, strawberry.argument(description="What is different.")
        ],
    ) -> DiscountAmendPayload:
        """Change a pending discount."""

        async def verb(tx: Tx) -> records.DiscountGrant:
            command = AmendDiscount(
                grant=_grant(input.grant),
                percent=given(input.percent),
                amount=given(input.amount),
                effective_from=given(input.effective_from),
                expires_at=given(input.expires_at),
                note=given(input.note),
            )
            unit_id = info.context.principal.org_unit_id
            return await amend_discount(tx, command, unit_id=unit_id)

        changed = await _run(info, operation="discountAmend", given=input, verb=verb)
        return DiscountAmendPayload(grant=DiscountGrant.of(changed))

    @strawberry.mutation(
        description="Approves a discount that waits; for staff of the unit that its definition "
        "names, and for the seller's own keys. A completed job that waited for it is billed."
    )
    @requires(Capability.DISCOUNT_APPROVE)
    @answers_refusals(DiscountApprovePayload)
    async def discount_approve(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            DiscountApproveInput, strawberry.argument(description="Which.")
        ],
    ) -> DiscountApprovePayload:
        """Approve a discount."""

        async def verb(tx: Tx) -> records.DiscountGrant:
            return await approve_discount(
                tx,
                _grant(input.grant),
                unit_id=info.context.principal.org_unit_id,
                billing=jobs_now(info.context),
            )

        approved = await _run(info, operation="discountApprove", given=input, verb=verb)
        return DiscountApprovePayload(grant=DiscountGrant.of(approved))

    @strawberry.mutation(
        description="Cancels a discount, pending or approved; what it took off before stays. A "
        "completed job that waited for it is billed."
    )
    @requires(Capability.DISCOUNT_GRANT)
    @answers_refusals(DiscountCancelPayload)
    async def discount_cancel(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            DiscountCancelInput, strawberry.argument(description="Which.")
        ],
    ) -> DiscountCancelPayload:
        """Cancel a discount."""

        async def verb(tx: Tx) -> records.DiscountGrant:
            return await cancel_discount(
                tx,
                _grant(input.grant),
                unit_id=info.context.principal.org_unit_id,
                billing=jobs_now(info.context),
            )

        cancelled = await _run(info, operation="discountCancel", given=input, verb=verb)
        return DiscountCancelPayload(grant=DiscountGrant.of(cancelled))


_run: Final = runner(by_id(repository.grant))


def _grant(text: str) -> UUID:
    return GRANT_ID.parse(text, path=("grant",))


async def _command(tx: Tx, asked: DiscountGrantInput) -> GrantDiscount:
    subscription, job = given(asked.subscription), given(asked.job)
    return GrantDiscount(
        definition=reference(IDS["discounts"], asked.definition, path=("definition",)),
        subscription=None if subscription is None else await subscription_key(tx, subscription),
        job=None if job is None else await job_key(tx, job),
        percent=given(asked.percent),
        amount=given(asked.amount),
        currency=given(asked.currency),
        effective_from=given(asked.effective_from),
        expires_at=given(asked.expires_at),
        note=given(asked.note) or "",
    )
