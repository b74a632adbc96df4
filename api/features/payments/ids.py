"""The ids of payments and of what belongs to them."""

from __future__ import annotations

from typing import Final

from api.graphql.ids import IdKind

PAYMENT_ID: Final = IdKind(prefix="pay", type_name="Payment")
PAYMENT_METHOD_ID: Final = IdKind(prefix="paymeth", type_name="PaymentMethod")
CREDIT_ID: Final = IdKind(prefix="credit", type_name="AccountCredit")
COLLECTION_ID: Final = IdKind(prefix="coll", type_name="PaymentCollection")
REFUND_ID: Final = IdKind(prefix="refund", type_name="Refund")
