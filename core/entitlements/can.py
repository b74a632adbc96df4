"""May they? Many questions at once, each answered with what would help.

The number of statements does not grow with the number of questions or of accounts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from core.accounts.update_account import AccountNotFound
from core.catalogue.features import allowed_by
from core.db import Tx
from core.entitlements import repository
from core.entitlements.engine import Check, Standing, Verdict, decide, feature_of
from core.entitlements.reading import load_standings
from core.entitlements.repository import Offered
from core.kernel.errors import Refusal
from core.kernel.money import round_to
from core.plugin_host import PluginHost
from core.usage.windows import AskedWindow, window_states

MOST_CHECKS: Final = 100
PLACES: Final = 9
AMOUNT_LIMIT: Final = Decimal(10) ** 13


class TooManyChecks(Refusal):
    """At most 100 questions are answered at once."""

    code: ClassVar[str] = "TOO_MANY_CHECKS"


class InvalidAmount(Refusal):
    """An amount of a feature is no positive number of at most 9 decimals."""

    code: ClassVar[str] = "INVALID_FEATURE_AMOUNT"


class Window(NamedTuple):
    """Whose window is asked about: the business's own key, and the recipient."""

    key: str
    customer: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about an account, or one of its members."""

    feature: str
    amount: Decimal = Decimal(1)
    member_id: UUID | None = None
    window: Window | None = None


class Product(NamedTuple):
    """A product that would allow it."""

    id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict, and the products that would change it where buying helps."""

    verdict: Verdict
    products: tuple[Product, ...] = ()


async def can(
    tx: Tx, account_id: UUID, asked: Sequence[Asked], *, host: PluginHost | None = None
) -> list[Answer]:
    """Answer questions about one account, in their order.

    Raises:
        AccountNotFound, TooManyChecks, InvalidAmount
    """
    found = (await can_many(tx, {account_id: asked}, host=host))[account_id]
    if found is None:
        raise AccountNotFound("there is no such account; check its id", path=("account",))
    return found


async def can_many(
    tx: Tx, asked: Mapping[UUID, Sequence[Asked]], *, host: PluginHost | None = None
) -> dict[UUID, list[Answer] | None]:
    """Answer questions about many accounts; one that does not exist is None.

    `host` has the channels whose windows are asked about; without it every window is closed.

    Raises:
        TooManyChecks, InvalidAmount
    """
    for questions in asked.values():
        check_questions(questions)
    everything = [each for questions in asked.values() for each in questions]
    standings = await load_standings(
        tx,
        asked,
        features={each.feature for each in everything},
        member_ids={each.member_id for each in everything if each.member_id is not None},
    )
    is_open = {} if host is None else await _open_windows(tx, standings, asked, host=host)
    verdicts: dict[UUID, list[Verdict]] = {
        key: [
            decide(standings[key], _check(each, is_open=is_open.get((key, each), False)))
            for each in questions
        ]
        for key, questions in asked.items()
        if key in standings
    }
    helping = await _helping(tx, standings, verdicts)
    return {
        key: None
        if key not in verdicts
        else [Answer(each, helping.get((key, each.feature), ())) for each in verdicts[key]]
        for key in asked
    }


def check_questions(questions: Sequence[Asked]) -> None:
    """Refuse too many questions, and amounts that are none.

    Raises:
        TooManyChecks, InvalidAmount
    """
    if len(questions) > MOST_CHECKS:
        raise TooManyChecks(
            f"{len(questions)} checks are more than {MOST_CHECKS}; ask several times",
            path=("checks",),
        )
    for number, each in enumerate(questions):
        check_amount(each.amount, path=("checks", str(number), "amount"))


def check_amount(amount: Decimal, *, path: tuple[str, ...]) -> None:
    """Refuse an amount that is no positive number of at most 9 decimals.

    Raises:
        InvalidAmount: it is none.
    """
    if not (amount.is_finite() and 0 < amount < AMOUNT_LIMIT) or amount != round_to(
        amount, PLACES
    ):
        raise InvalidAmount(
            f"give an amount above 0 and below {AMOUNT_LIMIT:f}, of at most 9 decimals",
            path=path,
        )


def _check(asked: Asked, *, is_open: bool) -> Check:
    return Check(asked.feature, asked.amount, asked.member_id, is_open)


async def _open_windows(
    tx: Tx,
    standings: Mapping[UUID, Standing],
    asked: Mapping[UUID, Sequence[Asked]],
    *,
    host: PluginHost,
) -> dict[tuple[UUID, Asked], bool]:
    """Tell of each question whether the window that its feature needs is open."""
    wanted: dict[tuple[UUID, Asked], AskedWindow] = {}
    for key, standing in standings.items():
        for each in asked[key]:
            feature = feature_of(standing, each.feature)
            if feature is not None and feature.window and each.window is not None:
                wanted[key, each] = AskedWindow(
                    key, feature.window, each.window.key, each.window.customer, standing.at
                )
    states = await window_states(tx, list(wanted.values()), host=host)
    return {each: state.is_open for each, state in zip(wanted, states, strict=True)}


async def _helping(
    tx: Tx, standings: Mapping[UUID, Standing], verdicts: Mapping[UUID, Sequence[Verdict]]
) -> dict[tuple[UUID, str], tuple[Product, ...]]:
    """Return the products that grant more of what is not allowed, where buying helps.

    Of those, the ones that a plan of the account's subscriptions rates; where none is rated,
    all of them.
    """
    lacking = {
        (key, each.feature)
        for key, found in verdicts.items()
        for each in found
        if each.help in {"buy", "assign_licence"}
    }
    if not lacking:
        return {}
    mine = {
        key: {each.subscription_id for each in standings[key].sources} for key, _ in lacking
    }
    rows = await repository.offered(
        tx,
        {feature for _, feature in lacking},
        subscription_ids=frozenset().union(*mine.values()),
    )
    return {
        (key, feature): _fitting(rows, feature, subscriptions=mine[key])
        for key, feature in lacking
    }


def _fitting(
    offered: Sequence[Offered], feature: str, *, subscriptions: Collection[UUID]
) -> tuple[Product, ...]:
    granting = [each for each in offered if _grants(each, feature)]
    rated = [each for each in granting if not each.rated_for.isdisjoint(subscriptions)]
    return tuple(Product(each.id, each.code) for each in rated or granting)


def _grants(offered: Offered, feature: str) -> bool:
    """Tell whether a product grants more than nothing of a feature."""
    found = [grant for grant in allowed_by(offered.body).grants if grant.feature == feature]
    return any(grant.unlimited or (grant.amount or 0) > 0 for grant in found)
