"""Tenants, their org units and staff, and the keys that let programs in.

Owns: who may act, and within what. Does not own: what they act on.
"""

from core.tenancy.authenticate import Authenticator, Unauthenticated
from core.tenancy.capabilities import Capability, Forbidden, Role
from core.tenancy.principal import Principal

__all__ = [
    "Authenticator",
    "Capability",
    "Forbidden",
    "Principal",
    "Role",
    "Unauthenticated",
]
