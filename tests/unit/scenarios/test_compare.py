"""Expected and real invoices: order does not matter, every cent does."""

from __future__ import annotations

from api.scenarios.compare import MISSING, Bill, Difference, differences

DECODER = {"product": "decoder", "quantity": "3", "amount": "27.00"}
ANTENNA = {"product": "antenna", "quantity": "3", "amount": "24.00"}


def bill(account: str, total: str, *lines: dict[str, str]) -> Bill:
    """An invoice with its lines."""
    return Bill({"account": account, "total": total}, lines, line=7)


def told(expected: list[Bill], found: list[Bill]) -> list[tuple[str, str, str]]:
    """Every difference: where, what was expected, what was found."""
    return [(d.where, d.expected, d.found) for d in differences(expected, found)]


def test_the_order_of_invoices_and_lines_does_not_matter() -> None:
    """And a number is the same however many zeros it ends with."""
    expected = [bill("ada", "51", DECODER, ANTENNA), bill("bob", "24.0", ANTENNA)]
    found = [bill("bob", "24.00", ANTENNA), bill("ada", "51.00", ANTENNA, DECODER)]

    assert told(expected, found) == []


def test_a_cent_is_a_difference_at_the_line_that_expects_it() -> None:
    """Line 7 is where the invoice is expected."""
    wrong = {**DECODER, "amount": "27.01"}

    assert differences([bill("ada", "27", DECODER)], [bill("ada", "27", wrong)]) == [
        Difference("invoice of ada: decoder.amount", "27.00", "27.01", 7)
    ]


def test_what_is_missing_and_what_is_too_much_are_both_told() -> None:
    """An invoice or a line that nobody expects is no pass."""
    assert told([bill("ada", "24", ANTENNA)], []) == [
        ("invoice", "account ada, total 24", MISSING)
    ]
    assert told([], [bill("ada", "24", ANTENNA)]) == [
        ("invoice", MISSING, "account ada, total 24")
    ]
    assert told([bill("ada", "24", ANTENNA)], [bill("ada", "24", ANTENNA, DECODER)]) == [
        ("invoice of ada: line", MISSING, "product decoder, quantity 3, amount 27.00")
    ]
    assert told([bill("ada", "24", ANTENNA, DECODER)], [bill("ada", "24", ANTENNA)]) == [
        ("invoice of ada: line", "product decoder, quantity 3, amount 27.00", MISSING)
    ]


def test_two_equal_lines_need_two_real_ones() -> None:
    """Each real line is used once."""
    assert told([bill("ada", "48", ANTENNA, ANTENNA)], [bill("ada", "48", ANTENNA)]) == [
        ("invoice of ada: line", "product antenna, quantity 3, amount 24.00", MISSING)
    ]


def test_the_closest_invoice_of_the_account_is_the_one_compared() -> None:
    """January is held against January although February comes first."""
    expected = [bill("ada", "10"), bill("ada", "20")]
    found = [bill("ada", "20"), bill("ada", "11")]

    assert told(expected, found) == [("invoice of ada: total", "10", "11")]


def test_an_invoice_without_lines_told_is_compared_by_its_sums() -> None:
    """`lines` left out says nothing about lines."""
    expected = [Bill({"account": "ada", "total": "24"}, None, line=7)]

    assert told(expected, [bill("ada", "24", ANTENNA)]) == []
