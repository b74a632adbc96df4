"""From rows to the part of a snapshot that is what one job is charged for. Pure."""

from __future__ import annotations

from core.billing.snapshot import JobLine, JobPart
from core.billing_cycles.conditional import plan_of_job
from core.billing_cycles.rows import ClosingRows, JobFacts


def job_part(rows: ClosingRows, job: JobFacts) -> JobPart:
    """Return what a job is charged, each line by the plan that holds for it."""
    return JobPart(
        job_id=job.id,
        completed_at=job.completed_at,
        zone=job.timezone,
        plan=plan_of_job(rows, job),
        products=rows.engine_products,
        tax_rates=rows.tax_rates[job.account_id],
        lines=tuple(_job_line(rows, job, line) for line in rows.job_lines.get(job.id, ())),
    )


def _job_line(rows: ClosingRows, job: JobFacts, line: JobLine) -> JobLine:
    """Give a line the plan of its own where a variant asks about it."""
    variants = rows.job_variants.get(job.id)
    if variants is None:
        return line
    facts = rows.products[line.product_id]
    plan = variants.plan_for(facts.product, line.quantity, type=facts.type)
    return line._replace(plan=plan)
