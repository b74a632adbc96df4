"""Row identifiers: UUIDv7, made here and not by the database.

A key that grows with time keeps index pages and the write-ahead log small: a
random one costs four to six times the CPU. What clients see (a TypeID with a
prefix) is the API's affair.
"""

from __future__ import annotations

import uuid

# The `compat` functions return `uuid.UUID`; the others a class that drivers refuse.
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Make an identifier, greater than every one this process made before."""
    return uuid7()


def new_ids(count: int) -> list[uuid.UUID]:
    """Make `count` identifiers in ascending order."""
    if count < 0:
        raise ValueError(f"count must be 0 or more, not {count}")
    return [uuid7() for _ in range(count)]
