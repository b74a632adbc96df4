"""The page that a browser gets: GraphiQL, served by ourselves.

Script and style come from our own address and nothing is loaded from elsewhere, which the
content security policy holds the browser to. GraphiQL places its editors by inline styles,
so these are allowed; inline scripts are not. `make query-page` bundles it from
`api/graphql/query_page`; the licences of what is in the bundle stand beside it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH: Final = "/graphql"

_STATIC: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    "query_page.js": "text/javascript",
    "query_page.css": "text/css",
    "query_page.licences.txt": "text/plain",
}
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "connect-src 'self'",
        "font-src data:",
        "img-src 'self' data:",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Forfait GraphQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{path}/query_page.css?{style}">
<script defer src="{path}/query_page.js?{script}"></script>
</head>
<body>
<div id="page">Loading …</div>
<noscript>This page needs JavaScript; requests to {path} do not.</noscript>
</body>
</html>
"""


def page_response() -> Response:
    """Return the page with its content security policy."""
    page = _PAGE.format(
        path=PATH, style=_version("query_page.css"), script=_version("query_page.js")
    )
    return Response(
        page,
        media_type="text/html",
        headers={"content-security-policy": _POLICY, "referrer-policy": "no-referrer"},
    )


def page_routes() -> list[Route]:
    """Return the routes of what the page loads."""
    return [Route(f"{PATH}/{name}", _file) for name in _TYPES]


async def _file(request: Request) -> Response:
    name = request.url.path.rpartition("/")[2]
    return Response(
        _content(name),
        media_type=_TYPES[name],
        headers={
            "cache-control": "public, max-age=31536000, immutable",
            "x-content-type-options": "nosniff",
        },
    )


@cache
def _content(name: str) -> bytes:
    return (_STATIC / name).read_bytes()


@cache
def _version(name: str) -> str:
    """Name a file by its content, so that browsers may keep it for ever."""
    return hashlib.sha256(_content(name)).hexdigest()[:16]
