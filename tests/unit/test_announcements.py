"""What a command says of itself has the form of its logs."""

from __future__ import annotations

import json

from core.logging import announcement


def test_a_person_reads_a_sentence() -> None:
    """At a terminal, or where the form is said to be for people."""
    assert announcement("It serves.", log_format="console", port=1) == "It serves."


def test_a_program_reads_an_object_like_any_line_of_a_log() -> None:
    """With what the sentence tells as values of their own."""
    written = json.loads(announcement("It serves.", log_format="json", port=1))
    assert written.pop("timestamp").endswith("Z")
    assert written == {"event": "It serves.", "port": 1, "level": "info"}
