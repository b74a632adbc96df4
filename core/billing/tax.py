"""Tax: computed at each rate over the invoice, and given back to its lines.

Exclusive amounts are net: tax = net x rate / 100. Inclusive ones are gross: tax = gross x
rate / (100 + rate), 24.00 at 19 % holds 3.83. Both are rounded once for the invoice.
A late period is taxed as a group of its own together with what was billed before: tax on
everything less the tax billed, so that cents do not depend on when usage arrived. Tax that a
third party gave with its price stays to the cent as it was given, in the line, in the total of
the line's rate and in the invoice's.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from core.billing.differences import Link
from core.billing.draft import DraftLine, TaxTotal
from core.billing.lines import CONTENT, PricedLine
from core.billing.totals import TaxCarry, TaxKey
from core.kernel.allocation import allocate
from core.kernel.money import minor_digits
from core.kernel.ratios import rounded_share

Group = tuple[int, TaxKey]


class Taxed(NamedTuple):
    """The finished lines in the order given, and what each group carries on."""

    lines: tuple[DraftLine, ...]
    taxes: tuple[TaxTotal, ...]
    carries: dict[Group, TaxCarry]
    net: Decimal
    tax: Decimal
    total: Decimal


@lru_cache(maxsize=1024)
def tax_ratio(mode: str, rate: Decimal) -> tuple[int, int]:
    """Return the share of a stated amount that is tax: 19/100, or 19/119 of a gross one."""
    numerator, denominator = rate.as_integer_ratio()
    hundred = 100 * denominator
    return numerator, hundred + numerator if mode == "inclusive" else hundred


def taxed(lines: list[PricedLine], links: Iterable[Link], currency: str) -> Taxed:
    """Tax the ordered lines of an invoice."""
    places = minor_digits(currency)
    to_minor = Decimal(10) ** places
    amounts = [int(line.amount * to_minor) for line in lines]
    members = _members(lines)
    carries = _carried(links)
    taxes = [0 if line.given_tax is None else int(line.given_tax * to_minor) for line in lines]
    for group, indexes in members.items():
        _tax_group(group, indexes, amounts=amounts, taxes=taxes, carries=carries)
    return _finished(lines, amounts=amounts, taxes=taxes, carries=carries, places=places)


def _members(lines: list[PricedLine]) -> dict[Group, list[int]]:
    """Return the indexes of each group's lines; neighbours mostly share a group.

    A line whose tax was given has it already.
    """
    members: dict[Group, list[int]] = {}
    last_key: TaxKey | None = None
    last_group = -1
    indexes: list[int] = []
    for index, line in enumerate(lines):
        if line.given_tax is not None:
            continue
        if line.tax_key is not last_key or line.group != last_group:
            last_key, last_group = line.tax_key, line.group
            indexes = members.setdefault((last_group, last_key), [])
        indexes.append(index)
    return members


def _carried(links: Iterable[Link]) -> dict[Group, TaxCarry]:
    """Return what late periods bring along; what an interim invoice billed was taxed by it."""
    return {
        (link.group, key): carry
        for link in links
        if link.part.is_late
        for key, carry in link.part.billed.taxes.items()
    }


def _tax_group(
    group: Group,
    indexes: list[int],
    *,
    amounts: list[int],
    taxes: list[int],
    carries: dict[Group, TaxCarry],
) -> None:
    mode, rate = group[1]
    if not rate:
        return
    numerator, denominator = tax_ratio(mode, rate)
    parts = [amounts[index] for index in indexes]
    base, billed = carries.get(group, (0, 0))
    base += sum(parts)
    tax = rounded_share(base, numerator=numerator, denominator=denominator)
    carries[group] = TaxCarry(base, tax)
    shares = tax_shares(tax - billed, parts, numerator=numerator, denominator=denominator)
    for index, share in zip(indexes, shares, strict=True):
        taxes[index] = share


def tax_shares(total: int, parts: list[int], *, numerator: int, denominator: int) -> list[int]:
    """Give a tax back to its lines: each its own tax rounded down, the rest allocated.

    Allocating by the lines alone would go wrong where lines of both signs nearly cancel.
    A negative total mirrors the positive one.
    """
    if len(parts) == 1:
        return [total]
    if total < 0:
        mirrored = [-part for part in parts]
        shares = tax_shares(-total, mirrored, numerator=numerator, denominator=denominator)
        return [-share for share in shares]
    shares = [part * numerator // denominator for part in parts]
    left_over = total - sum(shares)
    if left_over:
        rests = allocate(left_over, [part * numerator % denominator for part in parts])
        shares = [share + rest for share, rest in zip(shares, rests, strict=True)]
    return shares


def _finished(
    lines: list[PricedLine],
    *,
    amounts: list[int],
    taxes: list[int],
    carries: dict[Group, TaxCarry],
    places: int,
) -> Taxed:
    unit = Decimal(1).scaleb(-places)
    new = tuple.__new__  # what _make does, without a call in between
    finished = []
    sums: dict[Decimal, list[int]] = {}
    for line, minor, tax_minor in zip(lines, amounts, taxes, strict=True):
        amount, tax = line.amount, tax_minor * unit
        if line.tax_key.mode == "exclusive":
            net_minor = minor
            finished.append(new(DraftLine, (*line[CONTENT:], amount, tax, amount + tax)))
        else:
            net_minor = minor - tax_minor
            finished.append(new(DraftLine, (*line[CONTENT:], amount - tax, tax, amount)))
        at_rate = sums.get(line.tax_rate)
        if at_rate is None:
            sums[line.tax_rate] = [net_minor, tax_minor]
        else:
            at_rate[0] += net_minor
            at_rate[1] += tax_minor
    tax_totals = tuple(
        [
            TaxTotal(rate, net * unit, tax * unit, (net + tax) * unit)
            for rate, (net, tax) in sorted(sums.items())
        ]
    )
    net_sum = sum([net for net, _tax in sums.values()])
    tax_sum = sum([tax for _net, tax in sums.values()])
    total = (net_sum + tax_sum) * unit
    return Taxed(tuple(finished), tax_totals, carries, net_sum * unit, tax_sum * unit, total)
