"""Who is acting: the result of an authentication, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.tenancy.capabilities import Capability, Forbidden


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller with what it may do; a platform operator has no tenant."""

    tenant_id: UUID | None
    key_id: UUID
    staff_id: UUID | None
    capabilities: frozenset[Capability]
    actor: str
    """The text that audit entries carry: `staff:…`, `key:…` or `platform:…`."""
    expires_at: datetime | None
    org_unit_id: UUID | None = None
    """The unit of the staff member; None is the tenant itself, which sees everything."""

    def may(self, capability: Capability) -> bool:
        """Say whether this caller has the capability."""
        return capability in self.capabilities

    def require(self, capability: Capability) -> None:
        """Refuse unless this caller has the capability."""
        if capability not in self.capabilities:
            raise Forbidden(f"this needs {capability}; ask an administrator for it")
