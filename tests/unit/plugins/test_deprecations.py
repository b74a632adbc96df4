"""What the contract lets go of is warned of first, by name, with the version it goes with."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from api.plugin_tables import show_plugins
from core.plugin_api import API_VERSION, markers
from core.plugin_api.markers import DEPRECATED, Deprecation
from core.plugin_host import PluginHost, warn_of_deprecations
from core.plugin_host.contract import CHECKS
from tests.unit.plugins.fit_plugins import Fax, Gateway, TaxFree, plugin

COLLECTS = "register_payment_gateways.collects"
SENTENCE = (
    f"{COLLECTS} is deprecated since API 1.1 and goes away in 2.0, after 1.3 at the "
    "earliest: leave it out"
)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member of gateways is on its way out."""
    entry = Deprecation(COLLECTS, since=(1, 1), instead="leave it out")
    monkeypatch.setattr(markers, "DEPRECATED", (entry,))


@pytest.mark.usefixtures("planted")
def test_a_plugin_that_uses_it_is_taken_and_told_so():
    """The gateway works on; the listing says what goes away, when, and what to do."""
    host = PluginHost([plugin(register_payment_gateways=[Gateway()])])
    assert list(host.payment_gateways) == ["transfer"]
    (listing,) = host.plugins()
    assert listing.deprecations == (SENTENCE,)
    assert listing.failures == ()


@pytest.mark.usefixtures("planted")
def test_a_plugin_that_does_not_use_it_is_not_told():
    """Neither for another hook, nor for an object without the member."""
    host = PluginHost([plugin(register_channels=[Fax()], register_tax_engines=[TaxFree()])])
    (listing,) = host.plugins()
    assert listing.deprecations == ()


@pytest.mark.usefixtures("planted")
def test_the_start_warns_with_name_and_version():
    """Once for each plugin and thing."""
    host = PluginHost([plugin(register_payment_gateways=[Gateway()])])
    with capture_logs() as logs:
        warn_of_deprecations(host.plugins())
    assert logs == [
        {
            "event": "plugin_uses_deprecated",
            "log_level": "warning",
            "plugin": "fax_plugin 2.1",
            "reason": SENTENCE,
        }
    ]


@pytest.mark.usefixtures("planted")
def test_the_list_of_plugins_says_so_below_the_table():
    """In a line that is not cut, however narrow the terminal."""
    host = PluginHost([plugin(register_payment_gateways=[Gateway()])])
    console = Console(file=io.StringIO(), width=60)
    show_plugins(console, host.plugins(), {}, None)
    assert console.file.getvalue().splitlines()[-1] == f"fax_plugin 2.1: {SENTENCE}"


def unlawful(entries):
    """Return what names nothing of the contract, is overdue, or says not what to do."""
    return [
        entry.what
        for entry in entries
        if entry.what.partition(".")[0] not in CHECKS
        or not entry.since <= API_VERSION < entry.removed_in
        or not entry.instead
    ]


def test_what_is_deprecated_exists_and_its_time_has_not_come():
    """A removal that is overdue fails here, and so does a hook that nobody knows."""
    wrong = [
        Deprecation("register_taxes", since=(1, 1), instead="x"),
        Deprecation("register_channels.color", since=(0, 9), instead="overdue since 1.0"),
        Deprecation("register_channels.shade", since=(1, 1), instead=""),
    ]
    assert unlawful(wrong) == [entry.what for entry in wrong]
    assert unlawful(DEPRECATED) == []
