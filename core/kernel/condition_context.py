"""The documented context of conditions: what `account`, `bill` and the rest offer.

A tenant's own attributes are typed by the tenant and added under `attributes`. Money
is in minor units of the bill's or the account's currency; `local_` fields are in the
account's time zone. A field without a value is left out: ask `has()` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from core.kernel.conditions import ConditionSchema

ACCOUNT: Final[Mapping[str, object]] = {
    "class": str,
    "segments": list[str],
    "currency": str,
    "country": str,
    "language": str,
    "time_zone": str,
    "unit": str,
    "created_at": datetime,
}
SUBSCRIPTION: Final[Mapping[str, object]] = {
    "type": str,
    "class": str,
    "state": str,
    "frequency": str,
    "terms": str,
    "plan": str,
    "unit": str,
    "products": list[str],
    "agreed_at": datetime,
    "started_at": datetime,
    "age_days": int,
    "age_months": int,
    "bound": bool,
    "bound_until": datetime,
    "months_in_advance": int,
}
ITEM: Final[Mapping[str, object]] = {
    "product": str,
    "product_type": str,
    "kind": str,
    "quantity": int,
    "started_at": datetime,
    "month": int,
}
EVENT: Final[Mapping[str, object]] = {
    "channel": str,
    "source": str,
    "unit": str,
    "dimension": str,
    "occurred_at": datetime,
    "local_minute": int,
    "local_weekday": int,
    "fields": dict[str, object],
}
JOB: Final[Mapping[str, object]] = {
    "type": str,
    "class": str,
    "state": str,
    "unit": str,
    "started_at": datetime,
    "expected_at": datetime,
    "completed_at": datetime,
    "completed_or_now": datetime,
}
BILL: Final[Mapping[str, object]] = {
    "at": datetime,
    "start": datetime,
    "end": datetime,
    "days": int,
    "months": int,
    "currency": str,
    "subtotal": int,
    "usage_count": dict[str, int],
    "usage_total": dict[str, int],
}


def documented_schema(
    *,
    account_attributes: Mapping[str, object] | None = None,
    subscription_attributes: Mapping[str, object] | None = None,
    job_attributes: Mapping[str, object] | None = None,
) -> ConditionSchema:
    """Return the context's schema with a tenant's own typed attributes."""
    return ConditionSchema(
        {
            "account": {**ACCOUNT, "attributes": dict(account_attributes or {})},
            "subscription": {**SUBSCRIPTION, "attributes": dict(subscription_attributes or {})},
            "item": ITEM,
            "event": EVENT,
            "job": {**JOB, "attributes": dict(job_attributes or {})},
            "bill": BILL,
        }
    )
