"""What several verbs of a job refuse."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class JobNotFound(Refusal):
    """No job of this tenant has the id or ref."""

    code: ClassVar[str] = "JOB_NOT_FOUND"


class JobRefTaken(Refusal):
    """Another job has the ref."""

    code: ClassVar[str] = "JOB_REF_TAKEN"


class JobLineNotFound(Refusal):
    """The job has no such line."""

    code: ClassVar[str] = "JOB_LINE_NOT_FOUND"


class NotForJobs(Refusal):
    """A product or billing terms are not made for jobs."""

    code: ClassVar[str] = "NOT_FOR_JOBS"


class JobNotBillable(Refusal):
    """The job's type is not billed, so that it has neither terms nor a plan."""

    code: ClassVar[str] = "JOB_NOT_BILLABLE"


class JobTermsMissing(Refusal):
    """A job that is billed needs billing terms."""

    code: ClassVar[str] = "JOB_TERMS_MISSING"


class JobLinesRefused(Refusal):
    """A job has 100 lines at most, and one that is billed at least one when completed."""

    code: ClassVar[str] = "JOB_LINES_REFUSED"


class ExpectedTooEarly(Refusal):
    """A job is expected to be completed when it starts, or later."""

    code: ClassVar[str] = "EXPECTED_TOO_EARLY"
