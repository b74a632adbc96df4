"""What a partner makes a plugin with: the conformance checks, and the template.

Owns: the checks, running them, and new packages. Does not own: the contract itself
(core.plugin_api) and what the host refuses at its start (core.plugin_host), which the first
of the checks asks. Invariant: nothing here needs a server, a database or pytest.
"""

from core.plugin_kit.conformance import CHECKS, Check, Nonconformity, NotApplicable, Subject
from core.plugin_kit.running import Checked, Outcome, check_plugin

__all__ = [
    "CHECKS",
    "Check",
    "Checked",
    "Nonconformity",
    "NotApplicable",
    "Outcome",
    "Subject",
    "check_plugin",
]
