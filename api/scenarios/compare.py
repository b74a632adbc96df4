"""Expected invoices beside the real ones: what differs, what is missing, what is too much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

INVOICE_FIELDS: Final = ("account", "total", "tax", "net", "currency", "date", "number")
SETTLED_FIELDS: Final = ("paid", "credited", "outstanding", "paymentState", "payBy")
"""What an invoice has besides, and a credit note does not."""
LINE_FIELDS: Final = (
    "product", "kind", "quantity", "unit", "dimension", "amount", "net", "tax", "gross",
    "from", "until", "description", "isDifference",
)  # fmt: skip
MISSING: Final = "nothing"

Fields = dict[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice as texts by field: a real one, or as much as is expected of one.

    `lines` is None where none are told; then they are not compared.
    """

    fields: Fields
    lines: tuple[Fields, ...] | None
    line: int | None = None
    """Where it is expected, in the scenario's file."""
    lines_at: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected."""

    where: str
    expected: str
    found: str
    line: int | None = None


def differences(
    expected: Sequence[Bill], found: Sequence[Bill], *, what: str = "invoice"
) -> list[Difference]:
    """Compare invoices, or credit notes, regardless of their order; each is used once.

    An expected one is held against the closest real one of its account.
    """
    told: list[Difference] = []
    pairs = _paired(expected, found, cost=_invoice_cost)
    for wanted, real in pairs:
        if real is None and wanted is not None:
            told.append(Difference(what, _summary(wanted.fields), MISSING, wanted.line))
        elif wanted is None and real is not None:
            told.append(Difference(what, MISSING, _summary(real.fields)))
        elif wanted is not None and real is not None:
            told.extend(_document(wanted, real, what=what))
    return told


def _document(wanted: Bill, real: Bill, *, what: str) -> list[Difference]:
    name = f"{what} of {real.fields.get('account', '?')}"
    told = [
        Difference(
            f"{name}: {key}", wanted.fields[key], real.fields.get(key, MISSING), wanted.line
        )
        for key in _differing(wanted.fields, real.fields)
    ]
    if wanted.lines is None:
        return told
    places = dict(zip(map(id, wanted.lines), wanted.lines_at, strict=False))
    for line, real_line in _paired(wanted.lines, real.lines or (), cost=_line_cost):
        place = places.get(id(line), wanted.line)
        if line is None and real_line is not None:
            told.append(Difference(f"{name}: line", MISSING, _summary(real_line), wanted.line))
        elif real_line is None and line is not None:
            told.append(Difference(f"{name}: line", _summary(line), MISSING, place))
        elif line is not None and real_line is not None:
            told.extend(
                Difference(
                    f"{name}: {_named(line, real_line)}.{key}",
                    line[key],
                    real_line.get(key, MISSING),
                    place,
                )
                for key in _differing(line, real_line)
            )
    return told


@dataclass(order=True, slots=True)
class _Candidate:
    cost: int
    wanted: int
    real: int = field(compare=True)


def _paired(
    wanted: Sequence[T], real: Sequence[T], *, cost: Callable[[T, T], int | None]
) -> list[tuple[T | None, T | None]]:
    """Pair the closest first; what has no partner stands alone."""
    candidates = sorted(
        _Candidate(price, at, by)
        for at, one in enumerate(wanted)
        for by, other in enumerate(real)
        if (price := cost(one, other)) is not None
    )
    partner: dict[int, int] = {}
    for each in candidates:
        if each.wanted not in partner and each.real not in partner.values():
            partner[each.wanted] = each.real
    pairs: list[tuple[T | None, T | None]] = [
        (one, real[partner[at]] if at in partner else None) for at, one in enumerate(wanted)
    ]
    taken = set(partner.values())
    return pairs + [(None, other) for by, other in enumerate(real) if by not in taken]


def _invoice_cost(wanted: Bill, real: Bill) -> int | None:
    if wanted.fields.get("account") != real.fields.get("account"):
        return None
    lines = abs(len(wanted.lines) - len(real.lines or ())) if wanted.lines is not None else 0
    return len(_differing(wanted.fields, real.fields)) + lines


def _line_cost(wanted: Fields, real: Fields) -> int | None:
    """Count what differs; another product or kind is another line."""
    for key in ("product", "kind", "isDifference"):
        if key in wanted and not is_same(wanted[key], real.get(key, "")):
            return None
    return len(_differing(wanted, real))


def _differing(wanted: Fields, real: Fields) -> list[str]:
    return [key for key, text in wanted.items() if not is_same(text, real.get(key, ""))]


def is_same(wanted: str, real: str) -> bool:
    """Say whether two texts are the same number, or the same text."""
    try:
        return Decimal(wanted) == Decimal(real)
    except InvalidOperation:
        return wanted == real


def _named(wanted: Fields, real: Fields) -> str:
    return wanted.get("product") or real.get("product") or real.get("kind") or "line"


def _summary(fields: Fields) -> str:
    order = ("account", "product", "kind", "isDifference", "quantity", "amount", "total")
    return ", ".join(f"{key} {fields[key]}" for key in order if fields.get(key)) or "?"
