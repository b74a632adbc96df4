"""Why one invoice differs from another: each cause by itself, and that they add up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.invoices.diff import differences
from core.invoices.diff_causes import NOTHING_HELD, Held
from core.invoices.diff_lines import DiffLine
from core.kernel.money import round_money

V1, V2 = UUID(int=1), UUID(int=2)


def line(product: str = "seats", **given: Any) -> DiffLine:
    """A line of 10 seats at 5.00 with 20 % tax, but for what is given."""
    usual: dict[str, Any] = {
        "kind": "fee",
        "product": product,
        "name": product.title(),
        "unit": "seat",
        "dimension": "",
        "is_late": False,
        "quantity": Decimal(10),
        "net": Decimal("50.00"),
        "tax": Decimal("10.00"),
        "tax_rate": Decimal(20),
        "plan_version_id": V1,
        "plan": "simple version 1",
        "prices": frozenset({Decimal(5)}),
    }
    return DiffLine(**(usual | given))


def causes(
    before: list[DiffLine], after: list[DiffLine], held: Held = NOTHING_HELD
) -> list[tuple[str, str, str, str]]:
    """Return every cause with its net, its tax and its words."""
    return [
        (cause.kind, f"{cause.net:.2f}", f"{cause.tax:.2f}", cause.words)
        for one in differences(before, after, currency="EUR", held=held)
        for cause in one.causes
    ]


def gross(amount: str, rate: str = "20", **given: Any) -> DiffLine:
    """A line of a plan that includes tax: 60.00 with 20 % in it are 50.00 and 10.00."""
    whole, percent = Decimal(amount), Decimal(rate)
    part = round_money(whole * 100 / (100 + percent), "EUR")
    return line(net=part, tax=whole - part, tax_rate=percent, is_inclusive=True, **given)


def net(amount: str) -> dict[str, Any]:
    """An amount with its 20 %."""
    value = Decimal(amount)
    return {"net": value, "tax": round_money(value / 5, "EUR")}


ROWS = {
    "the same": ([line()], [line()], []),
    "more of it at the same price: 2 x 5.00": (
        [line()],
        [line(quantity=Decimal(12), **net("60.00"))],
        [("quantity", "10.00", "2.00", "10 → 12 seat")],
    ),
    "another version: 10 x (6.00 - 5.00)": (
        [line()],
        [
            line(
                plan_version_id=V2, plan="simple version 2",
                prices=frozenset({Decimal(6)}), **net("60.00"),
            )
        ],
        [("price", "10.00", "2.00", "5 → 6, simple version 1 → simple version 2")],
    ),
    "12 at 6.00 for 10 at 5.00: 2 x 5.00, then 12 x 1.00": (
        [line()],
        [
            line(
                quantity=Decimal(12), plan_version_id=V2, plan="simple version 2",
                prices=frozenset({Decimal(6)}), **net("72.00"),
            )
        ],
        [
            ("quantity", "10.00", "2.00", "10 → 12 seat"),
            ("price", "12.00", "2.40", "5 → 6, simple version 1 → simple version 2"),
        ],
    ),
    "20 of them are priced at 4.00 each by the next tier: 50.00 more, then 20.00 less": (
        [line()],
        [line(quantity=Decimal(20), prices=frozenset({Decimal(4)}), **net("80.00"))],
        [("quantity", "50.00", "10.00", "10 → 20 seat"), ("tier", "-20.00", "-4.00", "5 → 4")],
    ),
    "15 of 30 days, then all of them": (
        [line(share=Fraction(1, 2), **net("25.00"))],
        [line()],
        [("proration", "25.00", "5.00", "1/2 of the period → all of it")],
    ),
    "batches: 13 started thousands, then 14, at 1.90 each": (
        [line(kind="usage", unit="email", quantity=Decimal(12345),
              prices=frozenset({Decimal("1.9")}), **net("24.70"))],
        [line(kind="usage", unit="email", quantity=Decimal(13001),
              prices=frozenset({Decimal("1.9")}), **net("26.60"))],
        [("quantity", "1.90", "0.38", "12345 → 13001 email")],
    ),
    "new": ([], [line()], [("new_item", "50.00", "10.00", "10 seat")]),
    "ended": ([line()], [], [("item_ended", "-50.00", "-10.00", "10 seat")]),
    "a discount begins": (
        [],
        [line("", kind="discount", name="Winback", **net("-5.00"))],
        [("discount", "-5.00", "-1.00", "it begins to reduce")],
    ),
    "a discount ends": (
        [line("", kind="discount", name="Winback", **net("-5.00"))],
        [],
        [("discount", "5.00", "1.00", "it reduces no more")],
    ),
    "a discount takes off 7.50 in place of 5.00": (
        [line("", kind="discount", name="Winback", **net("-5.00"))],
        [line("", kind="discount", name="Winback", **net("-7.50"))],
        [("discount", "-2.50", "-0.50", "it reduces another amount")],
    ),
    "the same quantity at the same unit price: something else of its price has changed": (
        [line()],
        [line(**net("53.00"))],
        [("price", "3.00", "0.60", "its price")],
    ),
    "less is missing to the minimum": (
        [line("", kind="commitment", name="Minimum", **net("360.00"))],
        [line("", kind="commitment", name="Minimum", **net("300.00"))],
        [("commitment", "-60.00", "-12.00", "what is missing to the minimum")],
    ),
    "usage of an earlier period": (
        [],
        [line("email", kind="usage", is_late=True, quantity=Decimal(200), **net("1.90"))],
        [("late_usage", "1.90", "0.38", "usage of an earlier period that came late")],
    ),
    "another tax rate: 50.00 x (21 - 20) %": (
        [line()],
        [line(tax=Decimal("10.50"), tax_rate=Decimal(21))],
        [("tax_rate", "0.00", "0.50", "20 % → 21 %")],
    ),
    "a cent of tax that the invoice's rounding moved": (
        [line()],
        [line(tax=Decimal("10.01"))],
        [
            (
                "tax_rounding", "0.00", "0.01",
                "the tax of an invoice is rounded once, over all of its lines",
            )
        ],
    ),
    "two slices of a month count by their shares: 10 x 1/2 + 20 x 1/2 = 15 for 10": (
        [line()],
        [
            line(share=Fraction(1, 2), **net("25.00")),
            line(share=Fraction(1, 2), quantity=Decimal(20), **net("50.00")),
        ],
        [("quantity", "25.00", "5.00", "10 → 15 seat")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), ROWS.values(), ids=ROWS)
def test_each_cause_says_what_it_comes_to(
    before: list[DiffLine], after: list[DiffLine], expected: list[tuple[str, str, str, str]]
) -> None:
    """One row per cause, with its arithmetic in the name."""
    assert causes(before, after) == expected


EMAILS: dict[str, Any] = {"product": "email", "kind": "usage", "unit": "email"}
INCLUSIVE = {
    "another tax rate, and the same price: 60.00 were 50.00 and 10.00, now 49.59 and 10.41": (
        [gross("60.00")],
        [gross("60.00", "21")],
        [("tax_rate", "-0.41", "0.41", "20 % → 21 %")],
    ),
    "2 more at 6.00: 12.00 are 10.00 and 2.00": (
        [gross("60.00")],
        [gross("72.00", quantity=Decimal(12))],
        [("quantity", "10.00", "2.00", "10 → 12 seat")],
    ),
    "2 more and another rate: 72.00 are 59.50 and 12.50; at the old rate 60.00 and 12.00": (
        [gross("60.00")],
        [gross("72.00", "21", quantity=Decimal(12))],
        [
            ("quantity", "10.00", "2.00", "10 → 12 seat"),
            ("tax_rate", "-0.50", "0.50", "20 % → 21 %"),
        ],
    ),
    "another price and another rate: 6.00 more are 5.00 and 1.00; 66.00 then 54.55 and 11.45": (
        [gross("60.00")],
        [gross("66.00", "21", plan_version_id=V2, plan="simple version 2",
               prices=frozenset({Decimal("6.6")}))],
        [
            ("price", "5.00", "1.00", "5 → 6.6, simple version 1 → simple version 2"),
            ("tax_rate", "-0.45", "0.45", "20 % → 21 %"),
        ],
    ),
    "a new item: 60.00 with its tax": (
        [], [gross("60.00")], [("new_item", "50.00", "10.00", "10 seat")],
    ),
    "a cent that the invoice's rounding moved between net and tax": (
        [gross("60.00")],
        [gross("60.00")._replace(net=Decimal("49.99"), tax=Decimal("10.01"))],
        [
            (
                "tax_rounding", "-0.01", "0.01",
                "the tax of an invoice is rounded once, over all of its lines",
            )
        ],
    ),
    "from net prices to prices with tax nothing but amounts without tax can be compared": (
        [line()],
        [gross("66.00", plan_version_id=V2, plan="gross version 1",
               prices=frozenset({Decimal("6.6")}))],
        [("price", "5.00", "1.00", "5 → 6.6, simple version 1 → gross version 1")],
    ),
}  # fmt: skip
USED = {
    "held before, and not used": (
        [], [line(**EMAILS, quantity=Decimal(1500), **net("3.80"))], Held(before={"email"}),
        [("usage_began", "3.80", "0.76", "0 → 1500 email")],
    ),
    "held still, and not used": (
        [line(**EMAILS, quantity=Decimal(1500), **net("3.80"))], [], Held(after={"email"}),
        [("usage_stopped", "-3.80", "-0.76", "1500 → 0 email")],
    ),
    "not held before": (
        [], [line(**EMAILS, quantity=Decimal(1500), **net("3.80"))], Held(after={"email"}),
        [("new_item", "3.80", "0.76", "1500 email")],
    ),
    "held no more": (
        [line(**EMAILS, quantity=Decimal(1500), **net("3.80"))], [], Held(before={"email"}),
        [("item_ended", "-3.80", "-0.76", "1500 email")],
    ),
    "a fee of something held is new where it was not charged: it was free, or a trial": (
        [], [line()], Held(before={"seats"}), [("new_item", "50.00", "10.00", "10 seat")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), INCLUSIVE.values(), ids=INCLUSIVE)
def test_prices_with_tax_differ_by_what_they_are_with_it(
    before: list[DiffLine], after: list[DiffLine], expected: list[tuple[str, str, str, str]]
) -> None:
    """A new tax rate leaves such a price as it is: less is the seller's, more the state's."""
    assert causes(before, after) == expected


@pytest.mark.parametrize(("before", "after", "held", "expected"), USED.values(), ids=USED)
def test_what_is_used_again_is_no_new_item(
    before: list[DiffLine],
    after: list[DiffLine],
    held: Held,
    expected: list[tuple[str, str, str, str]],
) -> None:
    """New is what was not held in the time of the earlier invoice."""
    assert causes(before, after, held) == expected


def test_the_greatest_difference_comes_first() -> None:
    """A loss of 50.00 before a gain of 10.00."""
    found = differences(
        [line("a"), line("b")],
        [line("a", quantity=Decimal(12), **net("60.00"))],
        currency="EUR",
    )

    assert [one.key.product for one in found] == ["b", "a"]


cents = st.integers(-100_000, 100_000).map(lambda n: Decimal(n) / 100)
lines = st.builds(
    line,
    product=st.sampled_from(["", "a", "b"]),
    kind=st.sampled_from(["fee", "usage", "discount", "commitment", "one_off"]),
    name=st.sampled_from(["x", "y"]),
    is_late=st.booleans(),
    quantity=st.integers(0, 1000).map(Decimal),
    net=cents,
    tax=cents,
    tax_rate=st.sampled_from([Decimal(0), Decimal(20), Decimal("5.5")]),
    plan_version_id=st.sampled_from([V1, V2]),
    share=st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(10, 31), Fraction(1)]),
    prices=st.frozensets(st.sampled_from([Decimal(1), Decimal(2)]), max_size=2),
    is_inclusive=st.booleans(),
)
held = st.builds(
    Held, before=st.frozensets(st.just("a")), after=st.frozensets(st.sampled_from(["a", "b"]))
)


@given(st.lists(lines, max_size=5), st.lists(lines, max_size=5), held)
def test_causes_add_up_to_the_difference_of_the_totals(
    before: list[DiffLine], after: list[DiffLine], held: Held
) -> None:
    """Whatever two invoices hold: net and with tax, by charge and altogether."""
    found = differences(before, after, currency="EUR", held=held)

    for one in found:
        assert one.net == _net(one.after) - _net(one.before)
    assert sum(one.net for one in found) == _sum(after, "net") - _sum(before, "net")
    taxed = sum(one.gross - one.net for one in found)
    assert taxed == _sum(after, "tax") - _sum(before, "tax")


def _net(charged: Any) -> Decimal:
    return Decimal(0) if charged is None else charged.net


def _sum(listed: list[DiffLine], name: str) -> Decimal:
    return sum((getattr(one, name) for one in listed), Decimal(0))
