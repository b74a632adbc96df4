"""What `forfait usage load` says where a server takes nothing."""

from __future__ import annotations

import pytest

from api.usage_file.sending import _said

REFUSED = b'{"error": {"code": "X", "message": "That is why."}}'


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (
            401,
            REFUSED,
            "does not know this key: That is why. Give one with --key or FORFAIT_KEY.",
        ),
        (403, REFUSED, "does not let this key report usage: That is why."),
        (503, REFUSED, "took nothing: That is why."),
        (502, b"<h1>Bad gateway</h1>", "answered 502: <h1>Bad gateway</h1>"),
        (502, b'"down"', 'answered 502: "down"'),
        (502, b'{"error": "down"}', 'answered 502: {"error": "down"}'),
    ],
)
def test_an_answer_is_told_in_words(status: int, answer: bytes, told: str) -> None:
    """Forfait's own by its sentence; a proxy's is quoted."""
    assert _said(status, answer) == told
