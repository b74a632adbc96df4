"""Let a plugin's tax engine decide the seller's tax rates, or the table again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar

from sqlalchemy import update
from sqlmodel import col

from core import audit
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import repository
from core.tenancy.records import Tenant
from core.tenancy.tables import TenantRow


class UnknownTaxEngine(Refusal):
    """No installed plugin registers a tax engine of this name."""

    code: ClassVar[str] = "UNKNOWN_TAX_ENGINE"


async def choose_tax_engine(tx: Tx, name: str | None, *, known: Collection[str]) -> Tenant:
    """Set the engine by its name; None lets the table decide. As it was, it writes nothing.

    It holds from the next invoice on: what was billed keeps its rates, and so does what
    arrives late for a period that was billed.
    """
    tenant = await repository.tenant(tx)
    assert tenant is not None  # a transaction's tenant comes from a key, which refers to it
    if name is not None and name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise UnknownTaxEngine(
            f"no plugin registers a tax engine {name[:40]!r}; installed are: {listed}",
            path=("taxEngine",),
        )
    if tenant.tax_engine == name:
        return tenant
    mine = update(TenantRow).where(col(TenantRow.id) == tenant.id)
    await tx.connection.execute(mine.values(tax_engine=name))
    await audit.record(
        tx,
        action="tenant.taxed_by_engine" if name else "tenant.taxed_by_table",
        subject_type="tenant",
        subject_id=tenant.id,
        details={"engine": name} if name else {},
    )
    return replace(tenant, tax_engine=name)
