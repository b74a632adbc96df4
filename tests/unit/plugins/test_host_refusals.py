"""The host refuses to start, and says which plugin and why. One row per rule."""

# ruff: noqa: D102 - the members of a channel are described in its protocol

import sys
from dataclasses import dataclass, field, make_dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from types import ModuleType, SimpleNamespace

import pytest

from core.plugin_api import Charge, Measure, Reach, Unit, hookimpl
from core.plugin_host import PluginHost, PluginSource, PluginsRefused, installed_sources, survey


def described(default=None):
    """Return the marks of a described field."""
    return field(default=default, metadata={"description": "Some text."})


@dataclass(frozen=True, slots=True)
class FaxEvent:
    """One fax."""

    pages: int = described(1)


class Fax:
    """A channel that the host takes; the tests break one thing at a time."""

    name = "fax"
    units = (Unit("page", "Page"),)
    pricing = "per_period"
    Event = FaxEvent
    readme = "# Fax"

    def measure(self, event):
        return Measure("page", Decimal(event.pages))

    def stored(self, event):
        return event

    def samples(self):
        return ()


class Model:
    """A price model that the host takes."""

    name = "halves"

    def validate(self, rate):
        return []

    def price(self, rate, quantity):
        return Charge(quantity / 2, ())


class Gateway:
    """A gateway that the host takes."""

    name = "transfer"

    async def collect(self, request):
        return None


def plugin(*, name="fax_plugin", requires=(1, 0), **returned):
    """Return a plugin whose hooks return what is given; a function is the hook itself."""
    built = SimpleNamespace(__plugin_name__=name, __version__="2.1", REQUIRES_API=requires)
    for hook, value in returned.items():
        setattr(built, hook, hookimpl(value if callable(value) else _returning(value)))
    return built


def _returning(answer):
    return lambda: answer


def broken_fax(**changes):
    """Return the fax channel with some members changed."""
    return type("BrokenFax", (Fax,), changes)()


def event_class(annotation, *, name="FaxEvent", doc="One fax.", frozen=True, **marks):
    """Return an event class with one field `value` of an annotation."""
    metadata = marks.pop("metadata", {"description": "Some text."})
    options = {"metadata": metadata, **marks}
    made = make_dataclass(
        name, [(marks.pop("field_name", "value"), annotation, field(**options))], frozen=frozen
    )
    made.__doc__ = doc
    return made


def renamed_field(name):
    """Return an event class whose field has a name."""
    made = make_dataclass(
        "FaxEvent", [(name, str, field(metadata={"description": "Some."}))], frozen=True
    )
    made.__doc__ = "One fax."
    return made


class Shade(Enum):
    """Not named after its channel."""

    DARK = 1


class FaxMood(Enum):
    """Has a member that is no schema name."""

    dark = 1


async def _later(self, event):
    return None


async def _hook():
    return []


def _raises():
    raise RuntimeError("no licence")


def _exits():
    sys.exit(4)


@hookimpl
def _wrapper():
    return (yield)


def refused_channel(**changes):
    """Return a plugin with one broken fax channel."""
    return plugin(register_channels=[broken_fax(**changes)])


ROWS = [
    ("an unknown hook", plugin(register_chanels=[]), "unknown hook 'register_chanels'"),
    (
        "an unknown argument",
        plugin(register_channels=lambda session: []),
        "hook 'register_channels'",
    ),
    ("no hook", plugin(), "it implements no hook"),
    ("no version", plugin(requires=None, register_channels=[]), "states no REQUIRES_API"),
    ("a later minor", plugin(requires=(1, 1), register_channels=[]), "requires API 1.1"),
    ("another major", plugin(requires=(2, 0), register_channels=[]), "requires API 2.0"),
    ("an async hook", plugin(register_channels=_hook), "register_channels is asynchronous"),
    ("a hook that raises", plugin(register_channels=_raises), "RuntimeError: no licence"),
    ("a hook that exits", plugin(register_channels=_exits), "SystemExit: 4"),
    ("no list", plugin(register_channels={"fax": 1}), "returned dict; return a list or tuple"),
    ("101 objects", plugin(register_channels=[Fax()] * 101), "returned 101 objects"),
    (
        "no channel",
        plugin(register_channels=[object()]),
        "object is no channel: it lacks Event, measure, name, pricing, readme, samples",
    ),
    ("a class", plugin(register_channels=[Fax]), "Fax is a class; register an instance"),
    ("a bad name", refused_channel(name="Fax!"), "channel 'Fax!' is no name"),
    ("no text as a name", refused_channel(name=3), "channel 3 is no name"),
    ("an async measure", refused_channel(measure=_later), "measure is asynchronous"),
    ("an unknown pricing", refused_channel(pricing="weekly"), "'weekly' is none of per_period"),
    (
        "pricing per event",
        refused_channel(pricing="per_event"),
        "fax is priced per_event, which this release cannot do; it prices per_period",
    ),
    (
        "windowed pricing",
        refused_channel(
            pricing="windowed",
            reach=Reach(timedelta(days=1), timedelta(days=1)),
            rule_sets=(),
            replay_key=lambda self, event: "",
            measure_window=lambda self, occurrences, rules: [],
        ),
        "fax is priced windowed, which this release cannot do; it prices per_period",
    ),
    (
        "windowed without a window",
        refused_channel(pricing="windowed"),
        "lacks reach, rule_sets, replay_key or measure_window",
    ),
    (
        "a charge of its own",
        refused_channel(charge=lambda self, usage, rate: None),
        "has a charge of its own, which this release does not call",
    ),
    ("no units", refused_channel(units=()), "has 0 units"),
    ("units of text", refused_channel(units=("page",)), "units is no tuple of Unit"),
    (
        "a unit twice",
        refused_channel(units=(Unit("page", "Page"), Unit("page", "Sheet"))),
        "has two units named page",
    ),
    ("no label", refused_channel(units=(Unit("page", " "),)), "unit page has no label"),
    (
        "an unknown aggregation",
        refused_channel(units=(Unit("page", "Page", "median"),)),
        "aggregates by 'median'; use sum, max, last, average",
    ),
    ("no readme", refused_channel(readme=""), "readme is no text"),
    ("an event that is a dict", refused_channel(Event=dict), "and no dataclass"),
    (
        "an event that can change",
        refused_channel(Event=event_class(str, frozen=False)),
        "FaxEvent is not frozen",
    ),
    (
        "no docstring",
        refused_channel(Event=event_class(str, doc="FaxEvent(value: str)")),
        "FaxEvent has no docstring",
    ),
    ("a float", refused_channel(Event=event_class(float)), "FaxEvent.value is float; allowed"),
    (
        "a dict",
        refused_channel(Event=event_class(dict[str, str])),
        "is dict[str, str]; allowed",
    ),
    ("a list", refused_channel(Event=event_class(list[str])), "is list[str]; allowed"),
    ("a pair", refused_channel(Event=event_class(tuple[str, int])), "tuple[str, int]; allowed"),
    ("either", refused_channel(Event=event_class(str | int)), "is str | int; allowed"),
    (
        "a list of optionals",
        refused_channel(Event=event_class(tuple[str | None, ...])),
        "allowed are str, bool, int, Decimal",
    ),
    (
        "no description",
        refused_channel(Event=event_class(str, metadata={})),
        "FaxEvent.value has no description",
    ),
    (
        "a default factory",
        refused_channel(Event=event_class(str, default_factory=str)),
        "has a default_factory",
    ),
    (
        "an endless text",
        refused_channel(
            Event=event_class(str, metadata={"description": "Some.", "max_length": 10**9})
        ),
        "has a max_length that is not 1 to 100000",
    ),
    (
        "a field of the record's",
        refused_channel(Event=renamed_field("occurred_at")),
        "FaxEvent.occurred_at has a name that the record around the event uses",
    ),
    ("camel case", refused_channel(Event=renamed_field("pageCount")), "no snake_case name"),
    (
        "an event of another name",
        refused_channel(Event=event_class(str, name="Event")),
        "Event does not begin with Fax",
    ),
    (
        "an enum of another name",
        refused_channel(Event=event_class(Shade)),
        "Shade does not begin with Fax",
    ),
    (
        "an enum in lower case",
        refused_channel(Event=event_class(FaxMood)),
        "FaxMood.dark is not in UPPER_CASE",
    ),
    (
        "a model of Forfait's name",
        plugin(register_price_models=[type("M", (Model,), {"name": "tiered"})()]),
        "price model tiered has the name of one of Forfait's own",
    ),
    (
        "an async model",
        plugin(register_price_models=[type("M", (Model,), {"price": _later})()]),
        "price model halves: price is asynchronous",
    ),
    (
        "a gateway that blocks",
        plugin(
            register_payment_gateways=[
                type("G", (Gateway,), {"collect": lambda self, request: None})()
            ]
        ),
        "payment gateway transfer: collect is not asynchronous",
    ),
]


@pytest.mark.parametrize(
    ("unfit", "reason"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS]
)
def test_the_host_does_not_start_with_an_unfit_plugin(unfit, reason):
    """The message names plugin, version and reason."""
    with pytest.raises(PluginsRefused) as caught:
        PluginHost([unfit])
    (problem,) = caught.value.problems
    assert (problem.plugin, problem.version) == ("fax_plugin", "2.1")
    assert reason in problem.message
    assert f"plugin fax_plugin 2.1: {problem.message}" in str(caught.value)


def test_the_fit_plugin_of_these_tests_is_taken():
    """So that each row above fails for its own reason."""
    host = PluginHost(
        [
            plugin(
                register_channels=[Fax()],
                register_price_models=[Model()],
                register_payment_gateways=[Gateway()],
            )
        ]
    )
    assert list(host.channels) == ["fax"]
    assert list(host.price_models) == ["halves"]
    (listing,) = host.plugins()
    assert listing.waiting == ("register_payment_gateways",)
    assert not listing.is_built_in


def test_a_hook_wrapper_is_refused():
    """It could change what other plugins contribute."""
    wrapper = SimpleNamespace(
        __plugin_name__="sly",
        REQUIRES_API=(1, 0),
        register_channels=hookimpl(wrapper=True)(_wrapper),
    )
    with pytest.raises(PluginsRefused, match="register_channels is a wrapper"):
        PluginHost([wrapper])


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
    assert unfit.failures == ("it requires API 9.0; this release has 1.0",)


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
