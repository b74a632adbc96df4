"""Plants one defect in this process; Python imports this at its start, from PYTHONPATH.

Only the fault harness puts this folder there. Each function replaces one thing of the
product by something that looks right and is not.
"""

from __future__ import annotations

import asyncio
import os
import sys


def acknowledge_before_commit() -> None:
    """Answer when the rows are inserted; commit a moment later."""
    from api.features.usage import mutations
    from core.usage import bulk, record

    tasks = set()

    async def early(opened, checked, channels, **more):
        answer = asyncio.get_running_loop().create_future()

        async def work():
            try:
                async with opened as tx:
                    answer.set_result(
                        await record.store_checked(tx, checked, channels=channels, **more)
                    )
                    await asyncio.sleep(0.15)
            except Exception as error:  # noqa: BLE001
                if not answer.done():
                    answer.set_exception(error)

        task = asyncio.create_task(work())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return await answer

    async def by_graphql(context, checked, channels):
        ours = context.application
        more = {"host": ours.host, "gate": ours.gate}
        return await early(context.transaction(), checked, channels, **more)

    async def by_upload(ingest, chunk, *, tenant_id, actor):
        opened = ingest.database.transaction(tenant_id, actor=actor)
        more = {"host": ingest.host, "gate": ingest.gate, "limits": ingest.limits.batch}
        return await early(opened, chunk.checked, chunk.channels, **more)

    mutations._stored = by_graphql
    bulk._store = by_upload


def max_plus_one(step: int = 1) -> None:
    """Take the highest number and add one, without taking turns."""
    from core.invoices import finalise

    async def number_invoices(tx, series, *, invoice_ids, issue_date):
        last = await tx.fetchval(
            "SELECT coalesce(max(n), 0) FROM invoice_number"
            " WHERE tenant_id = $1 AND series = $2",
            tx.tenant_id,
            series,
        )
        for place, invoice_id in enumerate(invoice_ids):
            n = last + step + place
            await tx.execute(
                "INSERT INTO invoice_number"
                " (tenant_id, series, n, prev, invoice_id, issue_date)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                tx.tenant_id, series, n, None if n == 1 else n - 1, invoice_id, issue_date,
            )  # fmt: skip
        return last + step

    finalise.number_invoices = number_invoices


def skipped_number() -> None:
    """Begin each chunk's numbers one too high."""
    max_plus_one(step=2)


def enqueue_once() -> None:
    """Wake workers when a run is frozen, and trust that they hear it."""
    from workers import closing, main

    original = closing.swept_by

    async def swept_by(context):
        swept = await original(context)
        fresh = {run.id for run in swept.frozen}
        swept.waiting = [(tenant, run) for tenant, run in swept.waiting if run in fresh]
        return swept

    closing.swept_by = main.swept_by = swept_by


def sum_then_mark() -> None:
    """Let a period take usage until it is billed, while its sum is being billed."""
    from core.usage import periods, rows

    original, read = rows.places_for, periods.usage_periods

    async def usage_periods(tx, ids, **more):
        found = await read(tx, ids, **more)
        return {
            one: [p._replace(state="open") if p.state == "frozen" else p for p in listed]
            for one, listed in found.items()
        }

    periods.usage_periods = usage_periods

    async def share_freeze(_tx):
        return None

    async def places_for(tx, asked):
        places = await original(tx, asked)
        await asyncio.sleep(1.0)
        return places

    rows.share_freeze, rows.places_for = share_freeze, places_for


def interim_twice() -> None:
    """Bill with an interim invoice all of the period's usage, what was billed before too."""
    from core.billing.totals import NOTHING_BILLED
    from core.billing_cycles import interim

    draft = interim._draft

    async def forgetful(reading, subscription_id, **more):
        part = reading.snapshots[subscription_id]
        usage = tuple(one._replace(billed=NOTHING_BILLED) for one in part.usage)
        reading.snapshots[subscription_id] = part._replace(usage=usage)
        return await draft(reading, subscription_id, **more)

    interim._draft = forgetful


_MUTANTS = {
    "acknowledge-before-commit": acknowledge_before_commit,
    "max-plus-one": max_plus_one,
    "skipped-number": skipped_number,
    "enqueue-once": enqueue_once,
    "sum-then-mark": sum_then_mark,
    "interim-twice": interim_twice,
}

_chosen = _MUTANTS.get(os.environ.get("FORFAIT_TEST_MUTANT", ""))
if _chosen is not None and "multiprocessing" not in " ".join(sys.orig_argv):
    _chosen()
