"""The page that a browser gets: type a query, give an API key, run it.

Style and script are in the page itself and named by their hashes in the content
security policy, so that nothing else can run and nothing is loaded from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import Response

_STATIC: Final = Path(__file__).parent / "static"


def page_response() -> Response:
    """Return the page with its content security policy."""
    html, policy = _assembled()
    return Response(
        html,
        media_type="text/html",
        headers={"content-security-policy": policy, "referrer-policy": "no-referrer"},
    )


@cache
def _assembled() -> tuple[str, str]:
    html, style, script = (
        (_STATIC / name).read_text(encoding="utf-8")
        for name in ("page.html", "page.css", "page.js")
    )
    policy = "; ".join(
        (
            "default-src 'none'",
            "connect-src 'self'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return html.replace("/* page.css */", style).replace("/* page.js */", script), policy


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()
