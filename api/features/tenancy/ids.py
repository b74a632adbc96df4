"""The ids of staff and of keys."""

from __future__ import annotations

from typing import Final

from api.graphql.ids import IdKind

STAFF_ID: Final = IdKind(prefix="staff", type_name="Staff")
API_KEY_ID: Final = IdKind(prefix="key", type_name="ApiKey")
