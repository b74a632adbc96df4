"""What acts on the world outside: gateways, provisioners and observers.

They are called by the outbox worker only, after the commit, at least once and within a
time limit. What they are given carries an idempotency key: the same key is the same
request, however often it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from core.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """An amount to collect for one invoice.

    `attempt` counts from 1; each has a key of its own, so that a refusal is final for one
    attempt only. `reference` is what the provider answered to the same key while it was
    pending, and empty the first time.
    """

    idempotency_key: str
    account: str
    invoice_number: str
    amount: Money
    method_token: str
    """The provider's reference to the customer's means of payment; never a card number."""
    attempt: int = 1
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """An amount to give back to a customer.

    `payment_reference` is that of the payment which it comes from; empty where it is money
    that was credited. `reference` is what was answered to the same key while it was pending.
    """

    idempotency_key: str
    account: str
    amount: Money
    payment_reference: str
    method_token: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """What a provider answered. `pending` is asked again later, with the same key."""

    status: Literal["succeeded", "pending", "failed"]
    reference: str
    reason: str = ""


@runtime_checkable
class PaymentGateway(Protocol):
    """Collect money through one provider."""

    @property
    def name(self) -> str:
        """Return the gateway's name: lower case, digits and `_`, unique."""
        ...

    @property
    def collects(self) -> bool:
        """Tell whether it fetches money; otherwise it only reports what was received."""
        ...

    async def collect(self, request: PaymentRequest) -> PaymentOutcome:
        """Collect an amount, once per idempotency key."""
        ...


@runtime_checkable
class RefundingGateway(PaymentGateway, Protocol):
    """A gateway that gives money back too."""

    async def refund(self, request: RefundRequest) -> PaymentOutcome:
        """Give an amount back, once per idempotency key."""
        ...


@dataclass(frozen=True, slots=True)
class ProvisioningRequest:
    """A service to switch on, change or switch off at its provider."""

    idempotency_key: str
    account: str
    subscription: str
    product: str
    action: Literal["activate", "change", "suspend", "resume", "end"]
    provisioning_id: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProvisioningOutcome:
    """What a provider answered. `pending` is asked again later."""

    status: Literal["done", "pending", "failed"]
    reference: str = ""
    reason: str = ""


@runtime_checkable
class Provisioner(Protocol):
    """Switch services on and off at one provider."""

    @property
    def name(self) -> str:
        """Return the provisioner's name: lower case, digits and `_`, unique."""
        ...

    async def provision(self, request: ProvisioningRequest) -> ProvisioningOutcome:
        """Carry out one request, once per idempotency key."""
        ...


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """Something that happened and is committed: `invoice.finalised`, say.

    Delivery is at least once; `id` is the same each time. `facts` are the event's values
    as text, in the words of the GraphQL schema.
    """

    id: str
    tenant: str
    kind: str
    occurred_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Observer(Protocol):
    """Hear of what happened."""

    @property
    def name(self) -> str:
        """Return the observer's name: lower case, digits and `_`, unique."""
        ...

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of events to hear of; empty for all."""
        ...

    async def observe(self, event: DomainEvent) -> None:
        """Take note of one event; raising means that it is delivered again."""
        ...
