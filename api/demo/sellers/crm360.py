"""CRM360: three customers and what they use in a month; the same every time. Pure.

Each figure that decides an invoice stands here once, beside what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from api.demo.cast import Customer, Seller

SPREAD: Final = timedelta(days=27)
"""Usage is spread over this much of the month; the shortest has 28 days."""
_ITEMS: Final = ("profiles", "users", "email", "sms", "postal-corrected", "postal-deduplicated")
_LONG: Final = (
    "Votre commande est en route et arrive demain matin entre huit heures et midi. " * 3
)
_EMOJI: Final = "🎁 " * 60


@dataclass(frozen=True, slots=True)
class Texts:
    """So many messages of one text to one number."""

    count: int
    to: str
    text: str = "Votre code est 4711."


@dataclass(frozen=True, slots=True)
class Sender:
    """A customer: its level, its gauges by day of the month, and what it buys."""

    ref: str
    name: str
    level: str
    profiles: tuple[tuple[int, int], ...]
    users: tuple[tuple[int, int], ...]
    mailings: tuple[int, ...] = ()
    texts: tuple[Texts, ...] = ()
    corrected: tuple[int, ...] = ()
    deduplicated: tuple[int, ...] = ()
    in_bulk: bool = False

    def customer(self) -> Customer:
        """Return this one as every seller's customers are given."""
        return Customer(
            ref=self.ref,
            name=self.name,
            country="FR",
            subscription=f"{self.ref}-crm360",
            terms="monthly",
            plan=self.level,
            items=tuple({"product": product} for product in _ITEMS),
            readings=self.readings,
            events=self.events,
            in_bulk=self.in_bulk,
        )

    def readings(self, month: datetime) -> list[dict[str, Any]]:
        """Return the month's gauge readings as inputs of `gaugeSet`."""
        return [
            {
                "account": self.ref,
                "gauge": gauge,
                "value": str(value),
                "at": (month + timedelta(days=day - 1)).isoformat(),
                "source": "crm360",
                "id": f"{gauge}-{day}",
            }
            for gauge, values in (("profiles", self.profiles), ("users", self.users))
            for day, value in values
        ]

    def events(self, month: datetime) -> list[dict[str, Any]]:
        """Return the month's events as inputs of `usageRecord`, evenly spread."""
        found = list(chain(self._mails(), self._texts(), self._postal()))
        step = SPREAD / len(found)
        return [
            {
                "account": self.ref,
                "source": source,
                "id": f"{source}-{number}",
                "occurredAt": (month + step * number).isoformat(),
                "event": event,
            }
            for number, (source, event) in enumerate(found)
        ]

    def _mails(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for recipients in self.mailings:
            yield "router", {"email": {"recipients": recipients}}

    def _texts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for texts in self.texts:
            for _number in range(texts.count):
                yield "sms", {"sms": {"to": texts.to, "text": texts.text}}

    def _postal(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for operation, runs in (
            ("CORRECTED", self.corrected),
            ("DEDUPLICATED", self.deduplicated),
        ):
            for addresses in runs:
                yield "rnvp", {"postal": {"operation": operation, "addresses": addresses}}


_SENDERS: Final = (
    # 41 x 6.00 + 9 x 25.00 = 471.00, so 29.00 are missing to 500.00.
    Sender(
        "atelier",
        "Atelier Nord",
        "level-2",
        profiles=((1, 38_200), (11, 40_500), (23, 39_900)),
        users=((1, 9),),
        mailings=(*([1_200] * 10), *([1] * 345)),  # 12,345 e-mails: 13 x 1.90
        texts=(
            Texts(120, "+33612345678"),  # 1 segment each: 120 x 0.06
            Texts(40, "+32470123456", _LONG[:161]),  # 2 segments each: 80 x 0.08
            Texts(10, "+12025550123", _EMOJI[:120]),  # UCS-2, 3 segments each: 30 x 0.20
        ),
    ),
    # 100 x 5.00 + 7 x 20.00 = 640.00, so 360.00 are missing to 1000.00.
    Sender(
        "lumiere",
        "Maison Lumière",
        "level-3",
        profiles=((1, 92_000), (12, 100_000), (25, 97_500)),
        users=((1, 6), (15, 7)),
        mailings=(5_000,) * 24,  # 120,000 e-mails: 120 x 1.90
        texts=(Texts(2_000, "+33612345678"),),  # 2,000 x 0.06
        corrected=(2_300,) * 4,  # 9,200 addresses: 10 x 4.00
        deduplicated=(3_500, 3_500, 1),  # 7,001 addresses: 8 x 2.75
    ),
    # 1,400 x 3.20 + 60 x 12.00 = 5200.00: above the minimum of 5000.00.
    Sender(
        "horizon",
        "Groupe Horizon",
        "level-5",
        profiles=((1, 1_250_000), (18, 1_400_000)),
        users=((1, 60),),
        mailings=(200,) * 12_000,  # 2,400,000 e-mails: 2,400 x 1.90
        texts=(
            Texts(5_000, "+33612345678"),  # 5,000 x 0.06
            Texts(2_000, "+4915112345678"),  # 2,000 x 0.12
            Texts(1_000, "+590690123456"),  # Guadeloupe: 1,000 x 0.09
        ),
        corrected=(250_001,),  # 251 x 4.00
        deduplicated=(250_000,),  # 250 x 2.75
        in_bulk=True,
    ),
)

CRM360: Final = Seller(
    slug="crm360",
    name="CRM360",
    sells="a marketing suite with monthly minimums, in arrears",
    country="FR",
    zone="Europe/Paris",
    customers=tuple(sender.customer() for sender in _SENDERS),
)
