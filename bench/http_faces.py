"""Usage over HTTP: typed GraphQL and NDJSON, beside plain JSON endpoints (`server.py`).

Real servers on the loopback, one keep-alive connection, one request after the other. CPU is
the servers' and PostgreSQL's; the client is left out.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import orjson

from bench.events import Sent, as_ndjson, as_report, make_events
from bench.measuring import Sample, middle, rounds
from bench.place import Place, owner_of
from bench.population import populate
from bench.report import Report, rate_ratio
from bench.seller import Seller, make_seller

BATCH: Final = 1000
PLAIN_TIMES: Final = 4
"""The plain endpoints do so many times the work: they would be too quick to be measured."""
SINGLES: Final = 200
RECORD: Final = """
mutation Record($events: [UsageReportInput!]!) {
  usageRecord(input: {events: $events}) { verdicts { index verdict } userErrors { message } }
}
"""
_CUSTOMERS: Final = """
CREATE TABLE bench.bare AS SELECT * FROM usage_event WITH NO DATA;
CREATE TABLE bench.customer AS
SELECT 'a' || i AS ref, (SELECT id FROM tenant) AS tenant_id, account_id, subscription_id,
    (SELECT id FROM product WHERE code = 'email') AS product_id, usage_period_id
FROM bench.seed
"""


class Client:
    """One keep-alive connection to a server process."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._key = key

    def post(self, path: str, body: bytes, media_type: str = "application/json") -> bytes:
        """Send a body and return the answer's."""
        headers = {"content-type": media_type, "authorization": f"Bearer {self._key}"}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return text

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def server(place: Place, kind: str, url: str, *, key: str) -> Iterator[tuple[Client, int]]:
    """Start a server process; give a client of it, and its process id."""
    line = (sys.executable, "-m", "bench.server", kind, url, str(place.folder))
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            client = Client(int(process.stdout.readline()), key)
            yield client, process.pid
            client.close()
        finally:
            process.stdin.close()


class Faces:
    """The product's ways in and the plain ones, with fresh events for each request."""

    def __init__(self, place: Place, *, customers: int, batches: int) -> None:
        self._place = place
        self._customers = customers
        self._batches = batches
        self.product: tuple[Client, int]
        self.plain: tuple[Client, int]

    async def graphql(self) -> Sample:
        """Batches of 1000 typed events."""
        bodies = [_graphql(events) for events in self._events()]
        return self._measured(self.product, bodies, "/graphql", check=_all_accepted(BATCH))

    async def graphql_single(self) -> Sample:
        """One typed event a request."""
        bodies = [_graphql([event]) for event in self._fresh(SINGLES)]
        return self._measured(self.product, bodies, "/graphql", check=_all_accepted(1), each=1)

    async def ndjson(self) -> Sample:
        """The events of all batches as one stream of lines."""
        body = as_ndjson(self._fresh(BATCH * self._batches))
        return self._measured(
            self.product, [body], "/usage", check=_summed(BATCH * self._batches),
            each=BATCH * self._batches, media_type="application/x-ndjson",
        )  # fmt: skip

    async def plain_batch(self) -> Sample:
        """The same batches as plain JSON."""
        bodies = [
            orjson.dumps({"events": [as_report(one) for one in events]})
            for events in self._events() * PLAIN_TIMES
        ]
        return self._measured(self.plain, bodies, "/batch", check=_all_accepted(BATCH))

    async def plain_single(self) -> Sample:
        """One plain event a request."""
        bodies = [
            orjson.dumps(as_report(event)) for event in self._fresh(SINGLES * PLAIN_TIMES)
        ]
        return self._measured(self.plain, bodies, "/event", check=_all_accepted(1), each=1)

    def _events(self) -> list[list[Sent]]:
        return [self._fresh(BATCH) for _ in range(self._batches)]

    def _fresh(self, count: int) -> list[Sent]:
        return make_events(count, customers=self._customers, ids="UUIDv7")

    def _measured(
        self,
        face: tuple[Client, int],
        bodies: Sequence[bytes],
        path: str,
        *,
        check: Callable[[bytes], None],
        each: int = BATCH,
        media_type: str = "application/json",
    ) -> Sample:
        client, pid = face
        with self._place.meter.measure(each * len(bodies), others={pid}) as sample:
            answers = [client.post(path, body, media_type) for body in bodies]
        for answer in answers:
            check(answer)
        return sample


def _graphql(events: Sequence[Sent]) -> bytes:
    variables = {"events": [as_report(event) for event in events]}
    return orjson.dumps({"query": RECORD, "variables": variables})


def _all_accepted(count: int) -> Callable[[bytes], None]:
    def check(answer: bytes) -> None:
        assert answer.count(b'"ACCEPTED"') == count, answer[:500]

    return check


def _summed(count: int) -> Callable[[bytes], None]:
    def check(answer: bytes) -> None:
        summary: dict[str, Any] = orjson.loads(answer.splitlines()[-1])["summary"]
        assert summary["accepted"] == count, summary

    return check


async def measure_faces(
    place: Place, report: Report, *, customers: int, batches: int, count: int
) -> None:
    """Measure the ways in, each beside its plain counterpart."""
    urls = place.database("faces")
    seller = await make_seller(urls.app, slug="bench", tax="20")
    owner = await owner_of(urls, seller.tenant_id)
    await populate(owner, seller.tenant_id, subscriptions=customers, events_each=0)
    await owner.execute(_CUSTOMERS)
    await _measure(place, report, Faces(place, customers=customers, batches=batches),
                   app=urls.app, owner=urls.owner, seller=seller, count=count)  # fmt: skip
    await owner.close()
    place.drop("faces")


async def _measure(
    place: Place,
    report: Report,
    faces: Faces,
    *,
    app: str,
    owner: str,
    seller: Seller,
    count: int,
) -> None:
    with (
        server(place, "product", app, key=seller.key) as faces.product,
        server(place, "plain", owner, key="") as faces.plain,
    ):
        cases = {
            "typed batch": faces.graphql,
            "NDJSON": faces.ndjson,
            "plain batch": faces.plain_batch,
            "typed single": faces.graphql_single,
            "plain single": faces.plain_single,
        }
        for case in cases.values():
            await case()  # warms both
        found = {
            name: middle(samples)
            for name, samples in (await rounds(cases, count=count)).items()
        }
    report.sample("usageRecord, batches of 1000 typed events", "events", found["typed batch"])
    report.sample("NDJSON over HTTP", "events", found["NDJSON"])
    report.sample("plain JSON, batches of 1000, bare table", "events", found["plain batch"])
    report.sample("usageRecord, one event", "events", found["typed single"])
    report.sample("plain JSON, one event, bare table", "events", found["plain single"])
    report.ratios += [
        rate_ratio("typed batch: rate of plain JSON", found["typed batch"],
                   found["plain batch"], target=0.14, alarm=0.10),
        rate_ratio("NDJSON over HTTP: rate of plain JSON", found["NDJSON"],
                   found["plain batch"], target=0.5),
        rate_ratio("single event: rate of plain JSON", found["typed single"],
                   found["plain single"], note="group commit comes later"),
    ]  # fmt: skip
