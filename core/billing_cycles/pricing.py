"""Pricing many snapshots: built-in models here, third-party models in child processes.

A rate with a third-party price model is asked for twice. The first pass collects which
quantities it would price; they cross to a child as one batch of plain columns; the second
pass prices with the answers. `bill` is the same function in both passes and everywhere
else, and what a plugin could not price refuses just the invoices that needed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from core.billing.bill import bill, bill_all
from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Part, Snapshot
from core.billing_cycles.absent_models import with_absent
from core.billing_cycles.errors import PluginPricingFailed
from core.kernel.errors import Problem
from core.plugin_api import PriceModel
from core.plugin_api.values import ZERO, Charge, Rate
from core.plugin_host import Hosted, PluginHost
from core.pricing_pool import PricingFault, PricingPool, price_quantities
from core.rating.compile import CompiledPlan, compile_plan
from core.rating.plan import PlanVersion
from core.rating.price_models import BUILT_IN

MAX_COMPILED: Final = 4_096
_Asked = tuple[int, Decimal]


class OutsideModel:
    """Stands for a third-party price model in this process; it never runs it."""

    def __init__(self, hosted: Hosted[PriceModel]) -> None:
        self.hosted = hosted
        self._asked: dict[_Asked, tuple[Rate, Decimal]] = {}
        self._answers: Mapping[_Asked, Charge | PricingFault] = {}
        self._collecting = False

    @property
    def name(self) -> str:
        """Return the model's name."""
        return self.hosted.name

    def validate(self, _rate: Rate) -> Sequence[Problem]:
        """Accept the rate: it was checked when the catalogue was applied."""
        return ()

    def price(self, rate: Rate, quantity: Decimal) -> Charge:
        """Return the child's answer; in the collecting pass, note the question."""
        asked = (id(rate), quantity)
        if self._collecting:
            self._asked[asked] = (rate, quantity)
            return Charge(ZERO, ())
        answer = self._answers.get(asked)
        if isinstance(answer, Charge):
            return answer
        source = self.hosted.plugin
        title = f"{source.name} {source.version}"
        raise PluginPricingFailed(str(answer or f"plugin {title} did not answer"), plugin=title)

    def collect(self) -> None:
        """Begin the collecting pass."""
        self._asked, self._answers, self._collecting = {}, {}, True

    async def answer(self, pool: PricingPool) -> None:
        """Have the collected questions answered by a child, and begin the second pass."""
        asked, self._asked, self._collecting = self._asked, {}, False
        charges = await price_quantities(self.hosted, list(asked.values()), pool=pool)
        self._answers = dict(zip(asked, charges, strict=True))


class Pricing:
    """The price models of this process, and how to price with them.

    Without a host, or for built-in models, everything is priced in this process. A host
    with third-party price models needs a pool.
    """

    def __init__(self, host: PluginHost | None = None, pool: PricingPool | None = None) -> None:
        self.host = host
        self.pool = pool
        hosted = host.price_models.values() if host is not None else ()
        self._outside = {
            model.name: OutsideModel(model) for model in hosted if not model.plugin.is_built_in
        }
        if pool is None:
            _refuse_outside(host, self._outside)
        built_in = {m.name: m.contribution for m in hosted if m.plugin.is_built_in}
        self._models: Mapping[str, Any] = MappingProxyType(
            {**BUILT_IN, **built_in, **self._outside}
        )
        self._turn = asyncio.Lock()
        self._compiled: dict[UUID, tuple[PlanVersion, CompiledPlan]] = {}

    def compiled(self, version: PlanVersion) -> CompiledPlan:
        """Return a plan version ready for pricing, compiled once while it stays the same."""
        kept = self._compiled.get(version.id)
        if kept is not None and kept[0] is version:
            return kept[1]
        if len(self._compiled) >= MAX_COMPILED:
            self._compiled.clear()
        disabled = () if self.host is None else self.host.disabled
        plan = compile_plan(version, with_absent(self._models, version, disabled=disabled))
        self._compiled[version.id] = (version, plan)
        return plan

    async def price(self, snapshots: Sequence[Snapshot]) -> list[InvoiceDraft | Exception]:
        """Return a draft for each snapshot in order, or why it has none."""
        outside = [index for index, one in enumerate(snapshots) if self._is_outside(one)]
        drafts = _billed([one for one in snapshots if not self._is_outside(one)])
        if outside:
            priced = await self._priced_outside([snapshots[index] for index in outside])
            for index, draft in zip(outside, priced, strict=True):
                drafts.insert(index, draft)
        return drafts

    async def _priced_outside(
        self, snapshots: Sequence[Snapshot]
    ) -> list[InvoiceDraft | Exception]:
        assert self.pool is not None  # the constructor asks for it
        # Models collect and answer for one caller at a time: both passes are its own.
        async with self._turn:
            for model in self._outside.values():
                model.collect()
            _one_by_one(snapshots)
            for model in self._outside.values():
                await model.answer(self.pool)
            return _one_by_one(snapshots)

    def _is_outside(self, snapshot: Snapshot) -> bool:
        if not self._outside:
            return False
        parts: tuple[Part, ...] = (*snapshot.fees, *snapshot.usage, *snapshot.jobs)
        versions = {source.id: source for part in parts for source in part.plan.sources()}
        return any(
            rate.model in self._outside
            for version in versions.values()
            for each in version.rates
            for rate in each.every_rate()
        )


def _refuse_outside(host: PluginHost | None, models: Iterable[str]) -> None:
    """Raise where a third party's code would run in this process."""
    engines = host.tax_engines.values() if host is not None else ()
    names = {*models, *(one.name for one in engines if not one.plugin.is_built_in)}
    if names:
        listed = ", ".join(sorted(names))
        raise ValueError(
            f"price models and tax engines of third parties ({listed}) need a pool"
        )


def _billed(snapshots: Sequence[Snapshot]) -> list[InvoiceDraft | Exception]:
    try:
        return list(bill_all(snapshots))
    except Exception:  # noqa: BLE001 - told apart below, invoice by invoice
        return _one_by_one(snapshots)


def _one_by_one(snapshots: Iterable[Snapshot]) -> list[InvoiceDraft | Exception]:
    """Bill each by itself: what one raises, of whatever kind, stays its own."""
    drafts: list[InvoiceDraft | Exception] = []
    for snapshot in snapshots:
        try:
            drafts.append(bill(snapshot))
        except Exception as error:  # noqa: BLE001 - a bug in one invoice parks that one
            drafts.append(error)
    return drafts
