"""What schemathesis is told of this API: values for its scalars, and what a server error is.

It runs in an environment of its own, with this file as its hooks. GraphQL answers refusals as
errors, each with a code; a server error is one of ours: a status of 500 or above, an answer
that is no JSON, or an error whose code says so or is missing. Ids and codes that exist are
among the values, so that operations are tried behind their first look-up too.
"""

from __future__ import annotations

import atexit
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

KNOWN: dict[str, list[str]] = json.loads(Path(os.environ["FUZZ_KNOWN"]).read_text())
OURS = {"INTERNAL_SERVER_ERROR", "UNAVAILABLE", "OPERATION_TIMED_OUT"}
counted: Counter[str] = Counter()


def _texts(*usual: str) -> st.SearchStrategy[Any]:
    """Mostly values that make sense, and one time in twenty any text."""
    some = st.sampled_from(usual)
    return (
        st.integers(0, 19)
        .flatmap(lambda number: some if number else st.text(max_size=30))
        .map(schemathesis.graphql.nodes.String)
    )


_INSTANTS = (
    "2026-01-31T12:00:00+02:00",
    "2024-02-29T00:00:00Z",
    "1900-01-01T00:00:00-12:00",
    "2999-12-31T23:59:59.999999+14:00",
    "2026-03-29T02:30:00+01:00",
)
_DECIMALS = ("0", "1", "-1", "0.005", "9999999999999", "-0", "1e3", "0.000000000001")
_STRANGE = ("NaN", "Infinity", "1E+999", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z")
schemathesis.graphql.scalar("ID", _texts(*KNOWN["ids"]))
schemathesis.graphql.scalar("String", _texts(*KNOWN["codes"], "a@b.example", "true", "1 month"))
schemathesis.graphql.scalar("DateTime", _texts(*_INSTANTS))
schemathesis.graphql.scalar("EventDateTime", _texts(*_INSTANTS, *_STRANGE))
schemathesis.graphql.scalar("Date", _texts("2026-01-31", "2024-02-29", "1900-01-01"))
schemathesis.graphql.scalar("Decimal", _texts(*_DECIMALS))
schemathesis.graphql.scalar("EventDecimal", _texts(*_DECIMALS, *_STRANGE))
schemathesis.graphql.scalar("CurrencyCode", _texts("EUR", "JPY", "XXX"))


@schemathesis.check
def no_server_error(_context: Any, response: Any, _case: Any) -> None:
    """Fail on what is our fault; count what each answer was."""
    assert response.status_code < 500, f"status {response.status_code}: {response.text[:500]}"
    for text in KNOWN["never"]:
        assert text not in response.text, f"the answer holds {text}: {response.text[:1500]}"
    answer = response.json()
    codes = [(each.get("extensions") or {}).get("code") for each in answer.get("errors", ())]
    for code in codes:
        assert code, f"an error without a code: {answer['errors']}"
        assert code not in OURS, f"{code}: {answer['errors']}"
    counted["requests"] += 1
    counted["answered with data" if not codes else "refused with a code"] += 1
    payloads = [one for one in (answer.get("data") or {}).values() if isinstance(one, dict)]
    counted["payloads with userErrors"] += sum(bool(one.get("userErrors")) for one in payloads)
    counted.update({f"code {code}": 1 for code in set(codes)})


@atexit.register
def _tell() -> None:
    Path(os.environ["FUZZ_COUNTED"]).write_text(json.dumps(counted))
