"""Pages that are written from the code say what the code says."""

from __future__ import annotations

from tests.docs.access_page import PAGE, access_page


def test_the_page_of_access_is_what_the_schema_asks_for() -> None:
    """`python -m tests.docs.access_page` writes it; a change of it is reviewed there."""
    assert access_page() == PAGE.read_text(encoding="utf-8")
