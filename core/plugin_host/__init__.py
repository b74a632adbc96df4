"""Finds plugins, checks them against the contract, and checks what they answer.

Owns: discovery, refusing to start, event types, validation of answers. Does not own:
prices (core.rating) and the processes of third-party plugins (core.pricing_pool).
Invariant: nothing that a plugin returned leaves here unchecked.
"""

from core.plugin_host.answers import (
    NonsenseAnswer,
    check_charge,
    check_measure,
    check_tax_answer,
)
from core.plugin_host.contract import CORE_PRICE_MODELS
from core.plugin_host.docstrings import described, described_attributes
from core.plugin_host.event_fields import EventField, FieldKind, schema_name
from core.plugin_host.events import EventInvalid, check_event, from_json, to_json
from core.plugin_host.host import PluginHost, survey
from core.plugin_host.hosted import Hosted, HostedChannel, PluginListing, PluginState
from core.plugin_host.measuring import MAX_BATCH, Measured, Verdict, measure_batch
from core.plugin_host.refusals import PluginMissing, PluginProblem, PluginsRefused, Rejection
from core.plugin_host.sources import (
    Origin,
    PluginsFolderUnfit,
    PluginSource,
    file_source,
    folder_sources,
    installed_sources,
    source_of,
)
from core.plugin_host.versions import warn_of_deprecations
from core.plugin_host.windowed import RulesInForce, judged, rules_in_force, windowed

__all__ = [
    "CORE_PRICE_MODELS",
    "MAX_BATCH",
    "EventField",
    "EventInvalid",
    "FieldKind",
    "Hosted",
    "HostedChannel",
    "Measured",
    "NonsenseAnswer",
    "Origin",
    "PluginHost",
    "PluginListing",
    "PluginMissing",
    "PluginProblem",
    "PluginSource",
    "PluginState",
    "PluginsFolderUnfit",
    "PluginsRefused",
    "Rejection",
    "RulesInForce",
    "Verdict",
    "check_charge",
    "check_event",
    "check_measure",
    "check_tax_answer",
    "described",
    "described_attributes",
    "file_source",
    "folder_sources",
    "from_json",
    "installed_sources",
    "judged",
    "measure_batch",
    "rules_in_force",
    "schema_name",
    "source_of",
    "survey",
    "to_json",
    "warn_of_deprecations",
    "windowed",
]
