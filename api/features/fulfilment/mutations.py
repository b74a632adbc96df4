"""Changing tasks: times offered and booked, the link sent, done, cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.fulfilment.types import TASK_ID, FulfilmentTask
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import IdempotentInput
from api.mutations import by_id, runner
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.db import Tx
from core.fulfilment import repository, verbs
from core.fulfilment.records import Task
from core.fulfilment.refusals import InvalidLink, InvalidSlots, SlotNotOffered, WrongTaskState
from core.tenancy import Capability

_run: Final = runner(by_id(repository.task))


@strawberry.input(description="Times that the customer may choose from.")
class TaskOfferInput(IdempotentInput):
    """A task, and what taskOffer needs."""

    task: strawberry.ID = strawberry.field(description="The task, by id.")
    slots: list[datetime] = strawberry.field(
        description="1 to 20 times to come; they replace those offered before."
    )


@strawberry.type(description="The task as it is by now, or why nothing changed.")
class TaskOfferPayload:
    """What taskOffer did."""

    task: FulfilmentTask | None = strawberry.field(description="The task.", default=None)
    user_errors: list[UserError] = user_errors(
        "TaskOffer", InvalidSlots, WrongTaskState, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="The time that the customer chose.")
class TaskBookInput(IdempotentInput):
    """A task, and what taskBook needs."""

    task: strawberry.ID = strawberry.field(description="The task, by id.")
    slot: datetime = strawberry.field(description="One of the times that are offered.")


@strawberry.type(description="The task as it is by now, or why nothing changed.")
class TaskBookPayload:
    """What taskBook did."""

    task: FulfilmentTask | None = strawberry.field(description="The task.", default=None)
    user_errors: list[UserError] = user_errors(
        "TaskBook", SlotNotOffered, WrongTaskState, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="The link for a booked time.")
class TaskLinkSendInput(IdempotentInput):
    """A task, and what taskLinkSend needs."""

    task: strawberry.ID = strawberry.field(description="The task, by id.")
    link: str = strawberry.field(description="The web address at which to join.")


@strawberry.type(description="The task as it is by now, or why nothing changed.")
class TaskLinkSendPayload:
    """What taskLinkSend did."""

    task: FulfilmentTask | None = strawberry.field(description="The task.", default=None)
    user_errors: list[UserError] = user_errors(
        "TaskLinkSend", InvalidLink, WrongTaskState, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="Which task is done.")
class TaskDoneInput(IdempotentInput):
    """A task, and what taskDone needs."""

    task: strawberry.ID = strawberry.field(description="The task, by id.")


@strawberry.type(description="The task as it is by now, or why nothing changed.")
class TaskDonePayload:
    """What taskDone did."""

    task: FulfilmentTask | None = strawberry.field(description="The task.", default=None)
    user_errors: list[UserError] = user_errors(
        "TaskDone", WrongTaskState, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="Which task is given up.")
class TaskCancelInput(IdempotentInput):
    """A task, and what taskCancel needs."""

    task: strawberry.ID = strawberry.field(description="The task, by id.")


@strawberry.type(description="The task as it is by now, or why nothing changed.")
class TaskCancelPayload:
    """What taskCancel did."""

    task: FulfilmentTask | None = strawberry.field(description="The task.", default=None)
    user_errors: list[UserError] = user_errors(
        "TaskCancel", WrongTaskState, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.type(description="Changes of tasks.")
class FulfilmentMutation:
    """Changes of tasks."""

    @strawberry.mutation(description="Offers the customer times; what was booked is given up.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(TaskOfferPayload)
    async def task_offer(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TaskOfferInput, strawberry.argument(description="Which, and what.")
        ],
    ) -> TaskOfferPayload:
        """Run the verb."""

        async def verb(tx: Tx) -> Task:
            return await verbs.offer(tx, _key(input.task), input.slots)

        changed = await _run(info, operation="taskOffer", given=input, verb=verb)
        return TaskOfferPayload(task=FulfilmentTask.of(changed))

    @strawberry.mutation(
        description="Books one of the offered times; another one takes its place."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(TaskBookPayload)
    async def task_book(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TaskBookInput, strawberry.argument(description="Which, and what.")
        ],
    ) -> TaskBookPayload:
        """Run the verb."""

        async def verb(tx: Tx) -> Task:
            return await verbs.book(tx, _key(input.task), input.slot)

        changed = await _run(info, operation="taskBook", given=input, verb=verb)
        return TaskBookPayload(task=FulfilmentTask.of(changed))

    @strawberry.mutation(
        description="Sends the link for a booked time; a later one replaces it. "
        "Observers of `task.link_sent` deliver it."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(TaskLinkSendPayload)
    async def task_link_send(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TaskLinkSendInput, strawberry.argument(description="Which, and what.")
        ],
    ) -> TaskLinkSendPayload:
        """Run the verb."""

        async def verb(tx: Tx) -> Task:
            return await verbs.send_link(tx, _key(input.task), input.link)

        changed = await _run(info, operation="taskLinkSend", given=input, verb=verb)
        return TaskLinkSendPayload(task=FulfilmentTask.of(changed))

    @strawberry.mutation(description="Notes that a booked task is done.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(TaskDonePayload)
    async def task_done(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TaskDoneInput, strawberry.argument(description="Which, and what.")
        ],
    ) -> TaskDonePayload:
        """Run the verb."""

        async def verb(tx: Tx) -> Task:
            return await verbs.done(tx, _key(input.task))

        changed = await _run(info, operation="taskDone", given=input, verb=verb)
        return TaskDonePayload(task=FulfilmentTask.of(changed))

    @strawberry.mutation(description="Gives a task up; what was charged stays charged.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(TaskCancelPayload)
    async def task_cancel(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            TaskCancelInput, strawberry.argument(description="Which, and what.")
        ],
    ) -> TaskCancelPayload:
        """Run the verb."""

        async def verb(tx: Tx) -> Task:
            return await verbs.cancel(tx, _key(input.task))

        changed = await _run(info, operation="taskCancel", given=input, verb=verb)
        return TaskCancelPayload(task=FulfilmentTask.of(changed))


def _key(text: str) -> UUID:
    return TASK_ID.parse(text, path=("task",))
