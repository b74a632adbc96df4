"""Load one plugin and ask it for its contributions, hook by hook."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pluggy

from core.plugin_api import hookspecs
from core.plugin_api.markers import PROJECT
from core.plugin_host.refusals import UnfitPlugin, described_exception
from core.plugin_host.sources import PluginSource
from core.plugin_host.versions import check_required_version

MAX_CONTRIBUTIONS: Final = 100
"""Named objects that one hook of one plugin may return."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What one plugin contributes: objects by hook, not yet checked."""

    source: PluginSource
    by_hook: dict[str, tuple[object, ...]]
    requires_api: tuple[int, int]


def register(source: PluginSource) -> Registered:
    """Return a plugin's contributions, or raise `UnfitPlugin` with the reason."""
    plugin = _loaded(source)
    required: tuple[int, int] = getattr(plugin, "REQUIRES_API", (0, 0))
    check_required_version(getattr(plugin, "REQUIRES_API", None))
    implementations = _implementations(plugin, name=source.name)
    if not implementations:
        raise UnfitPlugin("it implements no hook; mark its functions with @hookimpl")
    return Registered(
        source,
        {hook: _asked(hook, implementations[hook], source=source) for hook in implementations},
        required,
    )


def _loaded(source: PluginSource) -> object:
    try:
        return source.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UnfitPlugin(
            f"it cannot be imported: {described_exception(error, source)}"
        ) from error


def _implementations(plugin: object, *, name: str) -> dict[str, pluggy.HookImpl]:
    """Let pluggy read the plugin alone: an unknown hook or argument is refused."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, name=name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise UnfitPlugin(_first_line(error)) from error
    found = {
        caller.name: implementation
        for caller in manager.get_hookcallers(plugin) or ()
        for implementation in caller.get_hookimpls()
    }
    for hook, implementation in found.items():
        if implementation.hookwrapper or implementation.wrapper:
            raise UnfitPlugin(f"{hook} is a wrapper; a hook only returns contributions")
        if _is_asynchronous(implementation.function):
            raise UnfitPlugin(f"{hook} is asynchronous; hooks are plain functions")
    return found


def _first_line(error: pluggy.PluginValidationError) -> str:
    """Return pluggy's reason without its own heading, on one line."""
    return " ".join(str(error).split())


def _is_asynchronous(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _asked(
    hook: str, implementation: pluggy.HookImpl, *, source: PluginSource
) -> tuple[object, ...]:
    try:
        answer: object = implementation.function()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UnfitPlugin(f"{hook} failed: {described_exception(error, source)}") from error
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
        raise UnfitPlugin(f"{hook} returned {type(answer).__name__}; return a list or tuple")
    if len(answer) > MAX_CONTRIBUTIONS:
        raise UnfitPlugin(
            f"{hook} returned {len(answer)} objects; {MAX_CONTRIBUTIONS} are taken"
        )
    return tuple(answer)
