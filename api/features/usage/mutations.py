"""Reporting usage and correcting it. What is answered as stored has been committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import ApiContext, Info
from api.feature import SchemaParts
from api.features.usage.events import UsageEventTypes
from api.features.usage.gauges import GaugeSetInput, GaugeSetPayload, set_gauges
from api.features.usage.names import account_named
from api.features.usage.reports import report_input
from api.features.usage.results import (
    UsageAmendPayload,
    UsageVoidInput,
    UsageVoidPayload,
    record_payload,
)
from api.features.usage.stored import ListedEvent, events_by_identity
from api.features.usage.verdicts import OUTCOMES, as_refusal
from api.graphql.errors import answers_refusals
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.mutations import StoredAnswer, refused, run
from core.accounts.naming import accounts_named
from core.database_errors import retrying
from core.db import Tx
from core.orders.void import void_event
from core.tenancy import Capability
from core.usage.amend import usage_amend
from core.usage.checking import check_events
from core.usage.corrections import AlreadyVoid, EventNotFound
from core.usage.identity import event_identity
from core.usage.record import store_checked
from core.usage.records import MOST_EVENTS, Checked, TooManyEvents, UsageReport, Verdict

_REPORT: Final = ("input", "report")
_RECORD: Final = (
    f"Records up to {MOST_EVENTS} events; each gets its own verdict, and one bad event loses "
    "no other. Sending a batch again is safe."
)
_AMEND: Final = (
    "Puts another content in an event's place; the difference is billed with the period "
    "that is open now."
)
_VOID: Final = (
    "Takes an event back; its id stays taken, and what was billed of it comes back with the "
    "period that is open now."
)
_GAUGES: Final = "Sets gauges of accounts; each reading gets its own verdict."


def usage_mutation(parts: SchemaParts, shown: UsageEventTypes) -> type:
    """Make the mutations of usage for the installed channels."""
    report = report_input(parts.events)
    payload = record_payload(shown)
    record_input = _record_input(report)
    amend_input = _amend_input(report)

    @answers_refusals(payload)
    @requires(Capability.USAGE_WRITE)
    async def usage_record(info: Info, input: Any) -> Any:  # noqa: A002 - by convention
        return payload.of(await recorded(info.context, input.events))

    @answers_refusals(UsageAmendPayload)
    @requires(Capability.USAGE_WRITE)
    async def amend(info: Info, input: Any) -> UsageAmendPayload:  # noqa: A002
        event, outcome = await _amended(info, input)
        return UsageAmendPayload(event=shown.show(event), verdict=OUTCOMES[outcome])

    @answers_refusals(UsageVoidPayload)
    @requires(Capability.USAGE_WRITE)
    async def void(info: Info, input: UsageVoidInput) -> UsageVoidPayload:  # noqa: A002
        return UsageVoidPayload(event=shown.show(await _voided(info, input)))

    @answers_refusals(GaugeSetPayload)
    @requires(Capability.USAGE_WRITE)
    async def gauge_set(info: Info, input: GaugeSetInput) -> GaugeSetPayload:  # noqa: A002
        return await set_gauges(info.context, input)

    namespace = {
        "usage_record": _mutation(
            usage_record, takes=record_input, gives=payload, description=_RECORD
        ),
        "usage_amend": _mutation(
            amend, takes=amend_input, gives=UsageAmendPayload, description=_AMEND
        ),
        "usage_void": _mutation(
            void, takes=UsageVoidInput, gives=UsageVoidPayload, description=_VOID
        ),
        "gauge_set": _mutation(
            gauge_set, takes=GaugeSetInput, gives=GaugeSetPayload, description=_GAUGES
        ),
    }
    made = type("UsageMutation", (), {**namespace, "__module__": __name__})
    return strawberry.type(made, description="Changes of usage.")


async def recorded(context: ApiContext, events: Sequence[UsageReport]) -> list[Verdict]:
    """Check, measure and store a batch; measuring holds no connection.

    Raises:
        TooManyEvents: nothing was stored.
    """
    if len(events) > MOST_EVENTS:
        raise refused(
            TooManyEvents(
                f"{len(events)} events are more than {MOST_EVENTS}; send several batches",
                path=("events",),
            )
        )
    application = context.application
    checked = await check_events(events, host=application.host, pool=application.pool)
    return await _stored(context, checked, [event.channel for event in events])


@retrying
async def _stored(
    context: ApiContext, checked: Sequence[Checked | Verdict], channels: Sequence[str]
) -> list[Verdict]:
    async with context.transaction() as tx:
        return await store_checked(
            tx,
            checked,
            channels=channels,
            host=context.application.host,
            gate=context.application.gate,
        )


async def _voided(info: Info, given: UsageVoidInput) -> ListedEvent:
    account = account_named(given.account)
    gate = info.context.application.gate

    async def verb(tx: Tx) -> ListedEvent:
        await void_event(
            tx,
            account=account,
            source=given.source,
            event_id=given.id,
            gate=gate,
            host=info.context.application.host,
        )
        return await _event(tx, account, given.source, given.id)

    return await run(info, operation="usageVoid", given=given, verb=verb, answer=_BY_IDENTITY)


async def _amended(info: Info, given: Any) -> tuple[ListedEvent, str]:
    report: UsageReport = given.report
    application = info.context.application

    async def verb(tx: Tx) -> tuple[ListedEvent, str]:
        try:
            verdict = await usage_amend(
                tx,
                host=application.host,
                report=report,
                gate=application.gate,
                pool=application.pool,
            )
        except (EventNotFound, AlreadyVoid) as refusal:
            refusal.path = (*_REPORT, *refusal.path)
            raise
        if verdict.outcome == "rejected":
            raise as_refusal(verdict, path=_REPORT)
        event = await _event(tx, report.account, report.source, report.id)
        return event, verdict.outcome

    return await run(info, operation="usageAmend", given=given, verb=verb, answer=_AMENDED)


async def _event(tx: Tx, account: UUID | str, source: str, event_id: str) -> ListedEvent:
    accounts = await accounts_named(tx, [account])
    identity = event_identity(accounts[account].id, source=source, event_id=event_id)
    return await _by_identity(tx, identity)


async def _by_identity(tx: Tx, identity: UUID) -> ListedEvent:
    (found,) = await events_by_identity(tx, [identity])
    return found


async def _recall_event(tx: Tx, kept: Any) -> ListedEvent:
    return await _by_identity(tx, UUID(kept["identity"]))


async def _recall_amended(tx: Tx, kept: Any) -> tuple[ListedEvent, str]:
    return await _recall_event(tx, kept), kept["outcome"]


_BY_IDENTITY: Final[StoredAnswer[ListedEvent]] = StoredAnswer(
    keep=lambda event: {"identity": str(event.identity)}, recall=_recall_event
)
_AMENDED: Final[StoredAnswer[tuple[ListedEvent, str]]] = StoredAnswer(
    keep=lambda answer: {"identity": str(answer[0].identity), "outcome": answer[1]},
    recall=_recall_amended,
)


def _record_input(report: type) -> type:
    namespace = {
        "__annotations__": {"events": list[report]},  # type: ignore[valid-type] # made here
        "__module__": __name__,
        "__doc__": "A batch of events.",
        "events": strawberry.field(description=f"The events, at most {MOST_EVENTS}."),
    }
    return strawberry.input(
        type("UsageRecordInput", (), namespace), description="A batch of events."
    )


def _amend_input(report: type) -> type:
    namespace = {
        "__annotations__": {"report": report},
        "__module__": __name__,
        "__doc__": "The event as it should be.",
        "report": strawberry.field(
            description="The event by account, source and id, with what it should say."
        ),
    }
    made = type("UsageAmendInput", (IdempotentInput, DryRunInput), namespace)
    return strawberry.input(made, description="The event as it should be.")


def _mutation(resolver: Any, *, takes: type, gives: Any, description: str) -> Any:
    """Make a mutation of a resolver whose types are made with the schema."""
    innermost = resolver
    while hasattr(innermost, "__wrapped__"):
        innermost = innermost.__wrapped__
    innermost.__annotations__["input"] = Annotated[
        takes, strawberry.argument(description="What to do.")
    ]
    return strawberry.mutation(resolver=resolver, graphql_type=gives, description=description)
