"""Contexts of conditions, made of facts that were read. Pure.

A context is a dict of the variables in `core.kernel.condition_context`, all but `bill`,
which pricing adds. Segments are decided when a context that needs them is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from core.facts.usage_windows import Usage, Windows, unused
from core.kernel.condition_context import with_blanks
from core.kernel.conditions import Condition

Fields = dict[str, object]
Context = dict[str, object]


class Segment(NamedTuple):
    """A named condition: who belongs to it; it may count usage in windows."""

    code: str
    of: str
    condition: Condition
    windows: Windows = ()


@dataclass(slots=True)
class Subject:
    """What was read of an account, a subscription or a job, as fields of its variable.

    `usage` is what segments read that count it, by their codes.
    """

    account_id: UUID
    fields: Fields
    zone: str
    at: datetime
    usage: dict[str, Usage] = field(default_factory=dict)
    is_segmented: bool = False


@dataclass(slots=True)
class Facts:
    """Facts of accounts, subscriptions and jobs, as conditions read them.

    Asking for what was not read is a bug and rises.
    """

    accounts: dict[UUID, Subject] = field(default_factory=dict)
    subscriptions: dict[UUID, Subject] = field(default_factory=dict)
    jobs: dict[UUID, Subject] = field(default_factory=dict)
    segments: Sequence[Segment] = ()

    def of_account(self, account_id: UUID) -> Context:
        """Return `{"account": …}`."""
        account = self.accounts[account_id]
        self._segmented("account", account, {"account": account.fields})
        return {"account": account.fields}

    def of_subscription(self, subscription_id: UUID) -> Context:
        """Return `{"account": …, "subscription": …}`.

        Raises:
            ConditionFailed: a segment's own condition cannot be decided.
        """
        return self._of("subscription", self.subscriptions[subscription_id])

    def of_job(self, job_id: UUID) -> Context:
        """Return `{"account": …, "job": …}`.

        Raises:
            ConditionFailed: a segment's own condition cannot be decided.
        """
        return self._of("job", self.jobs[job_id])

    def prospective(
        self,
        account_id: UUID,
        *,
        variable: Literal["subscription", "job"] = "subscription",
        fields: Mapping[str, object] | None = None,
        agreed_at: datetime | None = None,
        started_at: datetime | None = None,
    ) -> Context:
        """Return the context that a subscription or a job would have, before there is one.

        `fields` are those of the variable that are known: type, products, terms, plan,
        frequency, unit, attributes. The rest is as of something that begins now.
        """
        account = self.accounts[account_id]
        begins = {"agreed_at": agreed_at or account.at, "started_at": started_at or account.at}
        nothing = _NEW_JOB if variable == "job" else _NEW_SUBSCRIPTION
        made = {**nothing, **_ends_of_job(variable, account.at), **begins, **(fields or {})}
        known = with_blanks(variable, made)
        return self._of(variable, Subject(account_id, known, account.zone, account.at))

    def _of(self, variable: str, subject: Subject) -> Context:
        context = {**self.of_account(subject.account_id), variable: subject.fields}
        self._segmented(variable, subject, context)
        return context

    def _segmented(self, variable: str, subject: Subject, context: Context) -> None:
        if subject.is_segmented:
            return
        subject.fields["segments"] = [
            segment.code
            for segment in self.segments
            if segment.of == variable
            and segment.condition.evaluate(_with_usage(context, segment, subject))
        ]
        subject.is_segmented = True


def _with_usage(context: Context, segment: Segment, subject: Subject) -> Context:
    if not segment.windows:
        return context
    return {**context, "usage": subject.usage.get(segment.code) or unused(segment.windows)}


_NEW_SUBSCRIPTION: Mapping[str, object] = {
    "state": "active",
    "age_days": 0,
    "age_months": 0,
    "bound": False,
    "months_in_advance": 0,
    "attributes": {},
}
_NEW_JOB: Mapping[str, object] = {"state": "draft", "attributes": {}}


def _ends_of_job(variable: str, at: datetime) -> Fields:
    return {"expected_at": at, "completed_or_now": at} if variable == "job" else {}


def reads_segments(condition: Condition | None) -> bool:
    """Tell whether a condition asks for segments, so that they must be read."""
    return condition is not None and any(
        fields is None or "segments" in fields for _variable, fields in condition.reads
    )
