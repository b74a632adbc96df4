"""Which plan prices a phase: a conditional one while its condition holds, or its base alone.

Its rates' variants are decided with it. Asked anew at each billing, of the facts of that
moment. Facts are read only where a phase has a conditional plan or rate. What cannot be
decided keeps its subscription from being billed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from core.billing_cycles.rows import ClosingRows, JobFacts, PhaseFacts
from core.billing_cycles.variants import (
    ItemVariants,
    ask_about_items,
    ask_about_segments,
    laid,
)
from core.db import Tx
from core.facts import load_facts, reads_segments
from core.kernel.condition_context import documented_schema
from core.kernel.conditions import Condition
from core.kernel.errors import Refusal
from core.rating.compile import CompiledPlan


async def decide_plans(tx: Tx, rows: ClosingRows) -> None:
    """Ask what every conditional plan and rate at hand asks, at the time of its billing."""
    phases = [phase for held in rows.phases.values() for phase in held if _asks(rows, phase)]
    if not phases:
        return
    due = {period.account_id: period.due_at for period in rows.periods}
    conditions = {phase.plan_version_id: _condition(rows, phase) for phase in phases}
    facts = await load_facts(
        tx,
        subscription_ids={phase.subscription_id for phase in phases},
        at=due,
        with_segments=_read_segments(rows, phases, conditions.values()),
        at_hand=[period.id for period in rows.periods],
    )
    for phase in phases:
        decided = _decided(
            rows,
            phase,
            condition=conditions[phase.plan_version_id],
            context=lambda phase=phase: facts.of_subscription(  # type: ignore[misc]
                phase.subscription_id
            ),
        )
        rows.conditional[_key(phase)] = decided.plan
        if decided.variants is not None:
            rows.item_variants[_key(phase)] = decided.variants


async def decide_job_plans(tx: Tx, rows: ClosingRows) -> None:
    """Ask what conditional plans and rates of jobs ask, at the time of their billing."""
    jobs = [job for job in rows.jobs.values() if _asks(rows, job)]
    if not jobs:
        return
    conditions = {job.plan_version_id: _condition(rows, job) for job in jobs}
    facts = await load_facts(
        tx,
        job_ids=[job.id for job in jobs],
        at={job.account_id: job.due_at for job in jobs},
        with_segments=_read_segments(rows, jobs, conditions.values()),
    )
    for job in jobs:
        decided = _decided(
            rows,
            job,
            condition=conditions[job.plan_version_id],
            context=lambda job=job: facts.of_job(job.id),  # type: ignore[misc]
        )
        rows.job_plans[job.id] = decided.plan
        if decided.variants is not None:
            rows.job_variants[job.id] = decided.variants


def plan_of_job(rows: ClosingRows, job: JobFacts) -> CompiledPlan:
    """Return the plan that prices a job now, its variants decided but for those of lines.

    Raises:
        ConditionFailed, PlansDisagree: as `plan_of`.
    """
    return _found(rows.job_plans.get(job.id), rows.plans[job.plan_version_id])


def plan_of(rows: ClosingRows, phase: PhaseFacts) -> CompiledPlan:
    """Return the plan that prices a phase now, its variants decided but for those of items.

    Raises:
        ConditionFailed: its condition, a variant's, or a segment's that they read, cannot be
            decided.
        PlansDisagree: the plan and its base plan cannot stand on one invoice.
    """
    plan = rows.plans[phase.plan_version_id]
    return _found(rows.conditional.get(_key(phase)), plan) if _asks(rows, phase) else plan


def variants_of(rows: ClosingRows, phase: PhaseFacts) -> ItemVariants | None:
    """Return what decides the variants of a phase's items; None where none asks about them."""
    return rows.item_variants.get(_key(phase)) if rows.item_variants else None


def _found(decided: CompiledPlan | Refusal | None, plan: CompiledPlan) -> CompiledPlan:
    if isinstance(decided, Refusal):
        raise decided
    return plan if decided is None else decided


def _asks(rows: ClosingRows, held: PhaseFacts | JobFacts) -> bool:
    return held.base_version_id is not None or rows.plans[held.plan_version_id].has_variants


def _key(phase: PhaseFacts) -> tuple[UUID, UUID, UUID | None]:
    return (phase.subscription_id, phase.plan_version_id, phase.base_version_id)


def _condition(rows: ClosingRows, held: PhaseFacts | JobFacts) -> Condition | None:
    source = rows.plans[held.plan_version_id].source.apply_when
    if held.base_version_id is None or not source:
        return None
    return Condition.compile(source, schema=documented_schema())


def _layers(rows: ClosingRows, held: PhaseFacts | JobFacts) -> tuple[CompiledPlan, ...]:
    ids = held.plan_version_id, held.base_version_id
    return tuple(rows.plans[one] for one in ids if one is not None)


def _read_segments(
    rows: ClosingRows,
    asked: Iterable[PhaseFacts | JobFacts],
    conditions: Iterable[Condition | None],
) -> bool:
    return any(reads_segments(one) for one in conditions) or any(
        ask_about_segments(_layers(rows, held)) for held in asked
    )


class _Decided(NamedTuple):
    plan: CompiledPlan | Refusal
    variants: ItemVariants | None = None


def _decided(
    rows: ClosingRows,
    asked: PhaseFacts | JobFacts,
    *,
    condition: Condition | None,
    context: Callable[[], Mapping[str, object]],
) -> _Decided:
    layers = _layers(rows, asked)
    try:
        held = context()  # segments may not be decidable, with a condition or without
        if condition is not None and not condition.evaluate(held):
            layers = layers[1:]
        plan = laid(layers, held)
    except Refusal as refusal:
        return _Decided(refusal)
    return _Decided(plan, ItemVariants(layers, held) if ask_about_items(layers) else None)
