"""The table that a run prints: each ratio with its target and its alarm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rich.console import Console
from rich.table import Table

from bench.measuring import Sample

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """One ratio; without a target it is there for information."""

    name: str
    cpu: float
    wall: float
    better: Better = "higher"
    target: float | None = None
    alarm: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Say whether the CPU ratio (of the workers: the wall ratio) meets the target."""
        if self.target is None:
            return "-"
        if _reaches(self.judged, self.target, self.better):
            return "met"
        if self.alarm is not None and not _reaches(self.judged, self.alarm, self.better):
            return "ALARM"
        return "missed"

    @property
    def judged(self) -> float:
        """The number that the target is compared with."""
        return self.wall if self.note.startswith("wall") else self.cpu


def _reaches(value: float, bound: float, better: Better) -> bool:
    return value >= bound if better == "higher" else value <= bound


@dataclass(slots=True)
class Report:
    """What was measured, in the order of the run."""

    samples: list[tuple[str, str, Sample]] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def sample(self, name: str, unit: str, sample: Sample) -> None:
        """Add a measurement."""
        self.samples.append((name, unit, sample))

    @property
    def has_alarm(self) -> bool:
        """Whether a ratio is beyond its alarm."""
        return any(ratio.verdict == "ALARM" for ratio in self.ratios)

    def show(self, console: Console) -> None:
        """Print it."""
        console.print(self._measured())
        console.print(self._ratios())
        for fact in self.facts:
            console.print(f"  {fact}", markup=False, highlight=False)

    def _measured(self) -> Table:
        table = Table(
            title="Measured (medians; CPU is Python + PostgreSQL)", title_justify="left"
        )
        table.add_column("what")
        for name in (
            "work",
            "wall s",
            "CPU s",
            "Python s",
            "PostgreSQL s",
            "CPU each",
            "a second",
        ):
            table.add_column(name, justify="right")
        for name, unit, sample in self.samples:
            table.add_row(
                name,
                f"{sample.work:,} {unit}",
                f"{sample.wall:.2f}",
                f"{sample.cpu:.2f}",
                f"{sample.python:.2f}",
                f"{sample.postgres:.2f}",
                f"{sample.cpu_each:,.1f} us",
                f"{sample.work / sample.wall:,.0f}",
            )
        return table

    def _ratios(self) -> Table:
        table = Table(title="Ratios (judged by CPU unless said)", title_justify="left")
        table.add_column("what")
        for name in ("by CPU", "by wall", "target", "alarm"):
            table.add_column(name, justify="right")
        table.add_column("verdict")
        table.add_column("note")
        for ratio in self.ratios:
            sign, other = (">=", "<") if ratio.better == "higher" else ("<=", ">")
            table.add_row(
                ratio.name,
                f"{ratio.cpu:.2f}",
                f"{ratio.wall:.2f}",
                "" if ratio.target is None else f"{sign} {ratio.target}",
                "" if ratio.alarm is None else f"{other} {ratio.alarm}",
                ratio.verdict,
                ratio.note,
            )
        return table


def rate_ratio(name: str, product: Sample, floor: Sample, **bounds: object) -> Ratio:
    """Compare rates: 0.15 means that the product does 15 of the floor's 100 a second."""
    return Ratio(
        name,
        floor.cpu_each / product.cpu_each,
        (floor.wall / floor.work) / (product.wall / product.work),
        **bounds,  # type: ignore[arg-type]
    )


def cost_ratio(name: str, product: Sample, floor: Sample, **bounds: object) -> Ratio:
    """Compare costs: 2 means that the product takes twice the floor's time."""
    return Ratio(
        name,
        product.cpu_each / floor.cpu_each,
        (product.wall / product.work) / (floor.wall / floor.work),
        better="lower",
        **bounds,  # type: ignore[arg-type]
    )
