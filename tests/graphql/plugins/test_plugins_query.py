"""`plugins`: what is installed, whether it is at work, and how it fares."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.plugin_failures import parked_of_all_tenants
from core.bootstrap import Application
from core.plugin_host import installed_sources
from core.plugin_kit.records import keep_record
from core.plugin_kit.running import Checked
from core.tenancy.capabilities import OF_A_TENANT
from tests.graphql.api_clients import Api

PLUGINS = """{ plugins {
  name version isBuiltIn state requiresApi hooks deprecations
  contributions { hook name units { name label aggregation } }
  conformance { conforms checkedAt passed failed { channel check message } }
  failures { parkedSubscriptions lastAt lastReason failedEvents rejectedEvents }
} }"""
PARK = """
INSERT INTO parked_subscription (tenant_id, subscription_id, due_at, account_id, code, reason,
    plugin, attempts, parked_at, retry_at)
SELECT s.tenant_id, s.id, $2::timestamptz + n * interval '1 month', s.account_id,
    'PLUGIN_FAILED', 'plugin pigeon 0.3 could not price: ' || n, 'pigeon 0.3', 1,
    $2::timestamptz + n * interval '1 hour', NULL
FROM subscription s, generate_series(1, 2) AS n WHERE s.tenant_id = $1
"""
CATALOGUE = """
products: {seats: {kind: licence, name: Seats}}
price_plans: {simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}}}}
billing_terms: {monthly: {name: Monthly, plans: [simple], default_plan: simple}}
"""
NOON = datetime(2026, 1, 10, 11, tzinfo=UTC)


async def plugins(api: Api, client: Any = None) -> dict[str, Any]:
    """Return the plugins by name."""
    found = (await (client or api.one).ask(PLUGINS))["plugins"]
    return {one["name"]: one for one in found}


async def test_the_plugins_are_told_with_what_they_contribute(api: Api) -> None:
    """Forfait's own first; of a one-file plugin no path."""
    found = await plugins(api)
    assert list(found) == ["email", "ott", "postal", "sms", "whatsapp", "pigeon"]
    pigeon = found["pigeon"]
    assert (pigeon["version"], pigeon["isBuiltIn"], pigeon["state"]) == ("0.3", False, "SERVED")
    assert pigeon["requiresApi"] == "1.0"
    assert pigeon["hooks"] == ["register_channels", "register_price_models"]
    unit = {"name": "gram", "label": "Gram carried", "aggregation": "MAX"}
    assert pigeon["contributions"] == [
        {"hook": "register_channels", "name": "pigeon", "units": [unit]},
        {"hook": "register_price_models", "name": "every_second", "units": []},
    ]
    assert found["sms"]["isBuiltIn"] is True
    assert "plugins_dir" not in str(found)
    assert ".py" not in str(found)


async def test_conformance_is_null_until_this_version_is_checked(
    api: Api, application: Application
) -> None:
    """Then it is what `forfait plugin check` said last."""
    assert (await plugins(api))["email"]["conformance"] is None
    (email,) = [one for one in installed_sources() if one.name == "email"]
    checks = [
        Checked("email", "its_readme_explains_it", "the README", "failed", "write ## Source"),
        Checked("email", "it_is_fast_enough", "fast enough", "passed"),
        Checked("email", "it_tells_what_was_ordered", "orders", "skipped"),
    ]
    keep_record(application.settings.home, email, checks, now=NOON)
    failed = {
        "channel": "email",
        "check": "its_readme_explains_it",
        "message": "write ## Source",
    }
    assert (await plugins(api))["email"]["conformance"] == {
        "conforms": False,
        "checkedAt": "2026-01-10T11:00:00Z",
        "passed": 1,
        "failed": [failed],
    }


async def test_failures_are_counted_for_the_caller_alone(api: Api) -> None:
    """Two due dates of one subscription are one; the other seller has none.

    For the operator's terminal (`forfait plugin list --failures`) they are counted everywhere.
    """
    events = {"failedEvents": 0, "rejectedEvents": 0}
    nothing = {"parkedSubscriptions": 0, "lastAt": None, "lastReason": None, **events}
    assert (await plugins(api))["pigeon"]["failures"] == nothing
    await api.one.changed("catalogueApply", "diff", {"yaml": CATALOGUE})
    await api.one.changed("accountCreate", "account { id }", {"name": "Ada", "ref": "ada"})
    subscription = {
        "account": "ada",
        "billingTerms": "monthly",
        "items": [{"product": "seats", "quantity": "1"}],
    }
    await api.one.changed("subscriptionCreate", "subscription { id }", subscription)
    async with api.transaction() as tx:
        await tx.execute(PARK, tx.tenant_id, NOON)
    assert (await plugins(api))["pigeon"]["failures"] == {
        "parkedSubscriptions": 1,
        "lastAt": "2026-01-10T13:00:00Z",
        "lastReason": "plugin pigeon 0.3 could not price: 2",
        **events,
    }
    assert (await plugins(api, api.other))["pigeon"]["failures"] == nothing
    assert (await plugins(api))["sms"]["failures"] == nothing
    everywhere = await parked_of_all_tenants(api.application.urls.database_url)
    assert {name: one.subscriptions for name, one in everywhere.items()} == {"pigeon": 1}


@pytest.mark.parametrize("scope", sorted(OF_A_TENANT - {"staff.read"}))
async def test_who_may_not_read_staff_is_refused(api: Api, scope: str) -> None:
    """Each scope by itself; the operator has no seller, and asks `forfait plugin list`."""
    client = await api.key_with(scope)
    assert await client.refused("{ plugins { name } }") == ["FORBIDDEN"]
    assert await api.operator.refused("{ plugins { name } }") == ["FORBIDDEN"]


async def test_failures_need_the_right_to_read_invoices(api: Api) -> None:
    """As what is parked does; the rest is told."""
    client = await api.key_with("staff.read")
    assert len((await client.ask("{ plugins { name } }"))["plugins"]) == 6
    asked = "{ plugins { failures { parkedSubscriptions } } }"
    assert set(await client.refused(asked)) == {"FORBIDDEN"}
