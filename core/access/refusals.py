"""What teams and profiles refuse."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class TeamNotFound(Refusal):
    """No team of this tenant has this id, or it is removed."""

    code: ClassVar[str] = "TEAM_NOT_FOUND"


class ProfileNotFound(Refusal):
    """No profile of this tenant has this id, or it is removed."""

    code: ClassVar[str] = "PROFILE_NOT_FOUND"


class TeamNameTaken(Refusal):
    """Another team of the account has this name."""

    code: ClassVar[str] = "TEAM_NAME_TAKEN"


class ProfileNameTaken(Refusal):
    """Another profile of the account has this name."""

    code: ClassVar[str] = "PROFILE_NAME_TAKEN"


class NotAModule(Refusal):
    """Rights are on modules; the product is of another kind."""

    code: ClassVar[str] = "NOT_A_MODULE"


class MemberOfOtherAccount(Refusal):
    """The member has left, or belongs to another account."""

    code: ClassVar[str] = "MEMBER_OF_OTHER_ACCOUNT"


class CompanyOfOtherAccount(Refusal):
    """The company is detached, or belongs to another account."""

    code: ClassVar[str] = "COMPANY_OF_OTHER_ACCOUNT"


class ProfileOfOtherAccount(Refusal):
    """The profile is removed, or belongs to another account."""

    code: ClassVar[str] = "PROFILE_OF_OTHER_ACCOUNT"


class TooMany(Refusal):
    """A list is longer than it may be."""

    code: ClassVar[str] = "TOO_MANY"
