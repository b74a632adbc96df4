"""Keeping what members may open exact, with its time.

A row of `member_access` is a right that a member has through a profile, from when until when.
It follows from profiles, their rights, members and companies; whatever changes one of them
asks for it anew here, under the account's lock.

A change acts from now on and never before, so that what a period counted stays: a period
that is being closed while the change waits for it is over for the change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from core.accounts.clock import now_of_account
from core.db import Tx
from core.freeze_lock import share_freeze

_OPEN_FROM: Final = """
SELECT coalesce(max(ends_at), $3) FROM billing_period
WHERE tenant_id = $1 AND account_id = $2 AND stream = 'usage' AND state <> 'open'
  AND starts_at <= $3 AND ends_at > $3
"""
_WANTED: Final = """
WITH wanted AS (
    SELECT mp.member_id, pr.product_id, pr.company_id, mp.profile_id
    FROM member m
    JOIN member_profile mp ON mp.tenant_id = m.tenant_id AND mp.member_id = m.id
    JOIN profile p ON p.tenant_id = m.tenant_id AND p.id = mp.profile_id
        AND p.state = 'active'
    JOIN profile_right pr ON pr.tenant_id = m.tenant_id AND pr.profile_id = p.id
    LEFT JOIN company c ON c.tenant_id = m.tenant_id AND c.id = pr.company_id
    WHERE m.tenant_id = $1 AND m.account_id = $2 AND m.state = 'active'
        AND (pr.company_id IS NULL OR c.state = 'active')
)
"""
_CLOSE: Final = f"""
{_WANTED}
UPDATE member_access a SET until_at = greatest(a.from_at, $3)
WHERE a.tenant_id = $1 AND a.account_id = $2 AND a.until_at IS NULL
  AND NOT EXISTS (SELECT FROM wanted w WHERE w.member_id = a.member_id
      AND w.product_id = a.product_id AND w.profile_id = a.profile_id
      AND w.company_id IS NOT DISTINCT FROM a.company_id)
"""  # noqa: S608 - our own words
_OPEN: Final = f"""
{_WANTED}
INSERT INTO member_access (tenant_id, id, account_id, member_id, product_id, company_id,
    profile_id, from_at, created_at)
SELECT $1, gen_random_uuid(), $2, w.member_id, w.product_id, w.company_id, w.profile_id, $3, $4
FROM wanted w
WHERE NOT EXISTS (SELECT FROM member_access a WHERE a.tenant_id = $1
    AND a.member_id = w.member_id AND a.until_at IS NULL
    AND a.product_id = w.product_id AND a.profile_id = w.profile_id
    AND a.company_id IS NOT DISTINCT FROM w.company_id)
"""  # noqa: S608 - our own words


async def keep_exact(tx: Tx, account_id: UUID) -> datetime:
    """Let the members' access say what profiles give them, from now on; return from when.

    Call it with the account locked, after the change.
    """
    await share_freeze(tx)
    now = await now_of_account(tx, account_id)
    at: datetime = await tx.fetchval(_OPEN_FROM, tx.tenant_id, account_id, now)
    await tx.execute(_CLOSE, tx.tenant_id, account_id, at)
    await tx.execute(_OPEN, tx.tenant_id, account_id, at, tx.now)
    return at
