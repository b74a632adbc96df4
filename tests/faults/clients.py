"""Clients that report usage by GraphQL batches and by NDJSON uploads, and keep a ledger.

Of what they send 10 % repeats an earlier id (one in ten of those with another content),
20 % is late where a month has been closed, 5 % is invalid and must never be stored. What
got no answer is mostly sent again, sometimes given up.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from core.kernel.clock import SystemClock
from tests.faults.ledger import Ledger
from tests.faults.seller import Seller

RECORD = """
mutation ($events: [UsageReportInput!]!) {
  usageRecord(input: {events: $events}) {
    verdicts { index verdict }
    userErrors { code }
  }
}
"""
NUMBERS = ("+3361234567", "+491512345678", "+3461234567")
PAUSE_SECONDS = 0.15
ANSWER_SECONDS = 8.0
MOST_WAITING = 40


@dataclass(slots=True)
class Calendar:
    """Months of usage: those from `closed` on have not fallen due yet."""

    starts: list[datetime]
    closed: int = 0

    def some_time(self, chance: random.Random) -> datetime:
        """Return a time, one in five in a month that has fallen due, if there is one."""
        last = len(self.starts) - 1
        if self.closed and chance.random() < 0.2:
            month = chance.randrange(max(0, self.closed - 4), self.closed)
        else:
            month = min(self.closed + chance.choice((0, 0, 0, 1)), last)
        start = self.starts[month]
        end = self.starts[month + 1] if month < last else SystemClock().now()
        return start + timedelta(seconds=chance.randrange(int((end - start).total_seconds())))


@dataclass(slots=True)
class Client:
    """One client of a seller, with a source, a ledger and a random sequence of its own."""

    name: str
    seller: Seller
    calendar: Calendar
    address: str
    folder: Path
    seed: int
    uploads: bool = False
    batch: tuple[int, int] = (20, 80)
    in_flight: int = 0
    answered: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    chance: random.Random = field(init=False)
    ledger: Ledger = field(init=False)
    _recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=500))
    _again: deque[list[dict[str, Any]]] = field(default_factory=deque)
    _count: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}/{self.name}")
        self.ledger = Ledger(self.path)

    @property
    def path(self) -> Path:
        """Where the ledger is."""
        return self.folder / f"{self.name}.ledger"

    async def work(self, stopping: asyncio.Event, *, until: asyncio.Event) -> None:
        """Send until `stopping`, then only what is owed an answer, until there is none."""
        headers = {"authorization": f"Bearer {self.seller.key}"}
        async with httpx.AsyncClient(
            base_url=self.address, headers=headers, timeout=ANSWER_SECONDS, trust_env=False
        ) as http:
            while not until.is_set() and (self._again or not stopping.is_set()):
                again = self._again and (stopping.is_set() or self.chance.random() < 0.5)
                events = self._again.popleft() if again else self._compose()
                if not await self._sent(http, events):
                    await self._until_it_lives(http, until)
                await asyncio.sleep(PAUSE_SECONDS)
        self.ledger.close()

    async def _until_it_lives(self, http: httpx.AsyncClient, until: asyncio.Event) -> None:
        """Ask, without usage, until the API answers again."""
        while not until.is_set():
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(httpx.HTTPError):
                await http.get("/live", timeout=2)
                return

    async def _sent(self, http: httpx.AsyncClient, events: list[dict[str, Any]]) -> bool:
        number = self.ledger.sending(events)
        self.in_flight = len(events)
        answers: list[str | None] = [None] * len(events)
        try:
            send = self._upload if self.uploads else self._record
            await send(http, events, answers)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as trouble:
            # What has no answer by now is neither stored nor refused, for all we know.
            self.troubles[f"{type(trouble).__name__} {trouble}"[:120]] += 1
        finally:
            self.in_flight = 0
            self.ledger.answered(number, answers)
            self.answered += sum(answer is not None for answer in answers)
        missing = [event for event, told in zip(events, answers, strict=True) if told is None]
        if missing and len(self._again) < MOST_WAITING and self.chance.random() < 0.8:
            self._again.append(missing)
        return not missing

    async def _record(
        self, http: httpx.AsyncClient, events: list[dict[str, Any]], answers: list[str | None]
    ) -> None:
        body = {"query": RECORD, "variables": {"events": events}}
        answer = await http.post("/graphql", json=body)
        answer.raise_for_status()
        payload = answer.json()
        if "errors" in payload and not payload.get("data"):
            raise ValueError(str(payload["errors"][0].get("message")))
        for verdict in payload["data"]["usageRecord"]["verdicts"]:
            answers[verdict["index"]] = verdict["verdict"]

    async def _upload(
        self, http: httpx.AsyncClient, events: list[dict[str, Any]], answers: list[str | None]
    ) -> None:
        content = b"".join(json.dumps(event).encode() + b"\n" for event in events)
        headers = {"content-type": "application/x-ndjson"}
        async with http.stream("POST", "/usage", content=content, headers=headers) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                told = json.loads(line)
                if "summary" in told and not told["summary"]["complete"]:
                    self.troubles[f"upload: {told['summary']['problem']}"] += 1
                if "line" in told:
                    answers[told["line"] - 1] = told["verdict"]

    def _compose(self) -> list[dict[str, Any]]:
        size = self.chance.randint(*self.batch)
        return [self._one() for _event in range(size)]

    def _one(self) -> dict[str, Any]:
        if self._recent and self.chance.random() < 0.1:
            return self._repeated()
        if self.chance.random() < 0.05:
            return self._invalid()
        event = self._sound()
        self._recent.append(event)
        return event

    def _repeated(self) -> dict[str, Any]:
        event = dict(self.chance.choice(self._recent))
        if self.chance.random() < 0.1:
            event["event"] = {"email": {"recipients": self.chance.randint(5001, 6000)}}
        return event

    def _sound(self) -> dict[str, Any]:
        self._count += 1
        place = self.chance.choice(self.seller.customers)
        if self.chance.random() < 0.6:
            said: dict[str, Any] = {"email": {"recipients": self.chance.randint(1, 120)}}
        else:
            number = self.chance.choice(NUMBERS) + str(self.chance.randint(0, 9))
            said = {"sms": {"to": number, "segments": self.chance.randint(1, 5)}}
        return {
            "account": place.ref,
            "source": self.name,
            "id": str(uuid7()) if self.uploads else f"e{self._count}",
            "occurredAt": self.calendar.some_time(self.chance).isoformat(),
            "event": said,
        }

    def _invalid(self) -> dict[str, Any]:
        """Return an event that must be refused; its id says so."""
        event = self._sound()
        event["id"] = f"invalid-{self._count}"
        match self.chance.randrange(5):
            case 0:
                event["event"] = {"email": {"recipients": 0}}
            case 1:
                event["account"] = "nobody"
            case 2:
                ahead = SystemClock().now() + timedelta(days=1)
                event["occurredAt"] = ahead.isoformat()
            case 3:
                event["occurredAt"] = "2001-01-01T00:00:00Z"
            case _:
                event["event"] = {"sms": {"to": "12", "segments": 1}}
        return event
