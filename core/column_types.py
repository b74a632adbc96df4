"""Column types for `tables.py`: the mirrors of what the migrations create.

A table class repeats names, types and nullability of its table's columns, so that
statements written with it are checked; a test compares the two. Keys, constraints and
indexes live in the migrations alone. Use these with `Field(sa_type=…)`: SQLModel's own
choice for a datetime or a Decimal is another type.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CHAR, Date, DateTime, Integer, LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType


class Xid8(UserDefinedType[int]):
    """A transaction's number; SQLAlchemy has no type for it."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """Return the type's name."""
        return "XID8"


ischema_names.setdefault("xid8", Xid8)  # so that what is inspected is recognised

INSTANT: Final[Any] = DateTime(timezone=True)
DAY: Final[Any] = Date()
COUNTRY: Final[Any] = CHAR(2)
CURRENCY: Final[Any] = CHAR(3)
JSON: Final[Any] = JSONB()
TEXTS: Final[Any] = ARRAY(Text())
INTEGERS: Final[Any] = ARRAY(Integer())
IDS: Final[Any] = ARRAY(PG_UUID(as_uuid=True))
BYTES: Final[Any] = LargeBinary()
TRANSACTION: Final[Any] = Xid8()

# Domains of migration 0001: finite and bounded numbers.
MONEY_AMOUNT: Final[Any] = DOMAIN("money_amount", Numeric(19, 4), create_type=False)
UNIT_PRICE: Final[Any] = DOMAIN("unit_price", Numeric(28, 12), create_type=False)
QUANTITY: Final[Any] = DOMAIN("quantity", Numeric(28, 9), create_type=False)
