"""Reading facts: a fixed number of statements, for any number of subscriptions and jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from core.catalogue.entries import entries
from core.catalogue.schema.segments import SegmentDefinition
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.facts import sql
from core.facts.ages import age
from core.facts.facts import Facts, Fields, Segment, Subject
from core.facts.usage_windows import UsageAsked, read_usage_windows
from core.kernel.condition_context import segment_schema, with_blanks
from core.kernel.conditions import Condition
from core.kernel.periods import start_of_day

_INSTANT: Final = timedelta(microseconds=1)


async def load_facts(
    tx: Tx,
    *,
    subscription_ids: Collection[UUID] = (),
    account_ids: Collection[UUID] = (),
    job_ids: Collection[UUID] = (),
    at: Mapping[UUID, datetime] | None = None,
    with_segments: bool = True,
    at_hand: Collection[UUID] | None = None,
) -> Facts:
    """Read what conditions ask of these subscriptions, accounts and jobs.

    The accounts of the subscriptions and jobs come along. `at` is the time of the question
    by account; without it, it is the account's own: its test clock, or now. Leave segments
    out where no condition reads them (`reads_segments`). `at_hand` are the periods that are
    being billed, for segments that count usage.
    """
    subscriptions = await _rows(tx, sql.SUBSCRIPTIONS, subscription_ids)
    jobs = await _rows(tx, sql.JOBS, job_ids)
    wanted = {*account_ids, *(row["account_id"] for row in (*subscriptions, *jobs))}
    facts = Facts(segments=await _segments(tx) if with_segments else ())
    for row in await _rows(tx, sql.ACCOUNTS, wanted):
        now = (at or {}).get(row["id"]) or row["test_clock"] or tx.now
        facts.accounts[row["id"]] = Subject(row["id"], _account(row), row["timezone"], now)
    await _add_subscriptions(tx, facts, subscriptions)
    await _add_jobs(tx, facts, jobs)
    await _add_usage(tx, facts, at_hand=at_hand)
    return facts


async def _add_usage(tx: Tx, facts: Facts, *, at_hand: Collection[UUID] | None) -> None:
    """Count the usage that segments ask for; mostly none does."""
    subjects = {"account": facts.accounts, "subscription": facts.subscriptions}
    asking = [
        (subject, segment, None if segment.of == "account" else subject_id)
        for segment in facts.segments
        if segment.windows
        for subject_id, subject in subjects[segment.of].items()
    ]
    asked = [
        UsageAsked(subject.account_id, only_of, subject.zone, subject.at, segment.windows)
        for subject, segment, only_of in asking
    ]
    found = await read_usage_windows(tx, asked, at_hand=at_hand)
    for (subject, segment, _only_of), usage in zip(asking, found, strict=True):
        subject.usage[segment.code] = usage


async def _rows(tx: Tx, statement: str, ids: Collection[UUID]) -> list[Any]:
    return await tx.fetch(statement, tx.tenant_id, list(ids)) if ids else []


async def _segments(tx: Tx) -> list[Segment]:
    found: list[Segment] = []
    for entry in await entries(tx, "segments", states=("active",)):
        assert isinstance(entry.definition, SegmentDefinition)
        of, windows = entry.definition.of, entry.definition.usage_windows
        schema = segment_schema(of, usage_windows=[window.name for window in windows])
        condition = Condition.compile(entry.definition.when, schema=schema)
        found.append(Segment(entry.code, of, condition, windows))
    return found


def _account(row: Any) -> Fields:
    return with_blanks(
        "account",
        {
            "class": row["classification"],
            "currency": row["currency"],
            "country": row["country"],
            "time_zone": row["timezone"],
            "unit": row["unit"],
            "created_at": row["created_at"],
            "attributes": row["attributes"],
        },
    )


async def _add_subscriptions(tx: Tx, facts: Facts, rows: list[Any]) -> None:
    ids = [row["id"] for row in rows]
    phases = _grouped(await _rows(tx, sql.PHASES, ids))
    items = _grouped(await _rows(tx, sql.ITEMS, ids))
    in_advance = {row["id"]: row["months"] for row in await _rows(tx, sql.IN_ADVANCE, ids)}
    held = phases.values()
    terms = await load_terms_versions(
        tx, {phase["terms_version_id"] for phases in held for phase in phases}
    )
    for row in rows:
        account = facts.accounts[row["account_id"]]
        moment = _moment(row, account.at)
        phase = _holding(phases.get(row["id"], ()), moment)
        products = list(_held(items.get(row["id"], ()), moment))
        own = terms.get(phase["terms_version_id"]) if phase is not None else None
        fields = _subscription(row, account.at, in_advance=in_advance.get(row["id"], 0))
        fields["products"] = sorted({one["code"] for one in products})
        fields["product_types"] = sorted({one["type"] for one in products if one["type"]})
        if phase is not None and own is not None:
            fields |= {
                "plan": phase["plan"],
                "terms": own.code,
                "frequency": str(own.frequency),
            }
        facts.subscriptions[row["id"]] = Subject(
            row["account_id"], fields, row["timezone"], account.at
        )


def _subscription(row: Any, at: datetime, *, in_advance: int) -> Fields:
    zone = row["timezone"]
    old = age(row["starts_at"], at=at, zone=zone)
    bound_until = row["bound_until"]
    return with_blanks(
        "subscription",
        {
            "type": row["type"],
            "class": row["classification"],
            "state": "suspended" if _is_resting(row, at) else row["state"],
            "unit": row["unit"],
            "agreed_at": start_of_day(row["agreement_date"], zone),
            "started_at": row["starts_at"],
            "age_days": old.days,
            "age_months": old.months,
            "bound": bound_until is not None and row["bound_from"] <= at < bound_until,
            "bound_until": bound_until,
            "months_in_advance": in_advance,
            "attributes": row["attributes"],
        },
    )


def _is_resting(row: Any, at: datetime) -> bool:
    """Tell whether a rest holds: a subscription is suspended then, and nothing stores it."""
    return any(
        from_at <= at and (until_at is None or at < until_at)
        for from_at, until_at in zip(row["rests_from"], row["rests_until"], strict=True)
    )


def _moment(row: Any, at: datetime) -> datetime:
    """Return when to look at what is held: within the subscription's own time.

    Its last bill, after its end, asks about what it was until then.
    """
    ends_at = row["ends_at"]
    last: datetime = at if ends_at is None else min(at, ends_at - _INSTANT)
    starts_at: datetime = row["starts_at"]
    return max(last, starts_at)


def _holding(phases: Iterable[Any], at: datetime) -> Any:
    """Return the phase that holds at the instant, the nearest one where none does."""
    chosen = None
    for phase in phases:
        if chosen is None or phase["from_at"] <= at:
            chosen = phase
    return chosen


def _held(items: Iterable[Any], at: datetime) -> Iterable[Any]:
    for item in items:
        if item["from_at"] <= at and (item["until_at"] is None or at < item["until_at"]):
            yield item


async def _add_jobs(tx: Tx, facts: Facts, rows: list[Any]) -> None:
    lines = _grouped(await _rows(tx, sql.JOB_LINES, [row["id"] for row in rows]))
    for row in rows:
        account = facts.accounts[row["account_id"]]
        products = lines.get(row["id"], [])
        fields = with_blanks(
            "job",
            {
                "type": row["type"],
                "class": row["classification"],
                "state": row["state"],
                "terms": row["terms"],
                "plan": row["plan"],
                "unit": row["unit"],
                "products": sorted({one["code"] for one in products}),
                "product_types": sorted({one["type"] for one in products if one["type"]}),
                "agreed_at": start_of_day(row["agreement_date"], account.zone),
                "started_at": row["starts_at"],
                "expected_at": row["expected_at"],
                "completed_at": row["completed_at"],
                "completed_or_now": row["completed_at"] or account.at,
                "attributes": row["attributes"],
            },
        )
        facts.jobs[row["id"]] = Subject(row["account_id"], fields, account.zone, account.at)


def _grouped(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["owner_id"]].append(row)
    return found
