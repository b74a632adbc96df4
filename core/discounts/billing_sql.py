"""The statements that billing reads discounts with; `$2` are the ids of the targets."""

from __future__ import annotations

from typing import Final

from core.discounts.records import DiscountGrant
from core.rows import column_list

ANY_AT_ALL: Final = """
SELECT EXISTS (SELECT FROM catalogue_entry WHERE tenant_id = $1 AND section = 'discounts')
"""
SUBSCRIPTIONS: Final = """
SELECT id, 'subscription' AS kind, account_id, currency, timezone AS zone, starts_at,
    agreement_date
FROM subscription WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""
JOBS: Final = """
SELECT j.id, 'job' AS kind, j.account_id, j.currency, a.timezone AS zone, j.starts_at,
    j.agreement_date
FROM job j JOIN account a ON a.tenant_id = j.tenant_id AND a.id = j.account_id
WHERE j.tenant_id = $1 AND j.id = ANY ($2::uuid[])
"""
# Of automatic ones also what is cancelled: it keeps the definition from beginning anew.
GRANTS: Final = f"""
SELECT {column_list(DiscountGrant)} FROM (
    SELECT * FROM discount_grant WHERE tenant_id = $1 AND subscription_id = ANY ($2::uuid[])
    UNION ALL
    SELECT * FROM discount_grant WHERE tenant_id = $1 AND job_id = ANY ($2::uuid[])
) g
WHERE method = 'auto'
   OR (state = 'approved' AND (uses_allowed IS NULL OR uses < uses_allowed))
ORDER BY id
"""  # noqa: S608 - our own columns
WINDOWS: Final = """
SELECT w.account_id, w.definition_id, w.uses
FROM unnest($3::uuid[], $4::timestamptz[]) AS t (account_id, at)
JOIN discount_window w ON w.tenant_id = $1 AND w.account_id = t.account_id
    AND w.starts_at <= t.at AND w.ends_at > t.at
WHERE w.definition_id = ANY ($2::uuid[])
"""
FREE_TIME: Final = """
SELECT grant_id, item_id, allowed - used AS free FROM discount_free_time
WHERE tenant_id = $1 AND grant_id = ANY ($2::uuid[])
"""
PRODUCTS: Final = "SELECT id, code, type FROM product WHERE tenant_id = $1"
USE: Final = """
UPDATE discount_grant g SET uses = g.uses + u.times
FROM unnest($2::uuid[], $3::int[]) AS u (id, times)
WHERE g.tenant_id = $1 AND g.id = u.id AND g.state = 'approved'
  AND (g.uses_allowed IS NULL OR g.uses + u.times <= g.uses_allowed)
RETURNING g.id
"""
USE_WINDOW: Final = """
UPDATE discount_window w SET uses = w.uses + 1, allowed = u.allowed
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::int[])
    AS u (account_id, definition_id, at, allowed)
WHERE w.tenant_id = $1 AND w.account_id = u.account_id AND w.definition_id = u.definition_id
  AND w.starts_at <= u.at AND w.ends_at > u.at AND w.uses < u.allowed
RETURNING w.account_id
"""
SPEND: Final = """
INSERT INTO discount_free_time AS f (tenant_id, grant_id, item_id, used, allowed)
SELECT $1, u.grant_id, u.item_id, u.used, u.allowed
FROM unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::numeric[])
    AS u (grant_id, item_id, used, allowed)
ORDER BY u.grant_id, u.item_id
ON CONFLICT (tenant_id, grant_id, item_id) DO UPDATE SET used = f.used + EXCLUDED.used
WHERE f.used + EXCLUDED.used <= f.allowed
RETURNING f.item_id
"""
