"""What a worker counts of its closings, for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Histogram

INVOICES: Final = Counter("forfait_invoices", "Invoices made final by this process.")
PARKED: Final = Counter(
    "forfait_parked", "Subscriptions parked by this process, by reason.", ["code"]
)
CHUNK_SECONDS: Final = Histogram(
    "forfait_chunk_seconds",
    "Time to close one chunk.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
