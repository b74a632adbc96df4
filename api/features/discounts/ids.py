"""The ids of discounts that were given."""

from __future__ import annotations

from typing import Final

from api.graphql.ids import IdKind

GRANT_ID: Final = IdKind(prefix="grant", type_name="DiscountGrant")
APPLIED_ID: Final = IdKind(prefix="applied", type_name="AppliedDiscount")
