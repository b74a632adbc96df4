"""The documented context of conditions: what `account`, `bill` and the rest offer.

A tenant's own attributes are any of text, truth and whole number, unless the tenant typed
them. Money is in minor units of the bill's or the account's currency. A text without a value
is the empty text and a list without one is empty: `account.class == "VIP"` is simply false
for an account without a class. An instant without a value (`bound_until`, `completed_at`) and
an attribute that was not given are left out: ask `has()` first. Every field here is filled by
`core.facts`, and `bill` by pricing. Where windows of usage are defined beside a condition, it
has `usage` too: `usage.count.week` events and `usage.total.week` units, whole ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, Literal

from core.kernel.conditions import ConditionSchema

Variable = Literal["account", "subscription", "job", "bill", "item"]
VARIABLES: Final[tuple[Variable, ...]] = ("account", "subscription", "job", "bill")
"""What conditions may read everywhere; `item` is there only for the variants of a rate."""

ACCOUNT: Final[Mapping[str, object]] = {
    "class": str,
    "segments": list[str],
    "currency": str,
    "country": str,
    "time_zone": str,
    "unit": str,
    "created_at": datetime,
}
"""`segments` are the codes of the active segments that it is in; `unit` is a code too."""
SUBSCRIPTION: Final[Mapping[str, object]] = {
    "type": str,
    "class": str,
    "segments": list[str],
    "state": str,
    "frequency": str,
    "terms": str,
    "plan": str,
    "unit": str,
    "products": list[str],
    "product_types": list[str],
    "agreed_at": datetime,
    "started_at": datetime,
    "age_days": int,
    "age_months": int,
    "bound": bool,
    "bound_until": datetime,
    "months_in_advance": int,
}
"""`frequency` is `month` or `3 months`; `months_in_advance` those of a request that waits, or
that this very billing took, else 0. Products are those held at the time of the question."""
JOB: Final[Mapping[str, object]] = {
    "type": str,
    "class": str,
    "segments": list[str],
    "state": str,
    "terms": str,
    "plan": str,
    "unit": str,
    "products": list[str],
    "product_types": list[str],
    "agreed_at": datetime,
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
    "advance_months": int,
    "currency": str,
    "subtotal": int,
    "usage_count": dict[str, int],
    "usage_total": dict[str, int],
}
ITEM: Final[Mapping[str, object]] = {
    "product": str,
    "product_type": str,
    "kind": str,
    "quantity": int,
    "started_at": datetime,
    "month": int,
}
"""An item of a subscription, or a line of a job, while it is priced. `quantity` is in whole
units, what is beyond them left off; `month` is the month of the item's life in which the
slice begins, from 1. A line of a job has neither `started_at` nor `month`."""
_ATTRIBUTES: Final = dict[str, object]
_FIELDS: Final[Mapping[Variable, Mapping[str, object]]] = {
    "account": ACCOUNT,
    "subscription": SUBSCRIPTION,
    "job": JOB,
    "bill": BILL,
    "item": ITEM,
}


def with_blanks(variable: Variable, fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields with "" for each text and [] for each list without a value.

    What else has no value (None) is left out.
    """
    known = {name: value for name, value in fields.items() if value is not None}
    for name, declared in _FIELDS[variable].items():
        if declared is str:
            known.setdefault(name, "")
        elif declared == list[str]:
            known.setdefault(name, [])
    return known


def documented_schema(
    *,
    variables: Collection[Variable] = VARIABLES,
    account_attributes: Mapping[str, object] | None = None,
    subscription_attributes: Mapping[str, object] | None = None,
    job_attributes: Mapping[str, object] | None = None,
    usage_windows: Collection[str] = (),
) -> ConditionSchema:
    """Return the context's schema, of those variables that the place can offer.

    Attributes that a tenant typed are checked by their types; others may be anything.
    `usage_windows` are the names of those that are defined beside the condition.
    """
    offered: dict[Variable, object] = {
        "account": {**ACCOUNT, "attributes": account_attributes or _ATTRIBUTES},
        "subscription": {**SUBSCRIPTION, "attributes": subscription_attributes or _ATTRIBUTES},
        "job": {**JOB, "attributes": job_attributes or _ATTRIBUTES},
        "bill": BILL,
        "item": ITEM,
    }
    ordered: tuple[Variable, ...] = (*VARIABLES, "item")
    readable: dict[str, object] = {name: offered[name] for name in ordered if name in variables}
    return ConditionSchema({**readable, **_usage(usage_windows)})


def segment_schema(
    of: Literal["account", "subscription", "job"], *, usage_windows: Collection[str] = ()
) -> ConditionSchema:
    """Return what a segment's condition may read: its subject, the account, its windows.

    No segments: what belongs to one is not asked for another.
    """
    names: tuple[Variable, ...] = ("account",) if of == "account" else ("account", of)
    readable: dict[str, object] = {name: _without_segments(_FIELDS[name]) for name in names}
    return ConditionSchema({**readable, **_usage(usage_windows)})


def _usage(windows: Collection[str]) -> dict[str, object]:
    """Return `usage` with the windows by name; none are no variable at all."""
    counted = dict.fromkeys(windows, int)
    return {"usage": {"count": counted, "total": counted}} if windows else {}


def _without_segments(fields: Mapping[str, object]) -> dict[str, object]:
    kept = {name: declared for name, declared in fields.items() if name != "segments"}
    return {**kept, "attributes": _ATTRIBUTES}
