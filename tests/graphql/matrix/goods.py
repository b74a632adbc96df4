"""Arguments of every field that are taken, with ids of the caller's own in every place."""

from __future__ import annotations

from typing import Any, Final

from tests.graphql.matrix.sellers import NUMBER
from tests.graphql.refusals.living import lasting_inputs
from tests.graphql.refusals.pay_tv import good_definitions, good_inputs
from tests.graphql.refusals.test_units_view import inputs

HINTS: Final[dict[str, Any]] = {
    "feature": "mails", "channel": "whatsapp", "key": "k", "with": "w", "source": "x",
    "currency": "EUR", "country": "FR", "timezone": "Europe/Paris",
}  # fmt: skip


SENT: Final[dict[str, Any]] = {
    "source": "x", "id": "y", "occurredAt": "2026-01-10T12:00:00+01:00",
    "event": {"email": {"recipients": 2}},
}  # fmt: skip


def good_arguments(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return what is given besides an argument in question: by the field, or by the place."""
    mutations = inputs(ids) | good_inputs(ids) | lasting_inputs(ids) | good_definitions()
    mutations |= _of_the_seller(ids)
    found = {f"Mutation.{name}": {"input": given} for name, given in mutations.items()}
    return found | _queries(ids) | _watched(ids) | _by_place(ids)


def _of_the_seller(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    person = {"account": ids["person"]}
    return {
        "accountCreate": {"name": "N", "currency": "EUR", "country": "FR"},
        "alertDefine": _alert(),
        "apiKeyIssue": {"name": "k", "scopes": ["account.read"]},
        "customerTokensRevoke": {**person, "member": ids["owner"]},
        "orgUnitCollaborate": {
            "unit": ids["approverUnit:shop"], "collaborator": ids["approverUnit:south"],
        } if "approverUnit:shop" in ids else {"unit": "root", "collaborator": "root"},
        "orgUnitCreate": {"code": "new", "name": "New"},
        "rateTableSlotAdd": {
            "rateTable": ids["rateTables"], "starts": "2027-01-01",
            "rows": [{"value": "mon", "price": "3"}],
        },
        "simulationStart": {
            "month": "2026-01-01", "alternative": {"pricePlan": ids["pricePlan:other"]},
        },
        "usageAmend": {"report": {**person, **SENT}},
        "usageRecord": {"events": [{**person, **SENT, "id": "new"}]},
        "usageVoid": {**person, "source": "x", "id": "y"},
    }  # fmt: skip


def _alert() -> dict[str, Any]:
    return {"name": "B", "measure": "USAGE_AMOUNT", "thresholds": ["1"]}


def _queries(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    person = {"account": ids["person"]}
    days = {"from": "2026-01-01", "to": "2026-02-28"}
    checks = {"checks": [{"feature": "mails", "member": ids["owner"]}]}
    return {
        "Account.can": checks,
        "Account.history": {"where": {"subscription": ids["office"]}},
        "Query.can": {**person, **checks},
        "Query.discountGrants": {},
        "Query.invoiceDiff": {"invoice": ids["invoice"]},
        "Query.priceList": person,
        "Query.usageEvents": {"where": person},
        "Query.usageJudgements": {
            **person, "channel": "whatsapp", "key": NUMBER, "from": "2026-01-10T00:00:00Z",
            "until": "2026-01-11T00:00:00Z",
        },
        "Query.usageSeries": {**days, "per": "DAY", "withTests": True},
    }  # fmt: skip


def _watched(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    account, subscription = {"account": ids["account"]}, {"subscription": ids["subscription"]}
    root = "SubscriptionRoot"
    return {
        f"{root}.alertRaised(account)": account,
        f"{root}.alertRaised(subscription)": subscription,
        f"{root}.approvalWaiting": {"unit": ids["approverUnit"]},
        f"{root}.closeProgressed": {"run": ids.get("run")},
        f"{root}.invoiceFinalised": account,
        f"{root}.simulationProgressed": {"simulation": ids["simulation"]},
        f"{root}.subscriptionUsage": subscription,
    }


def _by_place(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    account, subscription = {"account": ids["account"]}, {"subscription": ids["subscription"]}
    usage = {**_alert(), "measure": "QUANTITY", **subscription}
    return {
        "Mutation.alertDefine(input.account)": {"input": _alert() | account},
        "Mutation.alertDefine(input.subscription)": {"input": _alert() | subscription},
        "Mutation.alertDefine(input.pricePlan)": {"input": _alert()},
        "Mutation.alertDefine(input.product)": {
            "input": usage | {"product": ids["product:film"]},
        },
        "Mutation.alertDefine(input.holds)": {
            "input": _alert() | {"holds": ids["product:film"]},
        },
        "Mutation.jobBillingRetry(input.job)": {"input": {"job": ids["parkedJob"]}},
        "Mutation.discountGrant(input.job)": {
            "input": {"job": ids["job"], "definition": "for-jobs"},
        },
        "Mutation.licenceAssign(input.team)": {
            "input": {"item": ids["item:seat"], "team": ids["team"]},
        },
        "Query.availablePricePlans(account)": {"billingTerms": "monthly"},
        "Query.availablePricePlans(billingTerms)": {
            **account, "billingTerms": ids["billingTerms:monthly"],
        },
        "Query.discountGrants(where.job)": {"where": {"job": ids["job"]}},
    }  # fmt: skip
