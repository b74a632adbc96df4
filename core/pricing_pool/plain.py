"""Read a child's answer, which holds plain values only.

Unpickling calls what the bytes name. Nothing but decimals and dates may be named here,
so an answer cannot make this process import or run a plugin's code.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, Final

from core.pricing_pool.faults import ChildFault

_NAMED: Final = frozenset(
    {
        ("decimal", "Decimal"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
    }
)


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) not in _NAMED:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is no plain value")
        return super().find_class(module_name, global_name)


def read_plain(written: bytes) -> object:
    """Return the values, or raise `ChildFault` when they are not plain."""
    try:
        result: object = _PlainUnpickler(io.BytesIO(written)).load()
    except Exception as error:  # noqa: BLE001 - unpickling nonsense raises anything
        raise ChildFault(f"the answer cannot be read: {error}", kind="nonsense") from None
    return result
