"""Verdicts and payloads: the types that show a conflict's two contents, typed by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from api.features.usage.events import UsageEvent, UsageEventTypes
from api.features.usage.verdicts import (
    OUTCOMES,
    REASONS,
    REFUSALS,
    UsageCounts,
    UsageOutcome,
    UsageReason,
    counts_of,
)
from api.graphql.cost import FieldCost
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS
from core.plugin_host import PluginMissing
from core.usage.corrections import AlreadyVoid, EventNotFound
from core.usage.records import TooManyEvents, Verdict

VERDICTS_COST = FieldCost(flat=50)
"""A verdict list is as long as the input, which the body's size bounds already."""

Only = Annotated[
    UsageOutcome | None, strawberry.argument(description="Only the verdicts of this outcome.")
]


def record_payload(shown: UsageEventTypes) -> Any:
    """Make the payload of a batch, and the verdicts in it, for the installed channels."""
    return _record_payload(_verdict_type(shown))


def _verdict_type(shown: UsageEventTypes) -> Any:
    content = shown.content_type | None

    @strawberry.type(description="What became of one event.")
    class UsageVerdict:
        """One verdict; `index` leads to the event in the input."""

        index: int = strawberry.field(description="The event's place in the batch, from 0.")
        verdict: UsageOutcome = strawberry.field(description="What became of it.")
        reason: UsageReason | None = strawberry.field(
            description="Why it was rejected.", default=None
        )
        message: str | None = strawberry.field(
            description="What to do about a rejection.", default=None
        )
        path: list[str] = strawberry.field(
            description="Leads into the event, outermost field first; empty unless rejected.",
            default_factory=list,
        )
        is_free: bool = strawberry.field(
            description="Whether it was accepted and is not billed.", default=False
        )
        stored: Any = strawberry.field(
            description="What is stored under the event's id, in a conflict.",
            default=None,
            graphql_type=content,
        )
        sent: Any = strawberry.field(
            description="What was sent, in a conflict.", default=None, graphql_type=content
        )

        @classmethod
        def of(cls, index: int, verdict: Verdict) -> UsageVerdict:
            """Show a verdict; most of them say just their outcome."""
            if verdict.outcome != "rejected":
                return cls(
                    index=index, verdict=OUTCOMES[verdict.outcome], is_free=verdict.is_free
                )
            return cls(
                index=index,
                verdict=OUTCOMES[verdict.outcome],
                reason=REASONS.get(verdict.reason or ""),
                message=verdict.message,
                path=list(verdict.sent_path),
                stored=shown.content(verdict.stored),
                sent=shown.content(verdict.sent),
            )

    return UsageVerdict


def _record_payload(verdict_type: Any) -> Any:
    def chosen(self: Any, only: Only = strawberry.UNSET) -> Any:
        """Return the verdicts, or those of one outcome."""
        wanted = only.value if isinstance(only, UsageOutcome) else None
        return [
            verdict_type.of(index, verdict)
            for index, verdict in enumerate(self.answered)
            if wanted is None or verdict.outcome == wanted
        ]

    @strawberry.type(description="What became of a batch: a verdict per event.")
    class UsageRecordPayload:
        """Stored when this is read: what was accepted is committed."""

        answered: strawberry.Private[Sequence[Verdict]] = ()
        counts: UsageCounts | None = strawberry.field(
            description="The batch in numbers; null when the whole batch was refused.",
            default=None,
        )
        verdicts: Any = strawberry.field(
            resolver=chosen,
            description="A verdict for each event, in their order.",
            graphql_type=list[verdict_type],
            metadata=VERDICTS_COST.metadata(),
        )
        user_errors: list[UserError] = user_errors("UsageRecord", TooManyEvents)

        @classmethod
        def of(cls, answered: Sequence[Verdict]) -> UsageRecordPayload:
            """Show the answer to a batch."""
            return cls(answered=answered, counts=counts_of(answered))

    return UsageRecordPayload


@strawberry.type(description="The corrected event, or why it is as it was.")
class UsageAmendPayload:
    """What usageAmend did."""

    event: UsageEvent | None = strawberry.field(
        description="The event as it holds now.", default=None
    )
    verdict: UsageOutcome | None = strawberry.field(
        description="ACCEPTED, or DUPLICATE when it said the same already.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "UsageAmend", EventNotFound, AlreadyVoid, PluginMissing, *REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="The event to take back.")
class UsageVoidInput(IdempotentInput, DryRunInput):
    """An event by its identity."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    source: str = strawberry.field(description="The system that reported it.")
    id: str = strawberry.field(description="The source's own id of the event.")


@strawberry.type(description="The voided event, or why it counts as before.")
class UsageVoidPayload:
    """What usageVoid did."""

    event: UsageEvent | None = strawberry.field(
        description="The event; it counts for nothing now.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "UsageVoid", EventNotFound, AlreadyVoid, PluginMissing, *KEY_REFUSALS
    )
