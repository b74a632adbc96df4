"""Forfait's conformance suite: what every channel must do."""

import pytest
from core.plugin_api.conformance import ChannelConformance

from ${package}.plugin import ${prefix}Channel


class Test${prefix}Channel(ChannelConformance):
    """Each property is a test; a failure says what to do."""

    @pytest.fixture
    def channel(self):
        """Return the channel under test."""
        return ${prefix}Channel()
