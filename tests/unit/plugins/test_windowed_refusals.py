"""Windowed channels are Forfait's own in this release, and those are held to their contract."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.plugin_api import Reach, RuleSet
from core.plugin_host.contract import check_channel
from core.plugin_host.refusals import UnfitPlugin
from core.plugin_host.sources import PluginSource
from tests.unit.plugins.fit_plugins import broken_fax


async def _later(self, event):
    return None


RULES = RuleSet("first", date(2026, 1, 1), "none")
WINDOWED = {
    "rule_sets": (RULES,),
    "reasons": {"window": "Free"},
    "counterpart": "to",
    "replay_key": lambda self, event: "one",
    "measure_window": lambda self, occurrences, rules, zone: [],
    "window_state": lambda self, occurrences, rules, counterpart, at: None,
}
"""What a windowed channel has beside the rest, for rows that break one of them."""


@pytest.mark.parametrize("members", [{}, WINDOWED], ids=["as begun", "as finished"])
def test_a_third_partys_is_refused_before_anything_of_it_is_written(members):
    """And told how a third party's channel is priced instead."""
    told = (
        "channel fax is windowed, which this release prices for Forfait's own channels "
        "alone; give pricing per_period or per_event"
    )
    with pytest.raises(UnfitPlugin, match=told):
        check_channel(
            broken_fax(pricing="windowed", **members),
            PluginSource("fax_plugin", "2.1", target="fax_plugin.plugin"),
        )


WINDOWED_ROWS = [
    (
        "windowed without a window",
        broken_fax(pricing="windowed"),
        "lacks rule_sets, reasons, counterpart, replay_key, measure_window or window_state",
    ),
    (
        "windowed without rules",
        broken_fax(pricing="windowed", **{**WINDOWED, "rule_sets": ()}),
        "channel fax has 0 rule sets; 1 to 200",
    ),
    (
        "rule sets of one code",
        broken_fax(pricing="windowed", **{**WINDOWED, "rule_sets": (RULES, RULES)}),
        "has two rule sets of one code",
    ),
    (
        "rule sets out of order",
        broken_fax(
            pricing="windowed",
            **{**WINDOWED, "rule_sets": (RULES, replace(RULES, code="same day"))},
        ),
        "rule_sets are not in the order of their days",
    ),
    (
        "a reach of years",
        broken_fax(
            pricing="windowed",
            **{
                **WINDOWED,
                "rule_sets": (replace(RULES, reach=Reach(forward=timedelta(days=401))),),
            },
        ),
        "first reaches not from 0 to 400 days",
    ),
    (
        "a reason without a label",
        broken_fax(pricing="windowed", **{**WINDOWED, "reasons": {"window": " "}}),
        "reason 'window' is no plain word with a label",
    ),
    (
        "an async replay",
        broken_fax(pricing="windowed", **{**WINDOWED, "measure_window": _later}),
        "measure_window is asynchronous",
    ),
]


@pytest.mark.parametrize(
    ("channel", "reason"),
    [row[1:] for row in WINDOWED_ROWS],
    ids=[row[0] for row in WINDOWED_ROWS],
)
def test_a_windowed_channel_of_forfaits_own_is_held_to_its_contract(channel, reason):
    """Others' are refused as such, before anybody writes what a window needs."""
    own = PluginSource("fax_plugin", "2.1", target=None, is_built_in=True)
    with pytest.raises(UnfitPlugin, match=re.escape(reason)):
        check_channel(channel, own)
