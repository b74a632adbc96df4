"""Which media type an answer takes, by the request's Accept header.

`application/graphql-response+json` needs to be named and wins a tie with
`application/json`; `*/*` and a missing header stay with `application/json`, which older
clients expect (GraphQL over HTTP, working draft).
"""

from __future__ import annotations

from typing import Final

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
JSON: Final = "application/json"
HTML: Final = "text/html"
EVENT_STREAM: Final = "text/event-stream"

_WILDCARDS: Final = ("application/*", "*/*")
_MAX_RANGES: Final = 64


def chosen_media_type(accept: str) -> str | None:
    """Return the media type to answer in, or None when the caller accepts neither."""
    if not accept.strip():
        return JSON
    quality = _qualities(accept)
    named = [
        (quality[name], rank, name)
        for rank, name in enumerate((JSON, GRAPHQL_RESPONSE))
        if quality.get(name, 0) > 0
    ]
    if named:
        return max(named)[2]
    if JSON not in quality and any(quality.get(name, 0) > 0 for name in _WILDCARDS):
        return JSON
    return None


def prefers_html(accept: str) -> bool:
    """Say whether a person's browser asks: HTML is named, and no JSON is."""
    quality = _qualities(accept)
    return quality.get(HTML, 0) > 0 and not (JSON in quality or GRAPHQL_RESPONSE in quality)


def accepts_event_stream(accept: str) -> bool:
    """Say whether a caller takes results as server-sent events; it has to name them."""
    return _qualities(accept).get(EVENT_STREAM, 0) > 0


def _qualities(accept: str) -> dict[str, int]:
    """Return the quality of each media range, in thousandths; the last of equals wins."""
    found: dict[str, int] = {}
    for part in accept.split(",")[:_MAX_RANGES]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if _is_unusable(parameters):
            continue
        found[name] = next(
            (_thousandths(text[2:]) for text in parameters if text.startswith("q=")), 1000
        )
    return found


def _is_unusable(parameters: list[str]) -> bool:
    """Say whether a range asks for a charset that no answer comes in."""
    charsets = [text[8:].strip('"') for text in parameters if text.startswith("charset=")]
    return any(charset not in {"utf-8", "utf8"} for charset in charsets)


def _thousandths(text: str) -> int:
    whole, _, fraction = text.partition(".")
    digits = (whole or "0") + fraction[:3].ljust(3, "0")
    return min(1000, int(digits)) if digits.isascii() and digits.isdecimal() else 1000
