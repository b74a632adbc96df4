"""What Prometheus is told of this process."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_NANOSECONDS: Final = 1_000_000_000


class Measurements:
    """Requests by path and status, and how long they took.

    The registry belongs to one application, so that two in one process do not add up.
    `paths` are the only values of that label: a scanner cannot make new ones.
    """

    content_type: Final = CONTENT_TYPE_LATEST

    def __init__(
        self, *, paths: frozenset[str], registry: CollectorRegistry | None = None
    ) -> None:
        self._paths = paths
        self._registry = registry or CollectorRegistry()
        self._requests = Counter(
            "forfait_http_requests",
            "Requests answered.",
            ("path", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "forfait_http_request_seconds",
            "From a request's arrival to the end of its answer.",
            ("path",),
            buckets=_SECONDS,
            registry=self._registry,
        )

    def observe(self, path: str, *, status: int, took_ns: int) -> None:
        """Count one request."""
        known = path if path in self._paths else "other"
        self._requests.labels(known, str(status)).inc()
        self._seconds.labels(known).observe(took_ns / _NANOSECONDS)

    def text(self) -> bytes:
        """Return all measurements in Prometheus's text format."""
        return generate_latest(self._registry)
