"""What `forfait doctor` says of the installed plugins."""

from __future__ import annotations

import pytest

from api.doctor.beside import check_plugins
from core.plugin_api import markers
from core.plugin_api.markers import Deprecation
from core.plugin_host import PluginSource
from core.plugin_host import host as host_module
from tests.unit.plugins.fit_plugins import Fax, TaxFree, plugin


def test_each_plugin_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is fit, one uses what goes away, one keeps everything from starting."""
    found = (
        plugin(name="fit", register_channels=[Fax()]),
        plugin(name="early", register_tax_engines=[TaxFree()]),
        PluginSource(name="lost", version="0.3", target="no_such_module.plugin"),
    )
    monkeypatch.setattr(
        host_module, "installed_sources", lambda: tuple(map(host_module.source_of, found))
    )

    planted = Deprecation("register_tax_engines", since=(1, 2), instead="ask the oracle")
    monkeypatch.setattr(markers, "DEPRECATED", (planted,))

    fit, early, lost = check_plugins()

    assert (fit.subject, fit.verdict) == ("plugin fit", "ok")
    assert "channels: fax" in fit.seen
    assert (early.verdict, early.advice) == (
        "note",
        (
            "register_tax_engines is deprecated since API 1.2 and goes away in 2.0, after 1.4 "
            "at the earliest: ask the oracle."
        ),
    )
    assert lost.verdict == "wrong"
    assert "it cannot be imported" in lost.seen
