"""Which plan prices a phase: a conditional one while its condition holds, or its base alone.

Asked anew at each billing, of the facts of that moment. Facts are read only where a phase
has a conditional plan. What cannot be decided keeps its subscription from being billed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from core.billing_cycles.rows import ClosingRows, JobFacts, PhaseFacts
from core.db import Tx
from core.facts import load_facts, reads_segments
from core.kernel.condition_context import documented_schema
from core.kernel.conditions import Condition
from core.kernel.errors import Refusal
from core.rating.compile import CompiledPlan


async def decide_plans(tx: Tx, rows: ClosingRows) -> None:
    """Ask `apply_when` of every conditional plan at hand, at the time of its billing."""
    phases = [
        phase
        for held in rows.phases.values()
        for phase in held
        if phase.base_version_id is not None
    ]
    if not phases:
        return
    due = {period.account_id: period.due_at for period in rows.periods}
    conditions = {phase.plan_version_id: _condition(rows, phase) for phase in phases}
    facts = await load_facts(
        tx,
        subscription_ids={phase.subscription_id for phase in phases},
        at=due,
        segments=any(reads_segments(one) for one in conditions.values()),
    )
    for phase in phases:
        rows.conditional[_key(phase)] = _decided(
            rows,
            phase,
            condition=conditions[phase.plan_version_id],
            context=lambda phase=phase: facts.of_subscription(  # type: ignore[misc]
                phase.subscription_id
            ),
        )


async def decide_job_plans(tx: Tx, rows: ClosingRows) -> None:
    """Ask `apply_when` of every conditional plan of jobs, at the time of their billing."""
    jobs = [job for job in rows.jobs.values() if job.base_version_id is not None]
    if not jobs:
        return
    conditions = {job.plan_version_id: _condition(rows, job) for job in jobs}
    facts = await load_facts(
        tx,
        job_ids=[job.id for job in jobs],
        at={job.account_id: job.due_at for job in jobs},
        segments=any(reads_segments(one) for one in conditions.values()),
    )
    for job in jobs:
        rows.job_plans[job.id] = _decided(
            rows,
            job,
            condition=conditions[job.plan_version_id],
            context=lambda job=job: facts.of_job(job.id),  # type: ignore[misc]
        )


def plan_of_job(rows: ClosingRows, job: JobFacts) -> CompiledPlan:
    """Return the plan that prices a job now.

    Raises:
        ConditionFailed, PlansDisagree: as `plan_of`.
    """
    if job.base_version_id is None:
        return rows.plans[job.plan_version_id]
    found = rows.job_plans[job.id]
    if isinstance(found, Refusal):
        raise found
    return found


def plan_of(rows: ClosingRows, phase: PhaseFacts) -> CompiledPlan:
    """Return the plan that prices a phase now.

    Raises:
        ConditionFailed: its condition, or a segment's that it reads, cannot be decided.
        PlansDisagree: the plan and its base plan cannot stand on one invoice.
    """
    if phase.base_version_id is None:
        return rows.plans[phase.plan_version_id]
    found = rows.conditional[_key(phase)]
    if isinstance(found, Refusal):
        raise found
    return found


def _key(phase: PhaseFacts) -> tuple[UUID, UUID, UUID | None]:
    return (phase.subscription_id, phase.plan_version_id, phase.base_version_id)


def _condition(rows: ClosingRows, phase: PhaseFacts | JobFacts) -> Condition | None:
    source = rows.plans[phase.plan_version_id].source.apply_when
    return Condition.compile(source, schema=documented_schema()) if source else None


def _decided(
    rows: ClosingRows,
    phase: PhaseFacts | JobFacts,
    *,
    condition: Condition | None,
    context: Callable[[], Mapping[str, object]],
) -> CompiledPlan | Refusal:
    assert phase.base_version_id is not None
    plan, base = rows.plans[phase.plan_version_id], rows.plans[phase.base_version_id]
    try:
        held = context()  # segments may not be decidable, with a condition or without
        if condition is not None and not condition.evaluate(held):
            return base
        return plan.over(base)
    except Refusal as refusal:
        return refusal
