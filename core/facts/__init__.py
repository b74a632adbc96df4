"""The facts that conditions read: of accounts, subscriptions and jobs, for many at once."""

from core.facts.facts import Facts, reads_segments
from core.facts.load_facts import load_facts

__all__ = ["Facts", "load_facts", "reads_segments"]
