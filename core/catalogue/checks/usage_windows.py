"""What windows of usage must hold to, wherever a condition counts them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path, check_length, check_type_exists, kinds_of_type
from core.catalogue.errors import BAD_VALUE, UNKNOWN_CHANNEL
from core.catalogue.schema import UsageWindowDefinition
from core.catalogue.wording import installed_ones, meant
from core.kernel.errors import Problem
from core.kernel.frequency import Frequency

MOST: Final = 10
"""Windows beside one condition."""
MOST_MONTHS: Final = 24
MOST_DAYS: Final = 731
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_USAGE: Final = "usage_service"


def check_usage_windows(
    windows: Collection[UsageWindowDefinition], known: Known, path: Path
) -> Iterator[Problem]:
    """Check the windows beside one condition."""
    if len(windows) > MOST:
        told = f"{len(windows)} windows are more than {MOST}; keep those that are read"
        yield Problem(BAD_VALUE, told, path)
    for window in windows:
        yield from _window(window, known, (*path, window.name))


def _window(window: UsageWindowDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if _NAME.fullmatch(window.name) is None:
        told = f"{window.name[:40]!r} is no name that a condition can read; write week, say"
        yield Problem(BAD_VALUE, told, path)
    yield from _length(window.last, (*path, "last"))
    for index, code in enumerate(window.products):
        yield from _product(code, known, (*path, "products", str(index)))
    for index, name in enumerate(window.product_types):
        at = (*path, "product_types", str(index))
        yield from check_type_exists(name, known, at)
        if (kinds := kinds_of_type(name, known)) and _USAGE not in kinds:
            told = f"no product of type {name!r} is a {_USAGE}; nothing would be counted"
            yield Problem(BAD_VALUE, told, at)
    for index, channel in enumerate(window.channels):
        yield from _channel(channel, known, (*path, "channels", str(index)))


def _length(text: str, path: Path) -> Iterator[Problem]:
    problems = [*check_length(text, path)]
    yield from problems
    if problems:
        return
    length = Frequency.parse(text)
    if (length.months or 0) > MOST_MONTHS or (length.days or 0) > MOST_DAYS:
        yield Problem(BAD_VALUE, f"{text} is longer than 2 years; shorten it", path)


def _product(code: str, known: Known, path: Path) -> Iterator[Problem]:
    yield from known.unknown("products", code, path)
    product = known.product(code)
    if product is not None and product.kind != _USAGE:
        told = f"{code} is a {product.kind} and has no usage; name usage services"
        yield Problem(BAD_VALUE, told, path)


def _channel(name: str, known: Known, path: Path) -> Iterator[Problem]:
    channels = known.installed.channels
    if channels is not None and name not in channels:
        told = f"no installed plugin registers the channel {name!r}{meant(name, channels)}"
        told += installed_ones(channels)
        yield Problem(UNKNOWN_CHANNEL, told, path)
