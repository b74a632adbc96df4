"""Usage that is carried on: its period is settled without what its events cost.

Fees, gauges and the minimum of the period are billed at its end, and the minimum counts all
of its usage. What events cost stays as far billed as it was, and a later link of the chain
bills the rest, at the rates and in the tiers of its own period.
"""

from __future__ import annotations

from typing import Final

from core.billing.lines import CumulativeLine
from core.billing.snapshot import UsagePart

OF_EVENTS: Final = frozenset({"usage", "credit"})
"""The kinds of lines that may wait; one of them without events is a fee for no use."""


def without_events(
    part: UsagePart, charged: list[CumulativeLine]
) -> tuple[UsagePart, list[CumulativeLine]]:
    """Keep what events cost as it was billed before; a part that kept nothing carries nothing.

    Of 12 films at 3.00, 10 of them on an interim invoice, 30.00 stay billed and 6.00 wait.
    """
    billed = {total.key: total for total in part.billed.lines}
    kept: list[CumulativeLine] = []
    carries = False
    for line in charged:
        before = billed.get(line.key)
        if line.key.kind not in OF_EVENTS or not (line.quantity or line.events):
            kept.append(line)
        elif before is None:
            carries = True
        else:
            as_billed = {name: getattr(before, name) for name in before._fields[1:]}
            stays = line._replace(**as_billed)
            carries = carries or stays != line
            kept.append(stays)
    return part._replace(carries=carries), kept
