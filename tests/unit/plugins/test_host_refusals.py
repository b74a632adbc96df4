"""The host refuses to start, and says which plugin and why. One row per rule."""

import sys
from enum import Enum
from types import SimpleNamespace

import pytest

from core.plugin_api import Unit, hookimpl
from core.plugin_host import PluginHost, PluginsRefused
from tests.unit.plugins.fit_plugins import (
    Fax,
    Gateway,
    Model,
    TaxFree,
    broken_fax,
    event_class,
    plugin,
    renamed_field,
)


class Shade(Enum):
    """Not named after its channel.

    Attributes:
        DARK: The only one.
    """

    DARK = 1


class FaxMood(Enum):
    """Has a member that is no schema name."""

    dark = 1


class FaxPaper(Enum):
    """Has members of which one is not described.

    Attributes:
        ROLL: Endless paper.
        SHEET:
    """

    ROLL = 1
    SHEET = 2


class FaxTray(Enum):
    """Describes none of its members."""

    UPPER = 1


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
    (
        "no version",
        plugin(requires=None, register_channels=[]),
        (
            "it states no REQUIRES_API; write REQUIRES_API = (1, 2), the version of the "
            "contract that it is written against"
        ),
    ),
    (
        "a version in words",
        plugin(requires="1.2", register_channels=[]),
        "its REQUIRES_API is '1.2'; write two numbers, such as REQUIRES_API = (1, 2)",
    ),
    (
        "a later minor",
        plugin(requires=(1, 3), register_channels=[]),
        (
            "it requires API 1.3; this release has 1.2: upgrade Forfait, or install a version "
            "of the plugin for 1.x, or write (1, 2) if you need nothing of 1.3"
        ),
    ),
    (
        "the next major",
        plugin(requires=(2, 0), register_channels=[]),
        (
            "it requires API 2.0; this release has 1.2: upgrade Forfait, or install a version "
            "of the plugin for 1.x"
        ),
    ),
    (
        "an earlier major",
        plugin(requires=(0, 9), register_channels=[]),
        (
            "it requires API 0.9; this release has 1.2: install a version of the plugin that "
            "is written for 1.x"
        ),
    ),
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
        "pricing per event without facts",
        refused_channel(pricing="per_event"),
        "channel fax is per_event and lacks service or rate_facts",
    ),
    (
        "an async service",
        refused_channel(pricing="per_event", service=_later, rate_facts=_later),
        "service is asynchronous",
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
        "an enum that does not describe its members",
        refused_channel(Event=event_class(FaxTray)),
        'FaxTray.UPPER has no description; add a line "UPPER: …" under "Attributes:"',
    ),
    (
        "an enum that describes some of its members, in a list",
        refused_channel(Event=event_class(tuple[FaxPaper, ...])),
        "FaxPaper.SHEET has no description",
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
    (
        "a gateway that does not say whether it collects",
        plugin(register_payment_gateways=[type("G", (Gateway,), {"collects": None})()]),
        "payment gateway transfer: collects is neither True nor False",
    ),
    (
        "a gateway of Forfait's name",
        plugin(register_payment_gateways=[type("G", (Gateway,), {"name": "manual"})()]),
        "payment gateway manual has the name of one of Forfait's own",
    ),
    (
        "a refund that blocks",
        plugin(
            register_payment_gateways=[
                type("G", (Gateway,), {"refund": lambda self, request: None})()
            ]
        ),
        "payment gateway transfer: refund is not asynchronous",
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
                register_tax_engines=[TaxFree()],
            )
        ]
    )
    assert list(host.channels) == ["fax"]
    assert list(host.price_models) == ["halves"]
    (listing,) = host.plugins()
    assert listing.contributions["register_tax_engines"] == ("tax_free",)
    assert list(host.payment_gateways) == ["transfer"]
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
