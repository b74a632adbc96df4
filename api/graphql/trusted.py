"""Trusted documents: an application's own operations, known by their hash.

A frontend's build collects its operations into a JSON file of `{hash: document}`, as Relay's
and other compilers write it. Requests then name the hash, as `documentId` or as
`extensions.persistedQuery.sha256Hash`, in place of the text; and where only trusted
documents are served, nobody can ask for anything that the frontend does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson
from graphql import GraphQLSyntaxError, parse

MAX_DOCUMENTS: Final = 10_000
_ALGORITHM: Final = "sha256:"


class TrustedDocumentsInvalid(Exception):
    """The file of trusted documents cannot be used; nothing is served."""


class TrustedDocuments:
    """The documents that may be asked for by their hash, and whether others may be sent."""

    def __init__(
        self, documents: Mapping[str, str] | None = None, *, is_exclusive: bool = False
    ) -> None:
        self._documents = MappingProxyType(dict(documents or {}))
        self._texts = frozenset(self._documents.values())
        self.is_exclusive = is_exclusive

    def __len__(self) -> int:
        return len(self._documents)

    def find(self, document_id: str) -> str | None:
        """Return the document of this hash, with or without `sha256:` before it."""
        return self._documents.get(document_id.removeprefix(_ALGORITHM))

    def admits(self, text: str) -> bool:
        """Say whether a document may be sent as text."""
        return not self.is_exclusive or text in self._texts


def read_trusted_documents(path: Path, *, is_exclusive: bool = False) -> TrustedDocuments:
    """Read a file of `{hash: document}`.

    Raises:
        TrustedDocumentsInvalid: it is no such file, or a document in it does not parse.
    """
    try:
        written: Any = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise TrustedDocumentsInvalid(f"{path} cannot be read: {error}") from None
    if not isinstance(written, dict) or len(written) > MAX_DOCUMENTS:
        raise TrustedDocumentsInvalid(
            f"{path} must hold one JSON object of at most {MAX_DOCUMENTS} documents by hash"
        )
    return TrustedDocuments(
        {
            str(document_id).removeprefix(_ALGORITHM): _checked(path, document_id, text)
            for document_id, text in written.items()
        },
        is_exclusive=is_exclusive,
    )


def document_id_of(parameters: Mapping[str, Any]) -> str | None:
    """Return the hash that a request names in place of a document, if it names one."""
    named = parameters.get("documentId")
    if named is None and isinstance(parameters.get("extensions"), dict):
        persisted = parameters["extensions"].get("persistedQuery")
        named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return named if isinstance(named, str) and named else None


def _checked(path: Path, document_id: object, text: object) -> str:
    if not isinstance(text, str):
        raise TrustedDocumentsInvalid(f"{path}: {document_id} is no document but {text!r:.60}")
    try:
        parse(text)
    except GraphQLSyntaxError as error:
        raise TrustedDocumentsInvalid(f"{path}: {document_id}: {error.message}") from None
    return text
