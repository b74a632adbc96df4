"""An observer that keeps what it hears, or fails as often as it is told to."""

from __future__ import annotations

from core.plugin_api import hookimpl
from core.plugin_api.outside import DomainEvent

REQUIRES_API = (1, 0)
__version__ = "1.0"

heard: list[DomainEvent] = []
failures: list[str] = []


class Listener:
    """Hears of final invoices."""

    name = "listener"
    kinds = frozenset({"invoice.finalised"})

    async def observe(self, event: DomainEvent) -> None:
        """Keep the event, or fail once for every failure asked for."""
        if failures:
            raise RuntimeError(failures.pop())
        heard.append(event)


@hookimpl
def register_observers():
    """Contribute the observer."""
    return [Listener()]
