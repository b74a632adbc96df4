"""What the host says of several plugins at once, and where it finds them."""

import sys
from types import ModuleType

import pytest

from core.plugin_api import Unit, hookimpl
from core.plugin_host import PluginHost, PluginSource, PluginsRefused, installed_sources, survey
from tests.unit.plugins.fit_plugins import Fax, FaxEvent, Model, broken_fax, plugin


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (
            {"register_channels": [Fax()]},
            {"register_channels": [Fax()]},
            "channel fax is taken by plugin one 2.1",
        ),
        (
            {"register_price_models": [Model()]},
            {"register_price_models": [Model()]},
            "price model halves is taken by plugin one 2.1",
        ),
        (
            {"register_channels": [Fax()]},
            {"register_channels": [broken_fax(name="fa", Event=FaxEvent)]},
            "channel fa: the type FaxEvent is taken by channel fax",
        ),
    ],
    ids=["channel", "price model", "type"],
)
def test_a_name_that_is_taken_keeps_the_host_from_starting(first, second, reason):
    """Neither plugin wins silently."""
    with pytest.raises(PluginsRefused) as caught:
        PluginHost([plugin(name="one", **first), plugin(name="two", **second)])
    (problem,) = caught.value.problems
    assert (problem.plugin, problem.message) == ("two", reason)


def test_two_plugins_of_one_name_are_refused():
    """Messages could not tell them apart."""
    twice = [plugin(register_channels=[Fax()]), plugin(register_price_models=[Model()])]
    with pytest.raises(PluginsRefused, match="another plugin has the same name"):
        PluginHost(twice)


def test_every_unfit_plugin_is_named_at_once():
    """An operator mends all of them in one go."""
    unfit = [
        plugin(name="one", requires=(9, 0), register_channels=[]),
        plugin(name="two", register_channels=[broken_fax(name="NO"), broken_fax(readme="")]),
        plugin(name="three", register_channels=[Fax()]),
    ]
    with pytest.raises(PluginsRefused) as caught:
        PluginHost(unfit)
    assert [problem.plugin for problem in caught.value.problems] == ["one", "two", "two"]


def test_a_survey_lists_failures_instead_of_refusing():
    """For the command that lists plugins."""
    fit, unfit = survey(
        [plugin(name="fit", register_channels=[Fax()]), plugin(name="unfit", requires=(9, 0))]
    )
    assert (fit.failures, fit.contributions) == ((), {"register_channels": ("fax",)})
    (reason,) = unfit.failures
    told, advice = reason.split(": ")
    assert told == "it requires API 9.0; this release has 1.2"
    assert advice == "upgrade Forfait, or install a version of the plugin for 1.x"


def test_a_plugin_that_cannot_be_imported_is_named():
    """With what the import raised."""
    missing = PluginSource(name="lost", version="0.3", target="no_such_module.plugin")
    with pytest.raises(
        PluginsRefused, match=r"plugin lost 0\.3: it cannot be imported: Module"
    ):
        PluginHost([missing])


def test_a_module_that_exits_while_imported_is_named(tmp_path, monkeypatch):
    """It does not take the process down."""
    (tmp_path / "exiting_plugin.py").write_text("import sys; sys.exit('bye')")
    monkeypatch.syspath_prepend(str(tmp_path))
    leaving = PluginSource(name="leaving", version="1", target="exiting_plugin")
    with pytest.raises(PluginsRefused, match="SystemExit: bye"):
        PluginHost([leaving])


def test_the_installed_plugins_are_found_by_entry_points():
    """The built-in ones come in by the same door as a partner's, and are known as such."""
    built_in = [source for source in installed_sources() if source.is_built_in]
    assert {source.name for source in built_in} >= {"email", "postal", "sms"}
    host = PluginHost()
    assert {"email", "postal", "sms"} <= set(host.channels)
    assert host.channels["sms"].plugin.is_built_in


def test_a_module_given_to_the_host_is_third_party(monkeypatch):
    """Whoever it is by: only Forfait's own entry points are built in."""
    module = ModuleType("partner_fax")
    module.__version__ = "0.9"
    module.REQUIRES_API = (1, 0)
    module.register_channels = hookimpl(lambda: [Fax()])
    monkeypatch.setitem(sys.modules, "partner_fax", module)
    host = PluginHost([*installed_sources(), module])
    (source,) = host.third_party_sources
    assert (source.name, source.version, source.target) == ("partner_fax", "0.9", "partner_fax")


def test_what_the_host_holds_cannot_be_changed():
    """Contributions and channels are frozen after the start."""
    host = PluginHost([plugin(register_channels=[Fax()])])
    with pytest.raises(TypeError):
        host.channels["other"] = host.channels["fax"]
    with pytest.raises(AttributeError):
        host.channels["fax"].name = "telex"
    with pytest.raises(TypeError):
        host.channels["fax"].units["sheet"] = Unit("sheet", "Sheet")
