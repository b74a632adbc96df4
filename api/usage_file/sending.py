"""Send a file of usage to `POST /usage`, some thousand lines at a time.

Each part is a request of its own, answered before the next one leaves: what has been
answered is stored. A load that breaks off is simply started again, for what was stored is
acknowledged as a duplicate. Only one part is in memory, however long the file is.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar, Final, NamedTuple
from urllib.parse import urlsplit

import orjson

from core.kernel.errors import Refusal
from core.usage.bulk import WRONG_HEADER

LINES_AT_ONCE: Final = 10_000
BYTES_AT_ONCE: Final = 8 * 1024 * 1024
TIMEOUT_SECONDS: Final = 120
CSV_TYPE: Final = "text/csv"
NDJSON_TYPE: Final = "application/x-ndjson"
_OK: Final = 200


class UploadFailed(Refusal):
    """The server did not take a part; what came before it is stored."""

    code: ClassVar[str] = "UPLOAD_FAILED"


class Rejected(NamedTuple):
    """A line that was not stored, by its number in the file, and why."""

    line: int
    reason: str
    message: str
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Loaded:
    """How many lines of a file got which verdict."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0


class _Part(NamedTuple):
    """Lines to be sent at once; the line before the first has the number `before`."""

    before: int
    body: bytes
    size: int


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    key: str = field(repr=False)

    def send(self, body: bytes, kind: str) -> list[bytes]:
        """Post one part and return the lines of its answer."""
        path, connection = self._connection()
        headers = {"authorization": f"Bearer {self.key}", "content-type": kind}
        try:
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            told = f"{self.url} cannot be reached: {type(error).__name__}: {error}"
            raise UploadFailed(f"{told}; try again, nothing is counted twice") from error
        finally:
            connection.close()
        if response.status != _OK:
            raise UploadFailed(f"{self.url} {_said(response.status, answer)}")
        return answer.splitlines()

    def _connection(self) -> tuple[str, http.client.HTTPConnection]:
        parts = urlsplit(self.url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
            told = f"{self.url!r} is no address of a server; write http://127.0.0.1:8000, say"
            raise UploadFailed(told)
        if not (self.key.isascii() and self.key.isprintable()):
            raise UploadFailed("the key holds signs that no key has; copy it again")
        secure = parts.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        path = f"{parts.path.rstrip('/')}/usage?verdicts=problems"
        return path, connect(parts.hostname, port, timeout=TIMEOUT_SECONDS)


def _said(status: int, answer: bytes) -> str:
    """Say in words why a server took nothing; one that is no Forfait is quoted."""
    try:
        told = str(orjson.loads(answer)["error"]["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return f"answered {status}: {answer[:300].decode(errors='replace')}"
    match status:
        case 401:
            return f"does not know this key: {told} Give one with --key or FORFAIT_KEY."
        case 403:
            return f"does not let this key report usage: {told}"
        case _:
            return f"took nothing: {told}"


def load_file(
    file: Path,
    *,
    url: str,
    key: str,
    sent: Callable[[int], None],
    rejected: Callable[[Rejected], None],
    lines_at_once: int = LINES_AT_ONCE,
) -> Loaded:
    """Send a file of NDJSON, or of CSV where its name ends in `.csv`, to a server.

    `sent` hears how many bytes of the file were answered, `rejected` of each line that was
    not stored.

    Raises:
        UploadFailed: the server cannot be reached, or took a part only in part.
    """
    is_csv = file.suffix.lower() == ".csv"
    server, loaded = _Server(url, key), Loaded()
    with file.open("rb") as source:
        header = source.readline() if is_csv else b""
        sent(len(header))
        for part in _parts(source, 1 if is_csv else 0, lines_at_once):
            *problems, last = server.send(
                header + part.body, CSV_TYPE if is_csv else NDJSON_TYPE
            )
            shift = part.before - (1 if is_csv else 0)
            for problem in map(orjson.loads, problems):
                line = max(1, problem["line"] + shift)
                path = tuple(problem["path"])
                rejected(Rejected(line, problem["reason"], problem["message"], path))
            _count(loaded, orjson.loads(last)["summary"], part)
            sent(part.size)
    return loaded


def _parts(source: IO[bytes], before: int, lines_at_once: int) -> Iterator[_Part]:
    lines: list[bytes] = []
    size = 0
    for line in source:
        lines.append(line)
        size += len(line)
        if len(lines) >= lines_at_once or size >= BYTES_AT_ONCE:
            yield _Part(before, b"".join(lines), size)
            before, lines, size = before + len(lines), [], 0
    if lines:
        yield _Part(before, b"".join(lines), size)


def _count(loaded: Loaded, summary: dict[str, object], part: _Part) -> None:
    for name in ("received", "accepted", "duplicate", "rejected"):
        count = summary[name]
        assert isinstance(count, int)
        setattr(loaded, name, getattr(loaded, name) + count)
    if not summary["complete"]:
        if summary.get("problem") == WRONG_HEADER:
            raise UploadFailed("no row was taken; mend the header in line 1 and load it again")
        told = f"the server stopped behind line {part.before}: {summary.get('problem')}"
        raise UploadFailed(f"{told}; load the file again, nothing is counted twice")
