"""walletTopUp: money into a wallet; what it was too short for is billed at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

import strawberry

from api.access import requires
from api.context import Info
from api.features.invoices.pricing import pricing_of
from api.features.subscriptions.answers import subscription_key
from api.features.wallets.types import Wallet
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.mutations import by_id, run
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.billing_cycles.wallet_top_up import NotPrepaid, TopUp, TopUpRefused, wallet_top_up
from core.contact_details import InvalidText
from core.db import Tx
from core.tenancy import Capability
from core.wallets import wallet as records
from core.wallets.repository import wallet_by_id


@strawberry.input(description="Money for a wallet.")
class WalletTopUpInput(IdempotentInput, DryRunInput):
    """A subscription and an amount."""

    subscription: strawberry.ID = strawberry.field(
        description="The subscription on prepaid terms, by id or ref."
    )
    amount: Decimal = strawberry.field(
        description="What is put in, in the subscription's currency; above 0."
    )
    reference: str = strawberry.field(
        default="", description="What the payment is called elsewhere."
    )


@strawberry.type(description="The wallet as it stands, or why nothing changed.")
class WalletTopUpPayload:
    """What walletTopUp did."""

    wallet: Wallet | None = strawberry.field(description="The wallet.", default=None)
    user_errors: list[UserError] = user_errors(
        "WalletTopUp",
        NotPrepaid,
        TopUpRefused,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.type(description="Changes of wallets.")
class WalletsMutation:
    """Changes of wallets."""

    @strawberry.mutation(
        description="Puts money into a wallet. What it was too short for is billed at once "
        "where it suffices now, and a subscription that was suspended for it goes on."
    )
    @requires(Capability.WALLET_WRITE)
    @answers_refusals(WalletTopUpPayload)
    async def wallet_top_up(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            WalletTopUpInput, strawberry.argument(description="How much, and for whom.")
        ],
    ) -> WalletTopUpPayload:
        """Top up a wallet."""
        pricing = pricing_of(info.context.application)

        async def verb(tx: Tx) -> records.Wallet:
            key = await subscription_key(tx, input.subscription)
            command = TopUp(key, input.amount, input.reference)
            return await wallet_top_up(tx, command, pricing=pricing)

        wallet = await run(
            info, operation="walletTopUp", given=input, verb=verb, answer=_WALLET
        )
        return WalletTopUpPayload(wallet=Wallet.of(wallet))


_WALLET: Final = by_id(wallet_by_id)
