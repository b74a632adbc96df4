"""What a usage service meters: channels and units of installed plugins."""

from __future__ import annotations

import pytest

from tests.unit.catalogue.test_living_refusals import problems

METERED = """
products:
  calls: {kind: usage_service, name: Calls, meters: {channel: CHANNEL, unit: UNIT}}
"""


@pytest.mark.parametrize(
    ("channel", "unit", "expected"),
    [
        (
            "voise",
            "minute",
            (
                "UNKNOWN_CHANNEL",
                "products.calls.meters.channel",
                (
                    "no installed plugin has a channel 'voise'; did you mean voice?; installed "
                    "are fax, voice"
                ),
            ),
        ),
        (
            "voice",
            "hour",
            (
                "UNKNOWN_UNIT",
                "products.calls.meters.unit",
                "voice does not count 'hour'; its units: minute, second",
            ),
        ),
    ],
)
def test_what_is_metered_is_of_an_installed_channel(channel, unit, expected):
    """What there is instead is told, so that nobody has to look for it."""
    text = METERED.replace("CHANNEL", channel).replace("UNIT", unit)
    channels = {"voice": frozenset({"minute", "second"}), "fax": frozenset({"page"})}
    assert problems(text, channels=channels) == [expected]


def test_a_refusal_names_twenty_channels_at_most():
    """Of 21 the last in the order of names is left out."""
    channels = {f"channel_{number:02}": frozenset({"one"}) for number in range(21)}
    ((_code, _path, told),) = problems(METERED, channels=channels)
    assert told.endswith("channel_18, channel_19, …")
    assert problems(METERED, channels={})[0][2].endswith("; installed are none")
