"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.invoice_diff.queries import InvoiceDiffQuery
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring the comparison of invoices."""
    return Feature(contribution=Contribution(name="invoice_diff", query=InvoiceDiffQuery))
