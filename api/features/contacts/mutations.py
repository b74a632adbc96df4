"""contactsRecord and contactsSnapshot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key
from api.features.contacts.payloads import (
    ContactsRecordInput,
    ContactsRecordPayload,
    ContactsSnapshotInput,
    ContactsSnapshotPayload,
)
from api.features.contacts.types import ContactCount, ContactVerdict
from api.graphql.errors import answers_refusals
from api.mutations import refused
from api.references import choice
from core.contacts.receive import Received, Snapshot
from core.contacts.records import ContactEvent
from core.database_errors import retrying
from core.db import Tx
from core.entitlements.contacts import contacts_snapshot, record_contacts
from core.kernel.errors import Refusal
from core.tenancy import Capability


@strawberry.type(description="Changes of contacts.")
class ContactsMutation:
    """Changes of contacts."""

    @strawberry.mutation(
        description="Records what contacts of an account are, each with its own verdict. "
        "Contacts are counted by their address; an active one beyond what is bought waits, and "
        "is let in, in the order of arrival, as soon as there is room."
    )
    @requires(Capability.ENTITLEMENT_WRITE)
    @answers_refusals(ContactsRecordPayload)
    async def contacts_record(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ContactsRecordInput, strawberry.argument(description="The reports.")
        ],
    ) -> ContactsRecordPayload:
        """Record reports."""
        events = [
            ContactEvent(each.email, choice(each.state), each.at, each.source, each.id)
            for each in input.events
        ]

        async def verb(tx: Tx) -> Received:
            return await record_contacts(tx, await account_key(tx, input.account), events)

        received = await _received(info, verb)
        return ContactsRecordPayload(
            verdicts=[ContactVerdict.of(each) for each in received.verdicts],
            count=ContactCount.of(received.counted),
            released=received.released,
        )

    @strawberry.mutation(
        description="Takes a complete list of an account's contacts: what is recorded and not "
        "on it is deleted. A long list comes in several batches."
    )
    @requires(Capability.ENTITLEMENT_WRITE)
    @answers_refusals(ContactsSnapshotPayload)
    async def contacts_snapshot(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            ContactsSnapshotInput, strawberry.argument(description="The list.")
        ],
    ) -> ContactsSnapshotPayload:
        """Take a complete list."""
        events = [
            ContactEvent(each.email, choice(each.state), input.at, input.source, input.id)
            for each in input.contacts
        ]
        snapshot = Snapshot(input.at, input.source, input.id, input.is_complete)

        async def verb(tx: Tx) -> Received:
            key = await account_key(tx, input.account)
            return await contacts_snapshot(tx, key, events, snapshot=snapshot)

        received = await _received(info, verb)
        return ContactsSnapshotPayload(
            verdicts=[ContactVerdict.of(each) for each in received.verdicts],
            count=ContactCount.of(received.counted),
            released=received.released,
        )


async def _received(info: Info, verb: Callable[[Tx], Awaitable[Received]]) -> Received:
    """Run a verb whose reports are idempotent by themselves: the same again is no news."""

    @retrying
    async def attempt() -> Received:
        async with info.context.transaction() as tx:
            return await verb(tx)

    try:
        return await attempt()
    except Refusal as problem:
        raise refused(problem) from problem
