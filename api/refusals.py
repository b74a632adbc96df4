"""The codes that clients know, and the core's refusals that they stand for.

The core's codes are unique over the whole program (`ACCOUNT_NOT_FOUND`, `MEMBER_NOT_FOUND`);
a client knows from the mutation and the path what was not found, and handles one
`NOT_FOUND`. A refusal without a name of its own here keeps the core's code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar, Final

from api.graphql.inputs import IdempotencyKeyInvalid
from core.idempotency import IdempotencyKeyInFlight, IdempotencyKeyReused
from core.kernel.errors import Problem, Refusal


class NotFound(Refusal):
    """Nothing of the kind has the id or code; another tenant's looks the same."""

    code: ClassVar[str] = "NOT_FOUND"


class InvalidId(Refusal):
    """The text is no id, or the id of something else."""

    code: ClassVar[str] = "INVALID_ID"


class CodeTaken(Refusal):
    """Another one has this code."""

    code: ClassVar[str] = "CODE_TAKEN"


class RefTaken(Refusal):
    """Another one has this reference."""

    code: ClassVar[str] = "REF_TAKEN"


class EmailTaken(Refusal):
    """Another one has this e-mail address."""

    code: ClassVar[str] = "EMAIL_TAKEN"


class SameUnit(Refusal):
    """The two org units are the same."""

    code: ClassVar[str] = "SAME_UNIT"


class UnknownTimezone(Refusal):
    """No time zone of this name is known."""

    code: ClassVar[str] = "UNKNOWN_TIMEZONE"


class LastAdministrator(Refusal):
    """The account's only owner or administrator would leave others behind."""

    code: ClassVar[str] = "LAST_ADMINISTRATOR"


NAME_REFUSALS: Final[tuple[type[Refusal], ...]] = (NotFound, InvalidId)
"""What every mutation that names something by id, code or ref may answer."""

KEY_REFUSALS: Final[tuple[type[Refusal], ...]] = (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    IdempotencyKeyInFlight,
)
"""What every mutation with an idempotency key may answer."""

PUBLIC_CODES: Final[dict[str, str]] = {
    "ACCOUNT_NOT_FOUND": "NOT_FOUND",
    "ACCOUNT_REF_TAKEN": "REF_TAKEN",
    "ADVANCE_REQUEST_NOT_FOUND": "NOT_FOUND",
    "ALERT_NOT_FOUND": "NOT_FOUND",
    "API_KEY_NOT_FOUND": "NOT_FOUND",
    "ASSIGNMENT_NOT_FOUND": "NOT_FOUND",
    "BAD_IDEMPOTENCY_KEY": "IDEMPOTENCY_KEY_INVALID",
    "CATALOGUE_ENTRY_EXISTS": "CODE_TAKEN",
    "CATALOGUE_ENTRY_UNKNOWN": "NOT_FOUND",
    "COMPANY_NOT_FOUND": "NOT_FOUND",
    "COMPANY_OF_OTHER_ACCOUNT": "NOT_FOUND",
    "CREDIT_NOT_FOUND": "NOT_FOUND",
    "CUSTOMER_TOKEN_NOT_FOUND": "NOT_FOUND",
    "DISCOUNT_NOT_FOUND": "NOT_FOUND",
    "DISCOUNT_TARGET_NOT_FOUND": "NOT_FOUND",
    "ID_MALFORMED": "INVALID_ID",
    "ID_OF_OTHER_TYPE": "INVALID_ID",
    "IDENTITY_NOT_FOUND": "NOT_FOUND",
    "IDENTITY_PROVIDER_NOT_FOUND": "NOT_FOUND",
    "INVOICE_NOT_FOUND": "NOT_FOUND",
    "ITEM_NOT_FOUND": "NOT_FOUND",
    "JOB_LINE_NOT_FOUND": "NOT_FOUND",
    "JOB_NOT_FOUND": "NOT_FOUND",
    "JOB_REF_TAKEN": "REF_TAKEN",
    "LAST_HOLDER_STAYS": "LAST_ADMINISTRATOR",
    "LICENCE_TEAM_NOT_FOUND": "NOT_FOUND",
    "MEMBER_EMAIL_TAKEN": "EMAIL_TAKEN",
    "MEMBER_NOT_FOUND": "NOT_FOUND",
    "MEMBER_OF_OTHER_ACCOUNT": "NOT_FOUND",
    "ORDER_NOT_FOUND": "NOT_FOUND",
    "ORG_UNIT_CODE_TAKEN": "CODE_TAKEN",
    "ORG_UNIT_NOT_FOUND": "NOT_FOUND",
    "ORG_UNITS_ARE_THE_SAME": "SAME_UNIT",
    "PAYMENT_METHOD_NOT_FOUND": "NOT_FOUND",
    "PROFILE_NOT_FOUND": "NOT_FOUND",
    "PROFILE_OF_OTHER_ACCOUNT": "NOT_FOUND",
    "SIMULATION_NOT_FOUND": "NOT_FOUND",
    "STAFF_EMAIL_TAKEN": "EMAIL_TAKEN",
    "STAFF_NOT_FOUND": "NOT_FOUND",
    "SUBSCRIPTION_NOT_FOUND": "NOT_FOUND",
    "SUBSCRIPTION_REF_TAKEN": "REF_TAKEN",
    "TASK_NOT_FOUND": "NOT_FOUND",
    "TEAM_NOT_FOUND": "NOT_FOUND",
    "UNKNOWN_ZONE": "UNKNOWN_TIMEZONE",
    "WATCHED_NOT_FOUND": "NOT_FOUND",
}

PUBLIC_FIELDS: Final[dict[str, str]] = {
    "accountId": "account",
    "collaboratorId": "collaborator",
    "companyId": "company",
    "keyId": "apiKey",
    "memberId": "member",
    "orgUnitId": "orgUnit",
    "overlap": "overlapHours",
    "parentId": "parent",
    "staffId": "staff",
    "unitId": "unit",
}
"""What an argument is called where the core says `…Id`: a code will do as well."""


_WHERE_UNTOLD: Final[dict[str, tuple[str, ...]]] = {
    "UNKNOWN_CURRENCY": ("currency",),
    "UNKNOWN_ZONE": ("timezone",),
}
"""Where a refusal of the kernel belongs, which knows values and no arguments."""


@contextmanager
def told_as_not_found() -> Iterator[None]:
    """Let a query refuse what the core does not find as `NOT_FOUND`, in the core's words.

    Mutations need it not: their refusals pass through `public_problems`.

    Raises:
        NotFound
    """
    try:
        yield
    except Refusal as refusal:
        if PUBLIC_CODES.get(refusal.code) != NotFound.code:
            raise
        raise NotFound(refusal.message, path=refusal.path) from None


def public_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems with the codes and paths that clients know; paths begin at `input`."""
    return [
        replace(
            problem,
            code=PUBLIC_CODES.get(problem.code, problem.code),
            path=_public_path(problem.path or _WHERE_UNTOLD.get(problem.code, ())),
        )
        for problem in problems
    ]


def _public_path(path: tuple[str, ...]) -> tuple[str, ...]:
    if path[:1] == ("input",):
        return path
    return ("input", *(PUBLIC_FIELDS.get(name, name) for name in path))
