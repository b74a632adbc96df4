"""Reading the plugins of the installation."""

from __future__ import annotations

import asyncio

import strawberry

from api.access import requires
from api.context import Info
from api.features.plugins.types import Plugin
from api.graphql.cost import FieldCost
from core.plugin_kit.records import records
from core.tenancy import Capability


@strawberry.type(description="Reads of plugins.")
class PluginsQuery:
    """Reads of plugins."""

    @strawberry.field(
        description="The plugins of this installation, Forfait's own first: what they "
        "contribute, whether they are at work, and how they fare. All of them.",
        metadata=FieldCost(flat=20).metadata(),
    )
    @requires(Capability.STAFF_READ)
    async def plugins(self, info: Info) -> list[Plugin]:
        """Return the plugins that this process has, with what is known of them."""
        application = info.context.application
        host = application.host
        listings = host.plugins()
        known = await asyncio.to_thread(records, application.settings.home, listings)
        return [
            Plugin.of(listing, host=host, record=known.get(listing.name))
            for listing in listings
        ]
