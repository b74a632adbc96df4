"""The statements that read facts: one each, `$2` are the ids of the subjects."""

from __future__ import annotations

from typing import Final

ACCOUNTS: Final = """
SELECT a.id, a.classification, a.currency, a.country, a.timezone, a.test_clock, a.created_at,
    a.attributes, u.code AS unit
FROM account a JOIN org_unit u ON u.tenant_id = a.tenant_id AND u.id = a.org_unit_id
WHERE a.tenant_id = $1 AND a.id = ANY ($2::uuid[])
"""
SUBSCRIPTIONS: Final = """
SELECT s.id, s.account_id, s.type, s.classification, s.state, s.agreement_date, s.timezone,
    s.starts_at, s.ends_at, s.bound_from, s.bound_until, s.attributes, u.code AS unit,
    ARRAY(SELECT r.from_at FROM subscription_rest r WHERE r.tenant_id = s.tenant_id
        AND r.subscription_id = s.id ORDER BY r.from_at) AS rests_from,
    ARRAY(SELECT r.until_at FROM subscription_rest r WHERE r.tenant_id = s.tenant_id
        AND r.subscription_id = s.id ORDER BY r.from_at) AS rests_until
FROM subscription s JOIN org_unit u ON u.tenant_id = s.tenant_id AND u.id = s.org_unit_id
WHERE s.tenant_id = $1 AND s.id = ANY ($2::uuid[])
"""
PHASES: Final = """
SELECT f.subscription_id AS owner_id, f.from_at, p.code AS plan,
    f.billing_terms_version_id AS terms_version_id
FROM subscription_phase f
JOIN price_plan_version v ON v.tenant_id = f.tenant_id AND v.id = f.price_plan_version_id
JOIN price_plan p ON p.tenant_id = v.tenant_id AND p.id = v.price_plan_id
WHERE f.tenant_id = $1 AND f.subscription_id = ANY ($2::uuid[])
ORDER BY f.subscription_id, f.from_at
"""
ITEMS: Final = """
SELECT i.subscription_id AS owner_id, i.from_at, i.until_at, p.code, p.type
FROM subscription_item i
JOIN product p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
WHERE i.tenant_id = $1 AND i.subscription_id = ANY ($2::uuid[])
"""
# A request counts while it waits, and for the very billing that took it: its period is not
# billed yet.
IN_ADVANCE: Final = """
SELECT r.subscription_id AS id, max(r.months)::int AS months
FROM advance_request r
LEFT JOIN billing_period b ON b.tenant_id = r.tenant_id AND b.id = r.period_id
WHERE r.tenant_id = $1 AND r.subscription_id = ANY ($2::uuid[]) AND r.months IS NOT NULL
  AND (r.state = 'waiting' OR (r.state = 'billed' AND b.state <> 'billed'))
GROUP BY r.subscription_id
"""
JOBS: Final = """
SELECT j.id, j.account_id, j.classification, j.state, j.agreement_date, j.starts_at,
    j.expected_at, j.completed_at, j.attributes, u.code AS unit, t.code AS type,
    p.code AS plan, b.code AS terms
FROM job j
JOIN org_unit u ON u.tenant_id = j.tenant_id AND u.id = j.org_unit_id
JOIN catalogue_entry t ON t.tenant_id = j.tenant_id AND t.id = j.type_id
LEFT JOIN price_plan_version v ON v.tenant_id = j.tenant_id AND v.id = j.price_plan_version_id
LEFT JOIN price_plan p ON p.tenant_id = j.tenant_id AND p.id = v.price_plan_id
LEFT JOIN billing_terms_version w
    ON w.tenant_id = j.tenant_id AND w.id = j.billing_terms_version_id
LEFT JOIN billing_terms b ON b.tenant_id = j.tenant_id AND b.id = w.billing_terms_id
WHERE j.tenant_id = $1 AND j.id = ANY ($2::uuid[])
"""
JOB_LINES: Final = """
SELECT l.job_id AS owner_id, p.code, p.type
FROM job_line l JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.job_id = ANY ($2::uuid[])
"""
