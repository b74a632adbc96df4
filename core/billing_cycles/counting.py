"""Whose usage is counted while it is stored: prepaid terms, thresholds, usage rules.

A tenant that has none of them is told by one small statement, and its batches pass. The
terms that hold at an event's time decide; normal terms that state no threshold of their own
have those of the first usage rule whose condition holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

import structlog

from core.catalogue.compile import TermsVersion
from core.catalogue.entries import entries
from core.catalogue.schema.usage_rules import UsageRuleDefinition
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.facts import load_facts
from core.facts.facts import Facts
from core.kernel.condition_context import documented_schema
from core.kernel.conditions import Condition, ConditionFailed, ConditionSchema

_log = structlog.stdlib.get_logger(__name__)

_ANY: Final = """
SELECT ARRAY(SELECT id FROM billing_terms_version WHERE tenant_id = $1 AND counts_usage)
    AS versions,
    EXISTS (SELECT FROM catalogue_entry WHERE tenant_id = $1 AND section = 'usage_rules'
        AND state = 'active') AS has_rules
"""
_PHASES: Final = """
SELECT ph.subscription_id, ph.billing_terms_version_id, ph.from_at, ph.until_at,
    s.account_id, s.currency, a.test_clock
FROM subscription_phase ph
JOIN subscription s ON s.tenant_id = ph.tenant_id AND s.id = ph.subscription_id
JOIN account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE ph.tenant_id = $1 AND ph.subscription_id = ANY ($2::uuid[])
    AND ($4 OR ph.billing_terms_version_id = ANY ($3::uuid[]))
"""
_RULES: Final[ConditionSchema] = documented_schema(variables=("account", "subscription"))


class Counting(NamedTuple):
    """What of a tenant counts usage at all: versions of terms, and whether rules are active."""

    versions: Sequence[UUID]
    has_rules: bool


class Thresholds(NamedTuple):
    """When unbilled usage is billed: as soon as either is reached. None: no limit."""

    amount: Decimal | None
    events: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A subscription whose usage counts under one version of terms, `[from_at, until_at)`."""

    subscription_id: UUID
    account_id: UUID
    currency: str
    test_clock: datetime | None
    terms: TermsVersion
    from_at: datetime
    until_at: datetime | None

    @property
    def is_prepaid(self) -> bool:
        """Tell whether a wallet pays for it."""
        return self.terms.kind == "prepaid"

    def holds(self, at: datetime) -> bool:
        """Tell whether its terms hold at an instant."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


async def counting(tx: Tx) -> Counting | None:
    """Return what counts usage in this tenant; None where nothing does."""
    row = await tx.fetchrow(_ANY, tx.tenant_id)
    assert row is not None
    if not row["versions"] and not row["has_rules"]:
        return None
    return Counting(row["versions"], row["has_rules"])


async def counted_among(
    tx: Tx, subscription_ids: Collection[UUID], found: Counting
) -> Mapping[UUID, list[Counted]]:
    """Return those of the subscriptions whose usage counts, by the times when it does."""
    rows = await tx.fetch(
        _PHASES, tx.tenant_id, list(subscription_ids), found.versions, found.has_rules
    )
    terms = await load_terms_versions(tx, {row["billing_terms_version_id"] for row in rows})
    counted: dict[UUID, list[Counted]] = defaultdict(list)
    for row in rows:
        one = Counted(
            row["subscription_id"],
            row["account_id"],
            row["currency"],
            row["test_clock"],
            terms[row["billing_terms_version_id"]],
            row["from_at"],
            row["until_at"],
        )
        if one.terms.kind != "job":
            counted[one.subscription_id].append(one)
    return counted


async def thresholds_of(
    tx: Tx, counted: Sequence[Counted], *, has_rules: bool
) -> dict[UUID, Thresholds]:
    """Return the thresholds of subscriptions on normal terms that have any."""
    normal = [one for one in counted if not one.is_prepaid]
    rules = await _rules(tx) if has_rules and normal else []
    facts = None
    if any(condition is not None for _rule, condition in rules):
        facts = await load_facts(tx, subscription_ids=[one.subscription_id for one in normal])
    found: dict[UUID, Thresholds] = {}
    for one in normal:
        amount, events = one.terms.max_unbilled_amount, one.terms.max_unbilled_events
        if amount is None and events is None:
            rule = _rule_for(one.subscription_id, rules, facts)
            if rule is not None:
                amount, events = rule.max_unbilled_amount, rule.max_unbilled_events
        if amount is not None or events is not None:
            found[one.subscription_id] = Thresholds(amount, events)
    return found


async def _rules(tx: Tx) -> list[tuple[UsageRuleDefinition, Condition | None]]:
    found: list[tuple[UsageRuleDefinition, Condition | None]] = []
    for entry in await entries(tx, "usage_rules", states=("active",)):
        rule = entry.definition
        assert isinstance(rule, UsageRuleDefinition)
        condition = Condition.compile(rule.when, schema=_RULES) if rule.when else None
        found.append((rule, condition))
    return sorted(found, key=lambda pair: (pair[0].place, pair[0].code))


def _rule_for(
    subscription_id: UUID,
    rules: Sequence[tuple[UsageRuleDefinition, Condition | None]],
    facts: Facts | None,
) -> UsageRuleDefinition | None:
    """Return the first rule that holds.

    One that cannot be decided ends the search: the usage then waits for its period's end,
    where it is billed in any case, and is never refused for a seller's condition.
    """
    for rule, condition in rules:
        if condition is None:
            return rule
        assert facts is not None
        try:
            if condition.evaluate(facts.of_subscription(subscription_id)):
                return rule
        except ConditionFailed as failed:
            _log.warning("usage_rule_failed", rule=rule.code, reason=failed.message)
            return None
    return None
