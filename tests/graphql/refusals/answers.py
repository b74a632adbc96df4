"""What an answer tells somebody who asks for what is another's."""

from __future__ import annotations

from typing import Any

import orjson

from tests.graphql.api_clients import KeyClient


async def told(client: KeyClient, document: str, variables: dict[str, Any]) -> str:
    """Return an answer as a text; what is asked is sound, and no bug answers."""
    answer = (await client.post(document, variables)).json()
    answer.pop("extensions", None)
    text = orjson.dumps(answer).decode()
    assert "INTERNAL_SERVER_ERROR" not in text, (document, variables)
    assert "GRAPHQL_VALIDATION_FAILED" not in text, (document, text)
    return text


def swapped(value: Any, names: dict[str, str]) -> Any:
    """Return an input with other names in it, however deep they lie."""
    if isinstance(value, dict):
        return {name: swapped(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [swapped(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
