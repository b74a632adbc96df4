"""Who may give, change, approve and cancel discounts, and what each refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.catalogue.errors import CatalogueEntryUnknown
from core.discounts.amend import AmendDiscount, amend_discount
from core.discounts.approve import approve_discount
from core.discounts.available import available_discounts
from core.discounts.cancel import cancel_discount
from core.discounts.records import DiscountGrant
from core.discounts.refusals import (
    DiscountCancelled,
    DiscountDatesRefused,
    DiscountNotFound,
    DiscountNotOffered,
    DiscountNotPending,
    DiscountOutOfRange,
    DiscountTargetNotFound,
    DiscountValueFixed,
    DiscountValueMissing,
    NotTheApprover,
)
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.kernel.money import CurrencyMismatch
from tests.integration.discounts.conftest import NOW, Seller


@pytest.mark.parametrize(
    ("definition", "given", "refusal"),
    [
        ("nothing", {}, CatalogueEntryUnknown),
        ("auto-once-a-year", {}, DiscountNotOffered),
        ("dollars", {}, CurrencyMismatch),
        ("thrice", {"currency": "USD"}, CurrencyMismatch),
        ("thrice", {"effective_from": datetime(2025, 1, 1, tzinfo=UTC)}, DiscountDatesRefused),
        ("thrice", {"expires_at": datetime(2025, 1, 1, tzinfo=UTC)}, DiscountDatesRefused),
        ("thrice", {"percent": "10"}, DiscountValueFixed),
        ("some", {}, DiscountValueMissing),
        ("some", {"amount": "10"}, DiscountValueFixed),
        ("some", {"percent": "4.999999"}, DiscountOutOfRange),
        ("some", {"percent": "20.000001"}, DiscountOutOfRange),
        ("some", {"percent": "5.0000001"}, DiscountOutOfRange),
        ("money", {"amount": "5.001"}, DiscountOutOfRange),
    ],
)
async def test_what_is_refused_leaves_nothing(
    shop: Seller, definition: str, given: dict[str, Any], refusal: type[Refusal]
) -> None:
    """One row for each refusal; nothing is written."""
    before = await shop.picture()
    with pytest.raises(refusal):
        await shop.give(definition, **given)
    assert await shop.picture() == before


@pytest.mark.parametrize("percent", ["5", "12.5", "20"])
async def test_the_limits_of_a_range_are_in_it(shop: Seller, percent: str) -> None:
    """5 to 20, both inclusive."""
    made = await shop.give("some", percent=percent)
    assert (made.state, made.percent, made.uses_allowed) == ("approved", Decimal(percent), None)


async def test_what_does_not_exist_gets_none(shop: Seller) -> None:
    """Neither does a subscription of nobody."""
    with pytest.raises(DiscountTargetNotFound):
        await shop.give("thrice", subscription=new_id())


async def test_a_hidden_discount_is_answered_like_none(shop: Seller) -> None:
    """To staff of another unit; the managers and the seller itself may give it."""
    elsewhere = new_id()
    for name in ("secret", "nothing"):
        with pytest.raises(CatalogueEntryUnknown) as refused:
            await shop.give(name, unit_id=elsewhere)
        told = f"there is no discount {name!r}; look at the list, query availableDiscounts"
        assert refused.value.message == told
    await shop.give("secret", unit_id=shop.managers)
    await shop.give("secret")


async def test_the_list_holds_what_the_verb_takes(shop: Seller) -> None:
    """Not what is automatic, in dollars, hidden from the unit, or used up."""

    async def listed(unit_id: Any) -> dict[str, int | None]:
        async with shop.at() as tx:
            found = await available_discounts(
                tx, "subscription", shop.subscription, unit_id=unit_id
            )
        return {offer.entry.code: offer.times_left for offer in found}

    open_to_all = {"asked": 3, "money": None, "some": None, "thrice": 3, "twice-in-all": 2}
    assert await listed(None) == {**open_to_all, "secret": None}
    assert await listed(new_id()) == open_to_all
    for _number in range(3):
        await shop.give("thrice")
    await shop.give("twice-in-all")
    assert await listed(new_id()) == {"asked": 3, "money": None, "some": None}


async def test_only_the_named_unit_approves(shop: Seller) -> None:
    """And the seller's own key, which has no unit."""
    grant = await shop.give("asked")
    assert (grant.state, grant.approver_unit_id) == ("pending", shop.managers)
    before = await shop.picture()
    async with shop.at() as tx:
        with pytest.raises(NotTheApprover):
            await approve_discount(tx, grant.id, unit_id=new_id())
    assert await shop.picture() == before
    async with shop.at() as tx:
        approved = await approve_discount(tx, grant.id, unit_id=shop.managers)
    assert (approved.approved_by, approved.approved_at) == ("staff:a", NOW)
    async with shop.at() as tx:
        with pytest.raises(DiscountNotPending):
            await approve_discount(tx, grant.id, unit_id=shop.managers)
        other = await shop.give("asked")
        await approve_discount(tx, other.id, unit_id=None)


async def test_a_pending_one_can_be_changed_and_no_other(shop: Seller) -> None:
    """Its dates and its note; an approved one stays as it is."""
    grant = await shop.give("asked")
    expires = datetime(2026, 6, 1, tzinfo=UTC)
    async with shop.at() as tx:
        changed = await amend_discount(
            tx, AmendDiscount(grant.id, expires_at=expires, note="until summer")
        )
        assert changed == replace(grant, expires_at=expires, note="until summer")
        with pytest.raises(DiscountValueFixed):
            await amend_discount(tx, AmendDiscount(grant.id, percent=Decimal(11)))
        with pytest.raises(DiscountNotFound):
            await amend_discount(tx, AmendDiscount(new_id()))
        await approve_discount(tx, grant.id, unit_id=None)
        with pytest.raises(DiscountNotPending):
            await amend_discount(tx, AmendDiscount(grant.id, note="late"))


async def test_refusing_is_cancelling(shop: Seller) -> None:
    """A pending one is cancelled, by whom and when; twice is refused."""
    grant = await shop.give("asked")
    async with shop.at() as tx:
        ended: DiscountGrant = await cancel_discount(tx, grant.id)
        assert (ended.state, ended.cancelled_by, ended.cancelled_at) == (
            "cancelled",
            "staff:a",
            NOW,
        )
        with pytest.raises(DiscountCancelled):
            await cancel_discount(tx, grant.id)
