"""Change the quantity of a line of a job that is not completed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from core.catalogue.records import Product
from core.catalogue.repository import head_by_id
from core.db import Tx
from core.jobs import repository
from core.jobs.at_hand import job_at_hand, leave_trace
from core.jobs.records import Line
from core.subscriptions.offers import check_quantity


async def change_line(tx: Tx, *, job_id: UUID, line_id: UUID, quantity: Decimal) -> Line:
    """Give a line another quantity: the hours that it took after all.

    Raises:
        JobNotFound, JobBilled, WrongJobState, JobLineNotFound, InvalidQuantity
    """
    at_hand = await job_at_hand(tx, job_id, verb="change_line")
    line = at_hand.line(line_id)
    product = await head_by_id(tx, Product, line.product_id)
    check_quantity(quantity, product, path=("quantity",))
    changed = replace(line, quantity=quantity)
    await repository.set_quantity(tx, changed)
    await leave_trace(
        tx,
        action="job.line_changed",
        job_id=at_hand.id,
        account_id=at_hand.account.id,
        details={
            "line": line.id,
            "product": product.code,
            "before": f"{line.quantity:f}",
            "quantity": f"{quantity:f}",
        },
    )
    return changed
