"""What stands beside the database: Redis, plugins, the pepper."""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.doctor.finding import Finding, note, ok, wrong
from core.config import ConfigurationMissing, Settings
from core.plugin_host import PluginListing, PluginsFolderUnfit, survey

SHORTEST_PEPPER: Final = 32
SECONDS: Final = 3
_MISNAMED: Final = "Mend FORFAIT_DISABLED_PLUGINS: `forfait plugin list` shows the names."


async def check_redis(url: str) -> list[Finding]:
    """Check that Redis answers, evicts nothing and keeps its data."""
    redis: Redis = Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    try:
        memory = await redis.info("memory")
        persistence = await redis.info("persistence")
    except (RedisError, OSError, TimeoutError) as problem:
        return [
            wrong(
                "Redis",
                f"does not answer: {problem}",
                "Start it or mend REDIS_URL. Nothing is lost without it; work is only later.",
            )
        ]
    finally:
        await redis.aclose()
    policy = str(memory.get("maxmemory_policy", "unknown"))
    keeps = str(persistence.get("aof_enabled", 0)) == "1"
    return [
        ok("Redis", "answers"),
        ok("Redis eviction", policy)
        if policy == "noeviction"
        else wrong("Redis eviction", policy, "Set maxmemory-policy noeviction."),
        ok("Redis persistence", "append-only file")
        if keeps
        else note("Redis persistence", "no append-only file", "Set appendonly yes."),
    ]


def check_plugins(settings: Settings | None = None) -> list[Finding]:
    """Check that every plugin keeps to the contract, and say what each is for."""
    folder = None if settings is None else settings.plugins_dir
    disabled = () if settings is None else settings.disabled_plugins
    try:
        listings = survey(plugins_dir=folder, disabled=disabled)
    except PluginsFolderUnfit as problem:
        return [wrong("plugins folder", str(folder), problem.message)]
    found = [_plugin(listing) for listing in listings]
    unknown = sorted(set(disabled) - {listing.name for listing in listings})
    return found + [
        note(f"plugin {name}", "disabled, and not installed", _MISNAMED) for name in unknown
    ]


def _plugin(listing: PluginListing) -> Finding:
    subject = f"plugin {listing.name}"
    if listing.state == "disabled":
        advice = "Subscriptions that need it are parked until it is enabled."
        return note(subject, f"{listing.version}, disabled", advice)
    if listing.failures:
        advice = "Mend, uninstall or disable it; nothing starts with it."
        return wrong(subject, "; ".join(listing.failures), advice)
    given = "; ".join(
        f"{hook.removeprefix('register_').replace('_', ' ')}: {', '.join(names) or 'none'}"
        for hook, names in listing.contributions.items()
    )
    seen = f"{listing.version}, {given or 'nothing'}"
    if listing.deprecations:
        return note(subject, seen, f"{'; '.join(listing.deprecations)}.")
    return ok(subject, seen)


def check_pepper(settings: Settings) -> Finding:
    """Check that API keys are digested under a secret that is long enough."""
    try:
        length = len(settings.key_pepper())
    except ConfigurationMissing as missing:
        return wrong("pepper", "none is set", str(missing))
    if length < SHORTEST_PEPPER:
        advice = f"Set FORFAIT_PEPPER to {SHORTEST_PEPPER} random characters or more."
        return wrong("pepper", f"only {length} characters", advice)
    return ok("pepper", f"{length} characters")
