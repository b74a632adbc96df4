"""What sellers watch and whom they let in: alerts, simulations, tokens and identities."""

from __future__ import annotations

from typing import Any

from tests.graphql.refusals.pay_tv import Seller


async def let_in(made: Seller) -> None:
    """Set up somebody of the staff who signs in with a provider."""
    person = {"email": "new@x.fr", "name": "New", "roles": ["VIEWER"]}
    made.ids["staff"] = await made.make("staffCreate", "staff", person)
    audience = f"client-{made.client.tenant_id}"
    linked = {"issuer": "https://id.example", "audience": audience, "bindsByEmail": False}
    made.ids["provider"] = await made.make("identityProviderLink", "provider", linked)
    bound = {"provider": made.ids["provider"], "staff": made.ids["staff"], "subject": "s"}
    made.ids["identity"] = await made.make("staffIdentityBind", "identity", bound)


def watching_inputs(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input of each mutation that watches an account or lets its customer in."""
    account, alert = {"account": ids["account"]}, {"alert": ids["alert"]}
    return {
        "alertDefine": {
            "subscription": ids["subscription"], "name": "Films", "measure": "QUANTITY",
            "product": ids["product:film"], "budget": "100", "thresholds": ["50", "80"],
        },
        "alertRemove": alert,
        "alertUpdate": {**alert, "name": "Money", "thresholds": ["2000000"]},
        "customerTokenIssue": {
            **account, "member": ids["boss"], "scopes": ["account.read"],
            "expiresInSeconds": 60,
        },
        "customerTokenRevoke": {"token": ids["token"]},
        "customerTokensRevoke": {**account, "member": ids["boss"]},
        "simulationStart": {
            "accounts": [ids["account"]], "month": "2025-11-01",
            "alternative": {"pricePlan": ids["pricePlan:other"]},
        },
    }  # fmt: skip


def inputs_of_the_seller(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """An input of each mutation that names nothing of an account."""
    return {
        "identityProviderLink": {
            "issuer": "https://id.example", "audience": "more", "bindsByEmail": False,
        },
        "identityProviderUnlink": {"provider": ids["provider"]},
        "simulationCancel": {"simulation": ids["simulation"]},
        "staffIdentityBind": {
            "provider": ids["provider"], "staff": ids["staff"], "subject": "t",
        },
        "staffIdentityUnbind": {"identity": ids["identity"]},
    }  # fmt: skip
