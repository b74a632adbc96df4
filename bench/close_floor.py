"""The floor of a closing: set-based SQL that writes the same rows into the same tables.

One connection, one transaction, about fifteen statements for the whole tenant, with
work_mem of 256 MB. It does what any closing of this month must do: sum the events through
the covering index, fill three tiers, state the working of each line, (with a commitment:
the shortfall; with a tax rate: the tax of the invoice, given back to its lines by largest
remainder), and insert invoices, lines, settlements, fee slices, billing steps, numbers,
notifications and next periods, under the same keys, checks, foreign keys and indexes.

It does not do what makes the product one: it knows this seller's prices, tiers, calendar
and lines by heart, and takes the stored inputs of steps ready-made; it reads no late usage,
no plan by phase and time, no gauges, no cuts and no proration; it takes no locks, checks no
sums, cannot leave out a subscription that cannot be billed, cannot be divided between
workers or resumed, and loses everything when it is interrupted. Runs, chunks and audit
entries (one each for a thousand invoices) are not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Final
from uuid import UUID

from bench.calendar import AFTER_NEXT_ENDS, CLOSING, ENDS, STARTS
from bench.place import Owner

_USAGE: Final = """
CREATE TEMPORARY TABLE f_usage ON COMMIT DROP AS
SELECT usage_period_id, product_id, dimension, slot, sum(quantity) AS quantity,
    sum(sign)::int AS events
FROM usage_event WHERE tenant_id = '{tenant}' AND usage_period_id IS NOT NULL
GROUP BY usage_period_id, product_id, dimension, slot
"""
_INVOICES: Final = """
CREATE TEMPORARY TABLE f_invoice ON COMMIT DROP AS
SELECT uuidv7() AS id, u.account_id, u.subscription_id, u.id AS usage_period_id,
    f.id AS fees_period_id, ph.price_plan_version_id AS plan_id, r.fee, r.first_price,
    i.item_id, i.product_id AS seat_id, i.quantity AS seats,
    row_number() OVER (ORDER BY u.subscription_id) AS n,
    jsonb_build_object('seller', jsonb_build_object('name', 'Bench', 'country', 'FR'),
        'buyer', jsonb_build_object('name', a.name, 'email', a.email, 'country', a.country,
            'address', a.address, 'taxNumber', a.tax_number)) AS parties
FROM billing_period u
JOIN billing_period f ON f.tenant_id = u.tenant_id AND f.subscription_id = u.subscription_id
    AND f.stream = 'fees' AND f.state = 'open' AND f.due_at <= '{closing}'
JOIN account a ON a.tenant_id = u.tenant_id AND a.id = u.account_id
JOIN subscription_phase ph ON ph.subscription_id = u.subscription_id
    AND tstzrange(ph.from_at, ph.until_at) @> u.starts_at
JOIN bench.price r ON r.plan_id = ph.price_plan_version_id
JOIN subscription_item i ON i.subscription_id = u.subscription_id
    AND i.product_id = (SELECT id FROM product WHERE code = 'seat')
WHERE u.tenant_id = '{tenant}' AND u.stream = 'usage' AND u.state = 'open'
  AND u.due_at <= '{closing}'
"""
_STEP: Final = (
    """'{"kind":"tier","label":"%s","quantity":"' || %s || '","unitPrice":"' || %s"""
    """ || '","amount":"' || trim_scale(%s) || '","facts":{}}'"""
)
_FIRST: Final = _STEP % ("1 to 100", "trim_scale(q)", "v.first_price", "q * v.first_price")
_FIRST_FULL: Final = _STEP % ("1 to 100", "100", "v.first_price", "100 * v.first_price")
_SECOND: Final = _STEP % ("101 to 1000", "trim_scale(q - 100)", "0.005", "(q - 100) * 0.005")
_SECOND_FULL: Final = _STEP % ("101 to 1000", "900", "0.005", "900 * 0.005")
_THIRD: Final = _STEP % ("from 1001", "trim_scale(q - 1000)", "0.001", "(q - 1000) * 0.001")
_LINES: Final = """
CREATE TEMPORARY TABLE f_line ON COMMIT DROP AS
SELECT v.id AS invoice_id, 1 AS number, 0 AS place, 'fee' AS kind, v.seat_id AS product_id,
    v.fees_period_id AS period_id, 'Seats' AS description, v.seats AS quantity, 0 AS events,
    'seat' AS unit, '' AS dimension,
    '[{"kind":"base","label":"base rate","quantity":"' || trim_scale(v.seats)
        || '","unitPrice":"' || v.fee || '","amount":"' || trim_scale(v.fee * v.seats)
        || '","facts":{}}]' AS working,
    round(v.fee * v.seats, 2) AS amount
FROM f_invoice v
UNION ALL
SELECT v.id, m.number, m.place, 'usage', u.product_id, v.usage_period_id, m.description,
    q, u.events, m.unit, u.dimension,
    CASE WHEN q <= 100 THEN '[' || {first} || ']'
    WHEN q <= 1000 THEN '[' || {first_full} || ','
        || {second} || ']'
    ELSE '[' || {first_full} || ','
        || {second_full} || ','
        || {third} || ']' END,
    round(least(q, 100) * v.first_price + greatest(least(q, 1000) - 100, 0) * 0.005
        + greatest(q - 1000, 0) * 0.001, 2)
FROM f_usage u
CROSS JOIN LATERAL (SELECT u.quantity AS q) AS given
JOIN f_invoice v ON v.usage_period_id = u.usage_period_id
JOIN bench.line m ON m.product_id = u.product_id AND m.dimension = u.dimension
"""
_SHORTFALL: Final = """
INSERT INTO f_line
SELECT v.id, 7, -1, 'commitment', NULL, v.usage_period_id, 'Minimum commitment', 1, 0, '', '',
    '[{"kind":"commitment","label":"minimum of the period","quantity":null,"unitPrice":null,'
        || '"amount":"{commitment}","facts":{"minimum":"{commitment}","share":"1"}},'
        || '{"kind":"counted","label":"charged towards it","quantity":null,"unitPrice":null,'
        || '"amount":"' || trim_scale(-c.counted) || '","facts":{}}]',
    {commitment} - c.counted
FROM (SELECT invoice_id, sum(amount) AS counted FROM f_line GROUP BY invoice_id
    HAVING sum(amount) < {commitment}) AS c
JOIN f_invoice v ON v.id = c.invoice_id
"""
_UNTAXED: Final = """
CREATE TEMPORARY VIEW f_taxed AS SELECT *, 0.00 AS line_tax FROM f_line
"""
_TAXED: Final = """
CREATE TEMPORARY TABLE f_taxed ON COMMIT DROP AS
SELECT invoice_id, number, place, kind, product_id, period_id, description, quantity, events,
    unit, dimension, working, amount, own + CASE WHEN rank <= left_over THEN 0.01 ELSE 0 END
        AS line_tax
FROM (
    SELECT *, row_number() OVER (PARTITION BY invoice_id
            ORDER BY amount * {tax} / 100 - own DESC, number) AS rank,
        (round(sum(amount) OVER (PARTITION BY invoice_id) * {tax} / 100, 2)
            - sum(own) OVER (PARTITION BY invoice_id)) * 100 AS left_over
    FROM (SELECT *, trunc(amount * {tax} / 100, 2) AS own FROM f_line) AS split
) AS placed
"""
_TOTALS: Final = """
CREATE TEMPORARY TABLE f_total ON COMMIT DROP AS
SELECT invoice_id, count(*)::int AS lines, sum(amount) AS net, sum(line_tax) AS tax,
    sha256(string_agg(concat_ws(chr(31), kind, description, quantity, unit, dimension,
        '{starts}', '{ends}', amount, line_tax, amount + line_tax, '{tax}'), chr(30))::bytea)
        AS digest,
    string_agg('["' || kind || '","' || coalesce(product_id::text, '') || '","' || unit
        || '","' || dimension || '",0,"' || quantity || '",' || events || ',"' || amount
        || '",""]', ',' ORDER BY place) FILTER (WHERE kind <> 'fee') AS step_lines
FROM f_taxed GROUP BY invoice_id
"""
_STORE_INVOICES: Final = """
INSERT INTO invoice (tenant_id, id, account_id, subscription_id, kind, currency, tax_mode,
    issue_date, due_at, net, tax, total, total_minor, taxes, parties, line_count, digest,
    run_id, created_at)
SELECT '{tenant}', v.id, v.account_id, v.subscription_id, 'invoice', 'EUR', 'exclusive',
    '2026-02-01', '{ends}', t.net, t.tax, t.net + t.tax, (t.net + t.tax) * 100,
    jsonb_build_array(jsonb_build_object('rate', '{tax}', 'net', t.net::text,
        'tax', t.tax::text, 'gross', (t.net + t.tax)::text)),
    v.parties, t.lines, sha256(t.digest || v.parties::text::bytea), '{run}', '{closing}'
FROM f_invoice v JOIN f_total t ON t.invoice_id = v.id
"""
_STORE_LINES: Final = """
INSERT INTO invoice_line (tenant_id, invoice_id, number, kind, subscription_id, product_id,
    price_plan_version_id, period_id, is_difference, description, quantity, unit, dimension,
    from_at, until_at, working, tax_class, tax_rate, amount, net, tax, gross)
SELECT '{tenant}', l.invoice_id, l.number, l.kind, v.subscription_id, l.product_id, v.plan_id,
    l.period_id, false, l.description, l.quantity, l.unit, l.dimension, '{starts}', '{ends}',
    l.working::jsonb, 'standard', {tax}, l.amount, l.amount, l.line_tax, l.amount + l.line_tax
FROM f_taxed l JOIN f_invoice v ON v.id = l.invoice_id
"""
_STORE_REST: Final = (
    """
INSERT INTO invoice_settlement (tenant_id, invoice_id, total)
SELECT '{tenant}', invoice_id, net + tax FROM f_total
""",
    """
INSERT INTO fee_slice (tenant_id, item_id, revision, kind, from_at, until_at, subscription_id,
    period_id, price_plan_version_id, quantity, amount, invoice_id)
SELECT '{tenant}', item_id, 1, 'fee', '{starts}', '{ends}', subscription_id, fees_period_id,
    plan_id, seats, round(fee * seats, 2), id
FROM f_invoice
""",
    """
INSERT INTO billing_step (tenant_id, period_id, seq, prev, billed_by, invoice_id, inputs,
    totals, created_at)
SELECT '{tenant}', v.usage_period_id, 1, NULL, v.usage_period_id, v.id, i.inputs,
    ('{"v":2,"lines":[' || t.step_lines || '],"taxes":[' || CASE WHEN {tax} > 0 THEN
        '["exclusive","{tax}",' || (t.net * 100)::bigint || ',' || (t.tax * 100)::bigint || ']'
        ELSE '' END || ']}')::jsonb, '{closing}'
FROM f_invoice v
JOIN f_total t ON t.invoice_id = v.id
JOIN bench.inputs i ON i.plan_id = v.plan_id AND i.seats = v.seats
""",
    """
INSERT INTO invoice_number (tenant_id, series, n, prev, invoice_id, issue_date)
SELECT '{tenant}', 'INV', n, nullif(n - 1, 0), id, '2026-02-01' FROM f_invoice
""",
    """
INSERT INTO outbox (tenant_id, id, topic, subject_id, payload, created_at, next_at)
SELECT '{tenant}', uuidv7(), 'invoice.finalised', v.id, jsonb_build_object('invoice', v.id,
    'account', v.account_id, 'currency', 'EUR', 'total', (t.net + t.tax)::text), '{closing}',
    '{closing}'
FROM f_invoice v JOIN f_total t ON t.invoice_id = v.id
""",
    """
UPDATE billing_period SET state = 'billed', run_id = '{run}'
WHERE tenant_id = '{tenant}' AND state = 'open' AND due_at <= '{closing}'
""",
    """
INSERT INTO billing_period (tenant_id, id, account_id, subscription_id, stream, ordinal,
    starts_at, ends_at, whole_starts_at, whole_ends_at, due_at, is_test, state)
SELECT '{tenant}', uuidv7(), account_id, subscription_id, stream, ordinal + 1, ends_at,
    '{after_next}', ends_at, '{after_next}', '{after_next}', false, 'open'
FROM billing_period WHERE tenant_id = '{tenant}' AND state = 'open'
""",
)


async def close_by_sql(
    owner: Owner, tenant_id: UUID, *, tax: str, commitment: int | None
) -> dict[str, float]:
    """Close the month; return the seconds that each of three parts took."""
    values = {
        "tenant": tenant_id, "tax": tax, "commitment": commitment, "starts": STARTS,
        "ends": ENDS, "closing": CLOSING, "after_next": AFTER_NEXT_ENDS,
        "run": UUID(int=0), "first": _FIRST, "first_full": _FIRST_FULL, "second": _SECOND,
        "second_full": _SECOND_FULL, "third": _THIRD,
    }  # fmt: skip
    parts: dict[str, float] = {}
    await owner.execute("SET work_mem = '256MB'")
    async with owner.transaction():
        began = perf_counter()
        # A sorted aggregation follows the index; a hash aggregation would not.
        await owner.execute("SET LOCAL enable_hashagg = off")
        await owner.execute(_filled(_USAGE, values))
        await owner.execute("SET LOCAL enable_hashagg = on")
        parts["aggregate"] = perf_counter() - began
        rating = [_INVOICES, _LINES]
        if commitment is not None:
            rating += ["ANALYZE f_line", _SHORTFALL]
        rating += [_UNTAXED if tax == "0" else _TAXED, _TOTALS]
        await owner.execute("ANALYZE f_usage")
        for statement in rating:
            await owner.execute(_filled(statement, values))
        parts["rate"] = perf_counter() - began - parts["aggregate"]
        await owner.execute("ANALYZE f_invoice; ANALYZE f_total; ANALYZE f_line")
        for statement in (_STORE_INVOICES, _STORE_LINES):
            await owner.execute(_filled(statement, values))
        parts["invoices and lines"] = perf_counter() - began - sum(parts.values())
        for statement in _STORE_REST:
            await owner.execute(_filled(statement, values))
        if tax == "0":
            await owner.execute("DROP VIEW f_taxed")
    parts["the rest"] = perf_counter() - began - sum(parts.values())
    return parts


def _filled(statement: str, values: Mapping[str, object]) -> str:
    """Write values for names in braces; `format` would trip over the JSON in the texts."""
    for name, value in values.items():
        statement = statement.replace(f"{{{name}}}", str(value))
    return statement
