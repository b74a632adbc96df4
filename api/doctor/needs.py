"""What sellers' catalogues name of plugins, and whether any plugin has it.

A price model, a channel or a tax engine that is in use and missing parks every subscription
that needs it: nothing else of the installation shows it before the next closing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from api.doctor.finding import Finding, wrong
from core.config import Settings
from core.plugin_host import CORE_PRICE_MODELS, PluginsFolderUnfit, survey

MOST_NAMED: Final = 5
_ADVICE: Final = (
    "Install or enable the plugin that has it, on the API and on every worker; until then what "
    "needs it is parked and not billed."
)
_MODELS: Final = """
SELECT named.model AS needed, array_agg(DISTINCT l.code ORDER BY l.code) AS plans,
    array_agg(DISTINCT p.code ORDER BY p.code) AS products
FROM rate r
JOIN price_plan_version v ON v.tenant_id = r.tenant_id AND v.id = r.price_plan_version_id
JOIN price_plan l ON l.tenant_id = v.tenant_id AND l.id = v.price_plan_id
JOIN product p ON p.tenant_id = r.tenant_id AND p.id = r.product_id
CROSS JOIN LATERAL (
    SELECT r.body->>'model' AS model
    UNION SELECT jsonb_path_query(r.body, '$.variants[*].model') #>> '{}'
) named
WHERE r.tenant_id = $1 AND named.model <> ALL ($2::text[]) AND (
    l.state = 'active' AND NOT EXISTS (
        SELECT FROM price_plan_version n WHERE n.tenant_id = v.tenant_id
            AND n.price_plan_id = v.price_plan_id AND n.number > v.number)
    OR EXISTS (
        SELECT FROM subscription_phase f
        JOIN subscription s ON s.tenant_id = f.tenant_id AND s.id = f.subscription_id
        WHERE f.tenant_id = v.tenant_id
            AND v.id IN (f.price_plan_version_id, f.base_plan_version_id)
            AND coalesce(f.until_at, 'infinity') > now()
            AND coalesce(s.ends_at, 'infinity') > now()))
GROUP BY 1 ORDER BY 1
"""
_CHANNELS: Final = """
SELECT p.meters_channel AS needed, array_agg(p.code ORDER BY p.code) AS products
FROM product p
WHERE p.tenant_id = $1 AND p.meters_channel <> ALL ($2::text[]) AND (
    p.state = 'active' OR EXISTS (
        SELECT FROM subscription_item i
        JOIN subscription s ON s.tenant_id = i.tenant_id AND s.id = i.subscription_id
        WHERE i.tenant_id = p.tenant_id AND i.product_id = p.id
            AND coalesce(i.until_at, 'infinity') > now()
            AND coalesce(s.ends_at, 'infinity') > now()))
GROUP BY 1 ORDER BY 1
"""
_ENGINE: Final = """
SELECT tax_engine FROM tenant WHERE id = $1 AND tax_engine <> ALL ($2::text[])
"""


@dataclass(frozen=True, slots=True)
class Offered:
    """The names of what the plugins at work contribute."""

    models: frozenset[str]
    channels: frozenset[str]
    tax_engines: frozenset[str]


def offered(settings: Settings) -> Offered | None:
    """Return what the plugins offer; None where the folder of plugins cannot be read."""
    try:
        listings = survey(plugins_dir=settings.plugins_dir, disabled=settings.disabled_plugins)
    except PluginsFolderUnfit:
        return None

    def named(hook: str) -> Iterator[str]:
        for listing in listings:
            if listing.state == "served":
                yield from listing.contributions.get(hook, ())

    return Offered(
        CORE_PRICE_MODELS | frozenset(named("register_price_models")),
        frozenset(named("register_channels")),
        frozenset(named("register_tax_engines")),
    )


async def check_needs(app: Any, tenant_id: Any, slug: str, *, has: Offered) -> list[Finding]:
    """Look for what a tenant's catalogue needs and no plugin has; in its transaction."""
    found = []
    for row in await app.fetch(_MODELS, tenant_id, list(has.models)):
        told = (
            f"{_listed('price plan', row['plans'])} for {_listed('product', row['products'])}"
        )
        seen = f"{slug}: no plugin has the price model {row['needed']} of {told}"
        found.append(wrong("missing price model", seen, _ADVICE))
    for row in await app.fetch(_CHANNELS, tenant_id, list(has.channels)):
        told = _listed("product", row["products"])
        seen = f"{slug}: no plugin has the channel {row['needed']} that is metered by {told}"
        found.append(wrong("missing channel", seen, _ADVICE))
    engine = await app.fetchval(_ENGINE, tenant_id, list(has.tax_engines))
    if engine is not None:
        seen = f"{slug}: no plugin has the tax engine {engine} that taxes its invoices"
        found.append(wrong("missing tax engine", seen, _ADVICE))
    return found


def _listed(kind: str, codes: list[str]) -> str:
    """Name a few of them, and say how many more there are."""
    named = ", ".join(codes[:MOST_NAMED])
    more = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
    return f"{kind}{'s' if len(codes) > 1 else ''} {named}{more}"
