"""What accounts paid and would have paid, of one account or of many in one currency."""

from __future__ import annotations

import strawberry

from api.features.invoices.lines import money
from api.graphql.money import Money
from core.simulations import records, statistics


@strawberry.type(
    description="What was invoiced, and what both sides of the comparison come to."
)
class ComparedAmounts:
    """Fields of whatever is compared."""

    invoiced: Money = strawberry.field(
        description="What was invoiced for the same periods, before credit notes."
    )
    credited: Money = strawberry.field(
        description="What credit notes gave back of it for time and units that were not used: "
        "upgrades, fewer units, early ends."
    )
    corrected: Money = strawberry.field(
        description="What credit notes that staff wrote gave back of it; `before` is no less, "
        "because prices know nothing of them."
    )
    unused: Money = strawberry.field(
        description="What it charged for units that ended before their time and stay paid."
    )
    unexplained: Money = strawberry.field(
        description="`invoiced` less `credited` and `unused`, less `before`: another class of "
        "customer, a plan that was amended, a period not billed yet, bills within a period, a "
        "cent of tax."
    )
    before: Money = strawberry.field(description="What the prices that hold come to.")
    after: Money = strawberry.field(description="What the prices that are tried come to.")
    difference: Money = strawberry.field(description="`after` less `before`.")
    before_with_tax: Money = strawberry.field(description="`before`, with tax.")
    after_with_tax: Money = strawberry.field(description="`after`, with tax.")


def amounts_of(record: records.Result | statistics.Totals) -> dict[str, Money]:
    """Return the fields of `ComparedAmounts` by name."""
    named = {
        "invoiced": record.invoiced,
        "credited": record.credited,
        "corrected": record.corrected,
        "unused": record.unused,
        "unexplained": record.unexplained,
        "before": record.before,
        "after": record.after,
        "difference": record.difference,
        "before_with_tax": record.before_total,
        "after_with_tax": record.after_total,
    }
    return {name: money(amount, record.currency) for name, amount in named.items()}
