"""The facts that conditions read: of accounts, subscriptions and jobs, for many at once.

Owns: reading them, counting usage in windows, which segments each belongs to, and the facts of
what is only to be. Does
not own: which fields there are (`core.kernel.condition_context`), the conditions, and `bill`,
which pricing adds. Invariants: a fixed number of statements; all facts of an account are as of
one instant of its time; a segment is asked when something is asked about its subject.
"""

from core.facts.facts import Facts, reads_segments
from core.facts.load_facts import load_facts
from core.facts.usage_windows import Usage, UsageAsked, read_usage_windows

__all__ = [
    "Facts",
    "Usage",
    "UsageAsked",
    "load_facts",
    "read_usage_windows",
    "reads_segments",
]
