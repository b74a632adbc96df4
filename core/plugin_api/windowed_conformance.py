"""The tests of windowed channels, under the name that they had first."""

from core.plugin_api.conformance.windowed_tests import WindowedConformance

__all__ = ["WindowedConformance"]
