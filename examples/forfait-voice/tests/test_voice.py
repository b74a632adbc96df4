"""Calls are counted by the rules of their day and by zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from core.plugin_api import EventRejected
from core.plugin_api.conformance import ChannelConformance

from forfait_voice.counting import VoiceEvent, measure, stored
from forfait_voice.plugin import VoiceChannel
from forfait_voice.rules import RULES, rules_on


class TestVoice(ChannelConformance):
    """Everything that Forfait asks of a channel."""

    @pytest.fixture
    def channel(self):
        """The channel under test."""
        return VoiceChannel()


@pytest.mark.parametrize(
    ("seconds", "before", "since"), [(1, 60, 30), (30, 60, 30), (31, 60, 31), (61, 120, 61)]
)
def test_the_rules_of_the_day_decide(seconds, before, since):
    """Every started minute until January 2026; then 30 seconds whole and single ones after."""
    assert rules_on(date(2026, 1, 31)).billed(seconds) == before
    assert rules_on(date(2026, 2, 1)).billed(seconds) == since


def test_the_rules_are_in_the_order_of_their_days():
    """Or the wrong ones would hold."""
    assert [one.in_force_from for one in RULES] == sorted(one.in_force_from for one in RULES)


def test_the_number_is_not_kept():
    """Only what decides the zone: +336 for a mobile, + for the rest of the world."""
    at = datetime(2026, 2, 3, tzinfo=UTC)
    assert stored(VoiceEvent("+33612345678", 9, at)).to == "+336"
    assert stored(VoiceEvent("+81312345678", 9, at)).to == "+"


def test_a_refusal_says_what_to_send():
    """A national number has no country."""
    with pytest.raises(EventRejected) as refused:
        measure(VoiceEvent("0142345678", 9, datetime(2026, 2, 3, tzinfo=UTC)))
    assert refused.value.message == "give the number as + and digits, +33612345678"
    assert refused.value.path == ("to",)
