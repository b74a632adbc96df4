"""Whether a unit's staff may change a discount that was given."""

from __future__ import annotations

from uuid import UUID

from core.db import Tx
from core.discounts.records import DiscountGrant
from core.discounts.refusals import unknown_grant
from core.tenancy.visibility import NotVisible, require_visible


async def require_known(tx: Tx, grant: DiscountGrant, *, unit_id: UUID | None) -> None:
    """Ask that the unit may choose the grant's definition, or is the one that approves it.

    Raises:
        DiscountNotFound: in the words that an unknown id gets.
    """
    if unit_id is not None and grant.approver_unit_id == unit_id:
        return
    try:
        await require_visible(tx, grant.definition_id, unit_id=unit_id)
    except NotVisible:
        raise unknown_grant() from None
