"""A plugin of pytest for the tests of plugins; pytest finds it by itself (`pytest11`).

It gives two fixtures, `forfait_host` (the installed plugins, checked) and `channel` (the one
that `--forfait-plugin` names), and a summary of the conformance suite. It starts neither a
server nor a database, and loads nothing of Forfait before a test asks for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from core.plugin_api.channel import Channel
    from core.plugin_host import PluginHost

OPTION: Final = "--forfait-plugin"
PROPERTY: Final = "forfait_channel"
"""What a test of the suite says of itself: the channel that it is about."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the plugin under test."""
    group = parser.getgroup("forfait", "plugins of Forfait")
    group.addoption(
        OPTION,
        metavar="NAME",
        help="the installed plugin, or channel, that the fixture `channel` gives",
    )


@pytest.fixture(scope="session")
def forfait_host() -> PluginHost:
    """Return the installed plugins, as Forfait takes them; fails where it would not start."""
    from core.plugin_host import PluginHost

    return PluginHost()


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> Channel[Any]:
    """Return the channel that `--forfait-plugin` names; a test class gives its own instead."""
    wanted = request.config.getoption(OPTION)
    if wanted is None:
        pytest.fail(f"give a fixture `channel` that returns your channel, or {OPTION} NAME")
    host: PluginHost = request.getfixturevalue("forfait_host")
    found = [
        hosted for name, hosted in host.channels.items() if wanted in {name, hosted.plugin.name}
    ]
    if len(found) != 1:
        known = ", ".join(host.channels)
        pytest.fail(
            f"{OPTION} {wanted} names {len(found)} channels; there are {known}", pytrace=False
        )
    return found[0].channel


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say for each channel how the suite went, and what to do about each failure."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    advice: defaultdict[str, list[str]] = defaultdict(list)
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            name = dict(getattr(report, "user_properties", ())).get(PROPERTY)
            if name is None:
                continue
            counts[str(name)][outcome] += 1
            if outcome in {"failed", "error"}:
                advice[str(name)].append(_advice(report))
    if not counts:
        return
    terminalreporter.section("Forfait conformance")
    for name, found in sorted(counts.items()):
        told = ", ".join(f"{number} {outcome}" for outcome, number in found.items())
        terminalreporter.write_line(f"channel {name}: {told}")
        for line in advice[name]:
            terminalreporter.write_line(f"  - {line}")


def _advice(report: Any) -> str:
    """Return the last line that an assertion says, with the name of its test."""
    test = str(report.nodeid).rpartition("::")[2].removeprefix("test_").replace("_", " ")
    crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
    text = str(getattr(crash, "message", "")).partition("Nonconformity: ")[2]
    return f"{test}: {text}" if text else test
