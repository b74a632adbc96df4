"""The tests that every channel passes, for plugins to run with pytest.

    class TestFax(ChannelConformance):
        @pytest.fixture
        def channel(self):
            return FaxChannel()

They replay the channel's own `samples()`, and events at the limits of each field's type that
they make themselves. A failure says what to do. Importing this module needs pytest, which
`pip install forfait[plugin-kit]` brings; `forfait plugin check` runs the same without it.
"""

from core.plugin_api.conformance.channel_tests import ChannelConformance
from core.plugin_api.conformance.windowed_tests import WindowedConformance

__all__ = ["ChannelConformance", "WindowedConformance"]
