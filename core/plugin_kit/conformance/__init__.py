"""The checks that every channel passes: plain functions, so that they run without pytest.

`core.plugin_api.conformance` offers them as tests, `forfait plugin check` as a table.
"""

from core.plugin_kit.conformance.outcome import Nonconformity, NotApplicable
from core.plugin_kit.conformance.purity import watched
from core.plugin_kit.conformance.subject import Subject, sound_samples
from core.plugin_kit.conformance.suite import CHECKS, Check

__all__ = [
    "CHECKS",
    "Check",
    "Nonconformity",
    "NotApplicable",
    "Subject",
    "sound_samples",
    "watched",
]
