"""Claiming what is open of new invoices, and letting go of what is settled.

A claim is a collection from the account's default method, and a dunning by the payment
policy of the terms. Both wait for their time (`collecting`, `dunning`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from core.db import Tx
from core.kernel.ids import new_id
from core.payments.lifting import lift_suspension
from core.payments.new_invoices import New
from core.payments.policy import PaymentPolicy
from core.payments.waking import wake_payments

# The terms that hold when an invoice is due, of its subscriptions and of its jobs.
_POLICIES: Final = """
SELECT x.invoice_id, v.body -> 'payment' AS policy, x.subscription_id FROM (
    SELECT DISTINCT l.invoice_id, l.subscription_id, i.due_at, p.billing_terms_version_id
    FROM invoice_line l
    JOIN invoice i ON i.tenant_id = $1 AND i.id = l.invoice_id
    CROSS JOIN LATERAL (SELECT billing_terms_version_id FROM subscription_phase
        WHERE tenant_id = $1 AND subscription_id = l.subscription_id
        ORDER BY from_at > i.due_at, abs(extract(epoch FROM from_at - i.due_at)) LIMIT 1) AS p
    WHERE l.tenant_id = $1 AND l.invoice_id = ANY ($2::uuid[])
    UNION ALL
    SELECT DISTINCT l.invoice_id, NULL::uuid, NULL::timestamptz, j.billing_terms_version_id
    FROM invoice_line l JOIN job j ON j.tenant_id = $1 AND j.id = l.job_id
    WHERE l.tenant_id = $1 AND l.invoice_id = ANY ($2::uuid[])) AS x
JOIN billing_terms_version v ON v.tenant_id = $1 AND v.id = x.billing_terms_version_id
WHERE v.body -> 'payment' IS NOT NULL
ORDER BY x.invoice_id, x.subscription_id
"""
_PAY_BY: Final = """
UPDATE invoice_settlement s SET pay_by = n.pay_by
FROM unnest($2::uuid[], $3::timestamptz[]) AS n (id, pay_by)
WHERE s.tenant_id = $1 AND s.invoice_id = n.id
"""
_DUNNING_COLUMNS: Final = (
    "tenant_id", "invoice_id", "account_id", "subscription_id", "policy", "step", "next_at",
    "state", "has_suspended", "is_test", "created_at",
)  # fmt: skip
_COLLECTION_COLUMNS: Final = (
    "tenant_id", "id", "account_id", "invoice_id", "method_id", "gateway", "currency",
    "amount", "state", "attempts", "next_at", "is_test", "reference", "reason", "created_at",
)  # fmt: skip
_SETTLED: Final = """
UPDATE dunning d SET state = 'settled', next_at = NULL
FROM invoice_settlement s
WHERE d.tenant_id = $1 AND d.invoice_id = ANY ($2::uuid[]) AND d.state <> 'settled'
    AND s.tenant_id = $1 AND s.invoice_id = d.invoice_id AND s.paid + s.credited >= s.total
RETURNING d.invoice_id, d.account_id, d.subscription_id, d.step, d.has_suspended
"""
# What waits is for what is open; one that a gateway has been asked for keeps its amount.
_LESS: Final = """
UPDATE collection c SET amount = s.total - s.paid - s.credited
FROM invoice_settlement s
WHERE c.tenant_id = $1 AND c.invoice_id = ANY ($2::uuid[]) AND c.state = 'waiting'
    AND s.tenant_id = $1 AND s.invoice_id = c.invoice_id AND s.paid + s.credited < s.total
    AND c.amount <> s.total - s.paid - s.credited
"""
_CANCELLED: Final = """
UPDATE collection c SET state = 'cancelled', settled_at = $3, reason = 'the invoice is settled'
FROM invoice_settlement s
WHERE c.tenant_id = $1 AND c.invoice_id = ANY ($2::uuid[]) AND c.state = 'waiting'
    AND s.tenant_id = $1 AND s.invoice_id = c.invoice_id AND s.paid + s.credited >= s.total
"""


class _Claim(NamedTuple):
    new: New
    plain: Mapping[str, Any]
    policy: PaymentPolicy
    subscription_id: UUID | None
    pay_by: datetime


async def make_claims(tx: Tx, owed: Sequence[New]) -> None:
    """Make what claims these invoices: those with something open, by policy and method."""
    if not owed:
        return
    open_ones = [one for one in owed if one.open > 0]
    await _collect(tx, [one for one in open_ones if one.method_id is not None])
    if any(one.has_policies for one in owed):
        await _remind(tx, await _claims(tx, owed))
    if open_ones:
        await wake_payments(tx, at=tx.now)


async def note_settled(tx: Tx, invoice_ids: Sequence[UUID], *, at: datetime) -> None:
    """Let go of what is settled now: no collection, no reminder, and no suspension more.

    `at` is the account's time; invoices of several accounts on one clock only.
    """
    if not invoice_ids:
        return
    ids = sorted(set(invoice_ids))
    await tx.execute(_LESS, tx.tenant_id, ids)
    await tx.execute(_CANCELLED, tx.tenant_id, ids, tx.now)
    for row in await tx.fetch(_SETTLED, tx.tenant_id, ids):
        if row["has_suspended"]:
            await lift_suspension(tx, row, at=at)


async def _claims(tx: Tx, owed: Sequence[New]) -> list[_Claim]:
    """Return each invoice's policy: of several, the one under which it is due first."""
    by_id = {one.id: one for one in owed}
    found: dict[UUID, _Claim] = {}
    for row in await tx.fetch(_POLICIES, tx.tenant_id, list(by_id)):
        new = by_id[row["invoice_id"]]
        policy = PaymentPolicy.from_plain(row["policy"])
        pay_by = policy.pay_by(new.now, zone=new.timezone)
        claim = _Claim(new, row["policy"], policy, row["subscription_id"], pay_by)
        before = found.get(new.id)
        if before is None or claim.pay_by < before.pay_by:
            found[new.id] = claim
    return list(found.values())


async def _remind(tx: Tx, claims: Sequence[_Claim]) -> None:
    if not claims:
        return
    ids = [claim.new.id for claim in claims]
    await tx.execute(_PAY_BY, tx.tenant_id, ids, [claim.pay_by for claim in claims])
    rows = [
        (
            tx.tenant_id,
            claim.new.id,
            claim.new.account_id,
            # An invoice for several subscriptions names none; its lines do.
            claim.new.subscription_id,
            orjson.dumps(dict(claim.plain)).decode(),
            0,
            steps[0].at if steps else None,
            "open",
            False,
            claim.new.is_test,
            tx.now,
        )
        for claim in claims
        if claim.new.open > 0
        for steps in [claim.policy.steps(claim.pay_by, zone=claim.new.timezone)]
    ]
    if rows:
        await tx.copy_into("dunning", _DUNNING_COLUMNS, rows)


async def _collect(tx: Tx, owed: Sequence[New]) -> None:
    if not owed:
        return
    rows = [
        (
            tx.tenant_id, new_id(), one.account_id, one.id, one.method_id, one.gateway,
            one.currency, one.open, "waiting", 0, one.now, one.is_test, "", "", tx.now,
        )
        for one in owed
    ]  # fmt: skip
    await tx.copy_into("collection", _COLLECTION_COLUMNS, rows)
