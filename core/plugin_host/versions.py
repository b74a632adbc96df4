"""Which plugins this release honours, and what of theirs it will not honour for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from core.plugin_api import markers
from core.plugin_api.markers import API_VERSION, supports
from core.plugin_host.hosted import PluginListing
from core.plugin_host.refusals import UnfitPlugin

_log = structlog.stdlib.get_logger(__name__)


def check_required_version(required: object) -> None:
    """Raise `UnfitPlugin`, saying what to do, unless `REQUIRES_API` is honoured."""
    if required is None:
        raise UnfitPlugin(
            f"it states no REQUIRES_API; write REQUIRES_API = {API_VERSION!r}, the version of "
            "the contract that it is written against"
        )
    match required:
        case (int() as major, int() as minor) if isinstance(required, tuple):
            if not supports((major, minor)):
                raise UnfitPlugin(_unsupported(major, minor))
        case _:
            raise UnfitPlugin(
                f"its REQUIRES_API is {str(required)[:40]!r}; write two numbers, such as "
                f"REQUIRES_API = {API_VERSION!r}"
            )


def _unsupported(major: int, minor: int) -> str:
    host_major, host_minor = API_VERSION
    said = f"it requires API {major}.{minor}; this release has {host_major}.{host_minor}: "
    if (major, minor) > API_VERSION:
        told = f"{said}upgrade Forfait, or install a version of the plugin for {host_major}.x"
        if major == host_major:
            told += f", or write {API_VERSION!r} if you need nothing of {major}.{minor}"
        return told
    return f"{said}install a version of the plugin that is written for {host_major}.x"


def deprecations_in(
    contributions: Mapping[str, Iterable[object]],
) -> tuple[str, ...]:
    """Return a sentence on each thing that a plugin uses and that goes away."""
    return tuple(
        f"{one.what} is deprecated since API {_text(one.since)} and goes away in "
        f"{_text(one.removed_in)}, after {_text(one.kept_until)} at the earliest: {one.instead}"
        for one in markers.DEPRECATED
        if _uses(one.what, contributions)
    )


def warn_of_deprecations(listings: Iterable[PluginListing]) -> None:
    """Tell the operator, once at the start, which plugins the next major version breaks."""
    for listing in listings:
        for sentence in listing.deprecations:
            title = f"{listing.name} {listing.version}"
            _log.warning("plugin_uses_deprecated", plugin=title, reason=sentence)


def _uses(what: str, contributions: Mapping[str, Iterable[object]]) -> bool:
    hook, _, member = what.partition(".")
    if hook not in contributions:
        return False
    return not member or any(hasattr(given, member) for given in contributions[hook])


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
