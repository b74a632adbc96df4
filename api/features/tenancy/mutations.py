"""Changing the seller's org units, staff and keys; making a seller is the operator's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.tenancy.ids import API_KEY_ID, STAFF_ID
from api.features.tenancy.payloads import (
    ApiKeyIssueInput,
    ApiKeyIssuePayload,
    ApiKeyRevokeInput,
    ApiKeyRevokePayload,
    ApiKeyRotateInput,
    ApiKeyRotatePayload,
    OrgUnitCollaborateInput,
    OrgUnitCollaboratePayload,
    OrgUnitCreateInput,
    OrgUnitCreatePayload,
    StaffCreateInput,
    StaffCreatePayload,
    StaffDisableInput,
    StaffDisablePayload,
    TenantCreateInput,
    TenantCreatePayload,
    TenantUpdateInput,
    TenantUpdatePayload,
)
from api.features.tenancy.types import ORG_UNIT_ID, ApiKey, OrgUnit, Staff, Tenant
from api.graphql.errors import answers_refusals
from api.mutations import StoredAnswer, by_id, refused, run
from api.references import given, key_of
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import Capability, records, repository
from core.tenancy.choose_tax_engine import choose_tax_engine
from core.tenancy.collaborate_org_units import CollaborateOrgUnits, collaborate_org_units
from core.tenancy.create_org_unit import (
    CreateOrgUnit,
    OrgUnitNotFound,
    create_org_unit,
    require_unit,
)
from core.tenancy.create_staff import CreateStaff, create_staff
from core.tenancy.create_tenant import CreateTenant, create_tenant
from core.tenancy.disable_staff import DisableStaff, disable_staff
from core.tenancy.issue_api_key import IssueApiKey, issue_api_key
from core.tenancy.limit_viewing import limit_tenants_viewing
from core.tenancy.records import IssuedKey
from core.tenancy.revoke_api_key import RevokeApiKey, revoke_api_key
from core.tenancy.rotate_api_key import RotateApiKey, rotate_api_key

_TENANT = by_id(lambda tx, _id: repository.tenant(tx))
_ORG_UNIT = by_id(repository.org_unit)
_STAFF = by_id(repository.staff)
_API_KEY = by_id(repository.api_key)


@strawberry.type(description="Changes of sellers and their people.")
class TenancyMutation:
    """Changes of tenancy."""

    @strawberry.mutation(
        description="Creates a seller with its root org unit and a first key; for the "
        "operator. The slug is its own idempotency: it can be taken once."
    )
    @requires(Capability.TENANT_CREATE)
    @answers_refusals(TenantCreatePayload)
    async def tenant_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TenantCreateInput, strawberry.argument(description="The seller to be.")
        ],
    ) -> TenantCreatePayload:
        """Create a tenant; committed as a whole or not at all."""
        command = CreateTenant(
            slug=input.slug,
            name=input.name,
            currency=input.currency,
            timezone=input.timezone,
            country=input.country,
        )
        try:
            async with info.context.transaction() as tx:
                made = await create_tenant(tx, command, pepper=info.context.application.pepper)
        except Refusal as refusal:
            raise refused(refusal) from None
        return TenantCreatePayload(
            tenant=Tenant.of(made.tenant),
            root_unit=OrgUnit.of(made.root_unit),
            admin_key=made.admin_key.text,
        )

    @strawberry.mutation(
        description="Sets whether viewing is limited to units, and what decides tax rates."
    )
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(TenantUpdatePayload)
    async def tenant_update(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TenantUpdateInput, strawberry.argument(description="What.")
        ],
    ) -> TenantUpdatePayload:
        """Set what is given; doing so twice changes nothing."""
        engines = info.context.application.host.tax_engines

        async def verb(tx: Tx) -> records.Tenant:
            limits = given(input.limits_viewing)
            if limits is not None:
                await limit_tenants_viewing(tx, limits=limits)
            if input.tax_engine is not strawberry.UNSET:
                await choose_tax_engine(tx, input.tax_engine, known=engines)
            found = await repository.tenant(tx)
            assert found is not None  # the caller's own
            return found

        changed = await run(
            info, operation="tenantUpdate", given=input, verb=verb, answer=_TENANT
        )
        return TenantUpdatePayload(tenant=Tenant.of(changed))

    @strawberry.mutation(description="Adds an org unit.")
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(OrgUnitCreatePayload)
    async def org_unit_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            OrgUnitCreateInput, strawberry.argument(description="The unit to be.")
        ],
    ) -> OrgUnitCreatePayload:
        """Create an org unit."""

        async def verb(tx: Tx) -> records.OrgUnit:
            parent_id = await _unit_or_root(tx, given(input.parent), path=("parent",))
            command = CreateOrgUnit(code=input.code, name=input.name, parent_id=parent_id)
            return await create_org_unit(tx, command)

        made = await run(
            info, operation="orgUnitCreate", given=input, verb=verb, answer=_ORG_UNIT
        )
        return OrgUnitCreatePayload(org_unit=OrgUnit.of(made))

    @strawberry.mutation(description="Lets one org unit work on what belongs to another.")
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(OrgUnitCollaboratePayload)
    async def org_unit_collaborate(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            OrgUnitCollaborateInput, strawberry.argument(description="Who with whom.")
        ],
    ) -> OrgUnitCollaboratePayload:
        """Allow a collaboration."""

        async def verb(tx: Tx) -> records.OrgUnit:
            unit_id = await _unit_key(tx, input.unit, path=("unit",))
            collaborator_id = await _unit_key(tx, input.collaborator, path=("collaborator",))
            command = CollaborateOrgUnits(unit_id, collaborator_id)
            await collaborate_org_units(tx, command)
            return await require_unit(tx, unit_id, path=("unit",))

        changed = await run(
            info, operation="orgUnitCollaborate", given=input, verb=verb, answer=_ORG_UNIT
        )
        return OrgUnitCollaboratePayload(org_unit=OrgUnit.of(changed))

    @strawberry.mutation(description="Adds a staff member.")
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(StaffCreatePayload)
    async def staff_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            StaffCreateInput, strawberry.argument(description="The person.")
        ],
    ) -> StaffCreatePayload:
        """Create a staff member; roles beyond the caller's own are forbidden."""

        async def verb(tx: Tx) -> records.Staff:
            unit_id = await _unit_or_root(tx, given(input.org_unit), path=("orgUnit",))
            command = CreateStaff(
                email=input.email,
                name=input.name,
                org_unit_id=unit_id,
                roles=tuple(str(role.value) for role in input.roles),
            )
            held = info.context.principal.capabilities
            return await create_staff(tx, command, held=held)

        made = await run(info, operation="staffCreate", given=input, verb=verb, answer=_STAFF)
        return StaffCreatePayload(staff=Staff.of(made))

    @strawberry.mutation(description="Takes a staff member's access away, keys included.")
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(StaffDisablePayload)
    async def staff_disable(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            StaffDisableInput, strawberry.argument(description="Whom.")
        ],
    ) -> StaffDisablePayload:
        """Disable a staff member."""

        async def verb(tx: Tx) -> records.Staff:
            staff_id = STAFF_ID.parse(input.staff, path=("staff",))
            return await disable_staff(tx, DisableStaff(staff_id))

        changed = await run(
            info, operation="staffDisable", given=input, verb=verb, answer=_STAFF
        )
        return StaffDisablePayload(staff=Staff.of(changed))

    @strawberry.mutation(
        description="Issues an API key; its text is shown this once and not stored."
    )
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(ApiKeyIssuePayload)
    async def api_key_issue(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ApiKeyIssueInput, strawberry.argument(description="The key to be.")
        ],
    ) -> ApiKeyIssuePayload:
        """Issue a key; scopes beyond the caller's own are forbidden."""

        async def verb(tx: Tx) -> IssuedKey:
            staff = given(input.staff)
            command = IssueApiKey(
                name=input.name,
                scopes=tuple(input.scopes),
                staff_id=None if staff is None else STAFF_ID.parse(staff, path=("staff",)),
                expires_at=given(input.expires_at),
            )
            return await issue_api_key(
                tx,
                command,
                held=info.context.principal.capabilities,
                pepper=info.context.application.pepper,
            )

        issued = await run(
            info, operation="apiKeyIssue", given=input, verb=verb, answer=_ISSUED
        )
        return ApiKeyIssuePayload(api_key=ApiKey.of(issued.key), text=issued.text or None)

    @strawberry.mutation(
        description="Replaces an API key by one with the same name, scopes and expiry; the "
        "old one works on for a while."
    )
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(ApiKeyRotatePayload)
    async def api_key_rotate(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ApiKeyRotateInput, strawberry.argument(description="Which, and for how long.")
        ],
    ) -> ApiKeyRotatePayload:
        """Rotate a key; scopes beyond the caller's own are forbidden."""

        async def verb(tx: Tx) -> IssuedKey:
            command = RotateApiKey(
                API_KEY_ID.parse(input.api_key, path=("apiKey",)),
                overlap=timedelta(hours=input.overlap_hours),
            )
            return await rotate_api_key(
                tx,
                command,
                held=info.context.principal.capabilities,
                pepper=info.context.application.pepper,
            )

        issued = await run(
            info, operation="apiKeyRotate", given=input, verb=verb, answer=_ISSUED
        )
        return ApiKeyRotatePayload(api_key=ApiKey.of(issued.key), text=issued.text or None)

    @strawberry.mutation(description="Ends an API key; it is refused within half a minute.")
    @requires(Capability.STAFF_WRITE)
    @answers_refusals(ApiKeyRevokePayload)
    async def api_key_revoke(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ApiKeyRevokeInput, strawberry.argument(description="Which.")
        ],
    ) -> ApiKeyRevokePayload:
        """Revoke a key."""

        async def verb(tx: Tx) -> records.ApiKey:
            key_id = API_KEY_ID.parse(input.api_key, path=("apiKey",))
            return await revoke_api_key(tx, RevokeApiKey(key_id))

        changed = await run(
            info, operation="apiKeyRevoke", given=input, verb=verb, answer=_API_KEY
        )
        return ApiKeyRevokePayload(api_key=ApiKey.of(changed))


async def _recall_issued(tx: Tx, kept: Mapping[str, Any]) -> IssuedKey:
    """Return a key that was issued before; its text is known to nobody but its holder."""
    return IssuedKey(await _API_KEY.recall(tx, kept), text="")


_ISSUED: StoredAnswer[IssuedKey] = StoredAnswer(
    keep=lambda issued: {"id": str(issued.key.id)}, recall=_recall_issued
)


async def _unit_key(tx: Tx, text: str, *, path: tuple[str, ...]) -> UUID:
    found = await key_of(tx, ORG_UNIT_ID, text, table="org_unit", path=path)
    if found is None:
        raise OrgUnitNotFound(f"there is no org unit {text!r}", path=path)
    return found


async def _unit_or_root(tx: Tx, text: str | None, *, path: tuple[str, ...]) -> UUID:
    if text is not None:
        return await _unit_key(tx, text, path=path)
    root = await repository.root_unit(tx)
    assert root is not None  # made with the tenant
    return root.id
