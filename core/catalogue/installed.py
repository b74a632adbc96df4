"""What the running plugins offer, for the checks of a catalogue."""

from __future__ import annotations

from core.catalogue.checks import Installed
from core.plugin_host import PluginHost
from core.rating.price_models import BUILT_IN


def installed_in(host: PluginHost) -> Installed:
    """Return the units of the host's channels and every price model that rates may name."""
    models = {name: hosted.contribution for name, hosted in host.price_models.items()}
    return Installed(
        channels={name: frozenset(found.units) for name, found in host.channels.items()},
        models={**BUILT_IN, **models},
    )
