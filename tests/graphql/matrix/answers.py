"""What is compared of two answers: all that could tell whether something is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import httpx
import orjson

from api.graphql.ids import split_id

OF_ITS_OWN: Final = frozenset({"x-request-id", "date", "content-length"})
"""Headers in which two answers to one question differ; texts are compared."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one request, in which a field was asked several times."""

    around: dict[str, Any]
    """The status, the headers and the extensions."""
    data: dict[str, Any] | None
    errors: list[dict[str, Any]]

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """Read an answer; what it cost is the question's, and so is where in it errors are."""
        told = response.json()
        headers = {
            name: value for name, value in response.headers.items() if name not in OF_ITS_OWN
        }
        extensions = {k: v for k, v in told.get("extensions", {}).items() if k != "cost"}
        errors = [
            {name: value for name, value in each.items() if name != "locations"}
            for each in told.get("errors", ())
        ]
        around = {
            "status": response.status_code,
            "headers": headers,
            "extensions": extensions,
            "members": sorted(told),
        }
        return cls(around, told.get("data"), errors)

    @property
    def codes(self) -> set[str]:
        """The codes of its errors."""
        return {each["extensions"]["code"] for each in self.errors}

    def about(self, value: str, *, alias: str, below: tuple[str, ...] = ()) -> str:
        """Return, as a text, what was told where a value stood: all of it if nothing was found.

        `below` leads to the object that has the field.
        """
        if self.data is None:
            return bare(self._text({"refused": self.errors}), value)
        data, depth = self.data, len(below)
        for step in below:
            data = data[step]
        errors = [
            {**each, "path": each["path"][depth + 1 :]}
            for each in self.errors
            if each.get("path", [])[depth : depth + 1] == [alias]
        ]
        return bare(self._text({"data": data and data[alias], "errors": errors}), value)

    def _text(self, told: dict[str, Any]) -> str:
        return orjson.dumps(told | self.around).decode()


def bare(text: str, value: str) -> str:
    """Return an answer without the id or the name that it answers."""
    text = text.replace(value, "…")
    _prefix, joint, rest = value.partition("_")
    if joint and rest:
        text = text.replace(rest, "…").replace(str(split_id(value)[1]), "…")
    return text
