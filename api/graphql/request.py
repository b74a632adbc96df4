"""Reads a GraphQL request out of an HTTP one, and refuses what is none.

The body is counted while it arrives: a declared length may lie.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
from starlette.requests import Request
from starlette.types import Receive

from api.graphql.policy import GraphQLCode
from api.graphql.trusted import TrustedDocuments, document_id_of

NO_DOCUMENTS: Final = TrustedDocuments()
MAX_BODY_BYTES: Final = 1_048_576

_NUL_ESCAPE: Final = re.compile(r"\\u(?:0000|\{0+\})")


class HttpRefusal(Exception):
    """A request that is answered with a status of its own, before GraphQL sees it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: GraphQLCode = GraphQLCode.BAD_REQUEST,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


class ClientGone(Exception):
    """The caller hung up before its request was complete; nobody waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRequest:
    """The parameters of one operation."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


async def read_request(
    request: Request, receive: Receive, *, documents: TrustedDocuments = NO_DOCUMENTS
) -> GraphQLRequest:
    """Return the operation that an HTTP request carries, or names among the documents.

    Raises:
        HttpRefusal: The method, the content type, the length or the shape is wrong.
        ClientGone: The connection ended inside the body.
    """
    if request.method == "GET":
        return _checked(_from_query_string(request), documents)
    if request.method != "POST":
        raise HttpRefusal(405, "Use GET or POST.", headers={"allow": "GET, POST"})
    _check_content_type(request.headers.get("content-type", ""))
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HttpRefusal(415, "Send the body uncompressed.")
    body = await _read_body(request, receive)
    return _checked(_decoded_object(body, of="The request body"), documents)


def operation_of(
    parameters: dict[str, Any], *, documents: TrustedDocuments = NO_DOCUMENTS
) -> GraphQLRequest:
    """Return the operation of a socket's message, under the rules of an HTTP request.

    Raises:
        HttpRefusal: The shape is wrong.
    """
    if _holds_nul(parameters):
        raise HttpRefusal(
            400, "Text must not hold the NUL character.", code=GraphQLCode.BAD_USER_INPUT
        )
    return _checked(parameters, documents)


def _from_query_string(request: Request) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        if text:
            parameters[name] = _decoded_object(
                text.encode("utf-8", "surrogatepass"), of=f"`{name}`"
            )
        else:
            parameters.pop(name, None)
    return parameters


def _check_content_type(content_type: str) -> None:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type != "application/json":
        raise HttpRefusal(415, "Send the request as application/json.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in {"utf-8", "utf8"}:
            raise HttpRefusal(415, "Send the request as UTF-8.")


async def _read_body(request: Request, receive: Receive) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 12 or int(declared) > MAX_BODY_BYTES):
        raise _too_large()
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large() -> HttpRefusal:
    return HttpRefusal(
        413,
        f"The request is larger than {MAX_BODY_BYTES} bytes. Split it.",
        code=GraphQLCode.PAYLOAD_TOO_LARGE,
        headers={"connection": "close"},  # what is left of the body is never read
    )


def _decoded_object(body: bytes, *, of: str) -> dict[str, Any]:
    try:
        # orjson refuses bad UTF-8, lone surrogates and more than 1024 levels.
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise HttpRefusal(400, f"{of} is not valid JSON.") from None
    if isinstance(decoded, list) and of == "The request body":
        raise HttpRefusal(400, "Batches are not supported: send one operation a request.")
    if not isinstance(decoded, dict):
        raise HttpRefusal(400, f"{of} must be a JSON object.")
    if b"\\u0000" in body and _holds_nul(decoded):
        raise HttpRefusal(
            400, "Text must not hold the NUL character.", code=GraphQLCode.BAD_USER_INPUT
        )
    return cast("dict[str, Any]", decoded)


def _holds_nul(decoded: object) -> bool:
    """Look for a character that no PostgreSQL text can hold; without recursion."""
    waiting = [decoded]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "\0" in value:
                return True
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
    return False


def _document(parameters: dict[str, Any], documents: TrustedDocuments) -> str:
    """Return the document that was sent, or that is known by the hash that was sent."""
    query = parameters.get("query")
    document_id = document_id_of(parameters)
    if not query and document_id is not None:
        known = documents.find(document_id)
        if known is None:
            raise HttpRefusal(
                400,
                "No trusted document has this hash. Send the document itself, or add it to "
                "the file of trusted documents.",
                code=GraphQLCode.DOCUMENT_NOT_FOUND,
            )
        return known
    if not isinstance(query, str) or not query.strip():
        raise HttpRefusal(400, "`query` must be a GraphQL document.")
    if not documents.admits(query):
        raise HttpRefusal(
            403,
            "Only trusted documents are served here; send the hash of one as `documentId`.",
            code=GraphQLCode.DOCUMENT_NOT_TRUSTED,
        )
    return query


def _checked(parameters: dict[str, Any], documents: TrustedDocuments) -> GraphQLRequest:
    query = _document(parameters, documents)
    if "\0" in query or ("\\u" in query and _NUL_ESCAPE.search(query)):
        raise HttpRefusal(
            400, "Text must not hold the NUL character.", code=GraphQLCode.BAD_USER_INPUT
        )
    operation_name = parameters.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise HttpRefusal(400, "`operationName` must be a string or null.")
    for name in ("variables", "extensions"):
        if not isinstance(parameters.get(name), dict | None):
            raise HttpRefusal(400, f"`{name}` must be an object or null.")
    return GraphQLRequest(
        query=query,
        variables=parameters.get("variables"),
        operation_name=operation_name or None,
        extensions=parameters.get("extensions"),
    )
