"""From checked events to rows: who they belong to, and which periods they have.

Takes the tenant's freeze lock, shared, when there is something to bill or something that may
change what neighbours cost, and only after all that can be decided without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from asyncpg.pgproto import pgproto

from core.accounts.naming import AccountTime, accounts_named
from core.db import Tx
from core.freeze_lock import share_freeze
from core.plugin_host import PluginHost
from core.usage import repository
from core.usage.codec import ChannelCodec, codecs_of
from core.usage.identity import Identities, content_hash
from core.usage.periods import Asked, places_for
from core.usage.placing import Beyond, Place
from core.usage.rating import PlanRates, plan_rates
from core.usage.records import (
    Checked,
    EventRow,
    Metering,
    Named,
    UsageLimits,
    UsageReport,
    Verdict,
    rejected,
)
from core.usage.resolving import Resolved, Resolver
from core.usage_catalogues.offered import offering_for
from core.usage_catalogues.offering import Offering

_NOTHING: Final = Decimal(0)


class Refused(NamedTuple):
    """A rejected event of a known account: one that is stored already is a duplicate yet."""

    identity: UUID
    content_hash: bytes
    verdict: Verdict


Row = EventRow | Refused | Verdict


async def rows_of(
    tx: Tx,
    checked: Sequence[Checked | Verdict],
    *,
    host: PluginHost,
    limits: UsageLimits,
) -> list[Row]:
    """Return the row of each event that can be stored, or why it cannot, in order.

    The tenant's periods stay as they were read until this transaction ends.
    """
    sound = [one for one in checked if isinstance(one, Checked)]
    resolver = await _resolver(tx, sound, host=host, limits=limits)
    resolved = [one if isinstance(one, Verdict) else resolver.resolve(one) for one in checked]
    asked = [
        Asked(one.subscription_id, one.checked.occurred_at)
        for one in resolved
        if isinstance(one, Resolved) and one.product_id is not None and one.subscription_id
    ]
    places: Iterator[Place | Beyond] = iter(())
    if asked or any(one.replay_key is not None for one in sound):
        await share_freeze(tx)
    if asked:
        places = iter(await places_for(tx, asked))
    maker = _RowMaker(tx, codecs=codecs_of(host), places=places, resolver=resolver)
    return [
        one if isinstance(one, Verdict) else maker.row(one, found)
        for one, found in zip(checked, resolved, strict=True)
    ]


async def _resolver(
    tx: Tx, sound: Sequence[Checked], *, host: PluginHost, limits: UsageLimits
) -> Resolver:
    accounts = await accounts_named(tx, {one.report.account for one in sound})
    account_ids = {account.id for account in accounts.values()}
    channels = {one.report.channel for one in sound}
    found = await repository.meterings(tx, account_ids, channels) if account_ids else []
    return Resolver(
        accounts=accounts,
        meterings=found,
        tables=await repository.dated_tables(tx, found),
        now=tx.now,
        future=limits.future,
        offering=await _offering(tx, sound, accounts),
        plans=await _plans(tx, sound, found, host=host),
    )


async def _offering(
    tx: Tx, sound: Sequence[Checked], accounts: Mapping[Named, AccountTime]
) -> Offering | None:
    """Read what may be ordered by the accounts that order something; mostly nobody does."""
    ordering = [one for one in sound if one.service is not None]
    if not ordering:
        return None
    named = {one.report.account for one in ordering}
    account_ids = {accounts[name].id for name in named if name in accounts}
    services = {one.service for one in ordering if one.service is not None}
    return await offering_for(tx, account_ids, services=services)


async def _plans(
    tx: Tx, sound: Sequence[Checked], found: Sequence[Metering], *, host: PluginHost
) -> PlanRates | None:
    """Read the plans of events that are priced one by one without a catalogue."""
    channels = {
        one.report.channel for one in sound if one.facts is not None and one.service is None
    }
    if not channels:
        return None
    ids = {one.subscription_id for one in found if one.channel in channels}
    return await plan_rates(tx, ids, host=host)


class _RowMaker:
    """Makes the rows of one batch."""

    def __init__(
        self,
        tx: Tx,
        *,
        codecs: Mapping[str, ChannelCodec],
        places: Iterator[Place | Beyond],
        resolver: Resolver,
    ) -> None:
        self._tenant_id = tx.tenant_id
        self._now = tx.now
        self._codecs = codecs
        self._places = places
        self._resolver = resolver
        self._identities = Identities()

    def row(self, checked: Checked, found: Resolved | Verdict) -> Row:
        if isinstance(found, Verdict):
            return self._refused(checked, found)
        usage_period_id = billing_period_id = None
        if found.product_id is not None:
            place = next(self._places)
            if isinstance(place, Beyond) or place.billing_period_id is None:
                return self._refused(checked, _no_period(checked))
            usage_period_id, billing_period_id = place
        report, measure, priced = checked.report, checked.measure, found.priced
        dimension = "" if measure is None else measure.dimension
        if priced is not None:
            dimension = priced.dimension
        return EventRow(
            self._tenant_id,
            self._identity(found.account_id, report),
            0,
            1,
            found.account_id,
            found.subscription_id,
            found.product_id,
            usage_period_id,
            billing_period_id,
            checked.occurred_at,
            self._now,
            _NOTHING if measure is None else measure.quantity,
            found.slot if priced is None or not priced.slot else priced.slot,
            report.channel,
            "" if measure is None else measure.unit,
            dimension,
            report.source,
            report.id,
            self._content_hash(checked, found.named_subscription_id),
            checked.payload,
            None if priced is None else priced.amount,
            None if priced is None else priced.rating,
            None if priced is None else priced.tax,
            checked.replay_key,
        )

    def _refused(self, checked: Checked, verdict: Verdict) -> Row:
        account_id = self._resolver.account_id(checked)
        if account_id is None:
            return verdict
        report = checked.report
        named = self._resolver.named_subscription(checked)
        if named is None and report.subscription is not None:
            return verdict  # what it names is part of its content, and nothing has that
        return Refused(
            self._identity(account_id, report),
            self._content_hash(checked, named),
            verdict,
        )

    def _identity(self, account_id: UUID, report: UsageReport) -> UUID:
        # The driver's own class: made and sent in a fraction of the standard one's time.
        return pgproto.UUID(
            self._identities.octets(account_id, source=report.source, event_id=report.id)
        )

    def _content_hash(self, checked: Checked, subscription_id: UUID | None) -> bytes:
        report = checked.report
        codec = self._codecs[report.channel]
        return content_hash(
            codec.digester,
            codec.fields(report.event),
            occurred_at=checked.occurred_at,
            subscription_id=subscription_id,
        )


def _no_period(checked: Checked) -> Verdict:
    return rejected(
        "TOO_OLD",
        f"{checked.occurred_at.isoformat()} lies before the periods that the subscription has",
        path=("occurredAt",),
    )
