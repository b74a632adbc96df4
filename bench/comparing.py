"""Compare what the product closed with what the floor closed, row by row."""

from __future__ import annotations

from typing import Final

from bench.place import Owner

RESULTS: Final = {
    "invoices": """
        SELECT account_id, subscription_id, kind, currency, tax_mode, issue_date, due_at, net,
            tax, total, total_minor, taxes, parties, line_count FROM invoice
    """,
    "lines": """
        SELECT number, kind, subscription_id, product_id, price_plan_version_id, period_id,
            is_difference, description, quantity, unit, dimension, from_at, until_at, working,
            tax_class, tax_rate, amount, net, tax, gross FROM invoice_line
    """,
    "settlements": """
        SELECT i.subscription_id, s.total, s.paid, s.credited FROM invoice_settlement s
        JOIN invoice i ON i.tenant_id = s.tenant_id AND i.id = s.invoice_id
    """,
    "slices": """
        SELECT item_id, revision, kind, from_at, until_at, subscription_id, period_id,
            price_plan_version_id, quantity, amount FROM fee_slice
    """,
    "steps": """
        SELECT period_id, seq, prev, billed_by, inputs, totals FROM billing_step
    """,
    "numbers": "SELECT series, n, prev, issue_date FROM invoice_number",
    # How far the chunks are is told by the product alone: the floor has none.
    "notifications": """
        SELECT topic, payload - 'invoice' AS payload FROM outbox
        WHERE topic <> 'close.progressed'
    """,
    "periods": """
        SELECT account_id, subscription_id, stream, ordinal, starts_at, ends_at,
            whole_starts_at, whole_ends_at, due_at, is_test, state FROM billing_period
    """,
}
"""What must be equal: all but ids made by the way, digests, and instants of writing."""

ANALYZE: Final = "ANALYZE invoice, invoice_line, invoice_settlement, fee_slice, billing_step"
"""For our own joins after a closing: the tables were empty a moment ago."""


class ResultsDiffer(Exception):
    """The floor has not written what the product has: the ratio would mean nothing."""


async def keep_results(owner: Owner) -> None:
    """Keep what is closed now, to be compared with another closing of the same month."""
    await owner.execute(ANALYZE)
    for name, sql in RESULTS.items():
        await owner.execute(f"DROP TABLE IF EXISTS bench.kept_{name}")
        await owner.execute(f"CREATE TABLE bench.kept_{name} AS {sql}")


async def compare_results(owner: Owner) -> dict[str, int]:
    """Return how many rows of each kind are equal in both closings.

    Raises:
        ResultsDiffer: a row of one is not in the other.
    """
    await owner.execute(ANALYZE)
    counts: dict[str, int] = {}
    for name, sql in RESULTS.items():
        kept = f"TABLE bench.kept_{name}"
        differing = await owner.fetch(
            f"(({kept}) EXCEPT ALL ({sql})) UNION ALL (({sql}) EXCEPT ALL ({kept})) LIMIT 4"
        )
        if differing:
            rows = "\n".join(str(dict(row)) for row in differing)
            raise ResultsDiffer(f"the {name} of product and floor differ:\n{rows}")
        counts[name] = await owner.fetchval(f"SELECT count(*) FROM bench.kept_{name}")
    return counts
