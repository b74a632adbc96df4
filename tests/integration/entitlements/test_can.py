"""What accounts and members may do, as their subscriptions say so."""

from __future__ import annotations

from decimal import Decimal

from tests.building import utc
from tests.integration.entitlements.conftest import Mailer


async def test_nothing_is_allowed_without_a_product_that_grants_it(mailer: Mailer) -> None:
    """The answer names what would allow it: of what the account could buy, everything."""
    account = await mailer.shop.customer()

    answer = await mailer.ask(account, "email.send")

    assert (answer.verdict.allowed, answer.verdict.reason) == (False, "NO_GRANT")
    assert answer.verdict.help == "buy"
    assert [each.code for each in answer.products] == ["contacts", "mails", "monthly-mails"]


async def test_tickets_come_with_every_subscription(mailer: Mailer) -> None:
    """Also where the catalogue does not name them; without a subscription there are none."""
    account = await mailer.shop.customer()
    assert (await mailer.ask(account, "support.ticket")).verdict.reason == "NO_GRANT"

    await mailer.subscribed(account, ("mailing", "1"))

    assert (await mailer.ask(account, "support.ticket")).verdict.allowed


async def test_a_module_that_grants_nothing_is_filled_by_packs(mailer: Mailer) -> None:
    """E-mailing is the engine: amount 0, and 2 packs of 1000 on top."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("mailing", "1"))
    before = (await mailer.ask(account, "email.send")).verdict
    assert (before.reason, before.remaining) == ("USED_UP", Decimal(0))

    other = await mailer.shop.customer()
    await mailer.subscribed(other, ("mailing", "1"), ("mails", "2"))

    assert (await mailer.ask(other, "email.send", 2000)).verdict.allowed
    beyond = (await mailer.ask(other, "email.send", 2001)).verdict
    assert (beyond.reason, beyond.remaining) == ("USED_UP", Decimal(2000))


async def test_what_is_bought_once_may_be_used_as_long_as_it_says(mailer: Mailer) -> None:
    """12 months from 1 January 2026: the whole of that year, nothing on 1 January 2027."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("mailing", "1"), ("mails", "1"))

    assert (await mailer.ask(account, "email.send", now=utc(12, 31))).verdict.allowed
    later = await mailer.ask(account, "email.send", now=utc(1, 1, year=2027))
    assert later.verdict.reason == "USED_UP"


async def test_a_trial_grants_its_own_amounts_until_it_is_over(mailer: Mailer) -> None:
    """200 mails in 30 days; on the 31st day the answer is to order."""
    account = await mailer.shop.customer()
    await mailer.tried(account, ("contacts", "1000"))

    assert (await mailer.ask(account, "email.send", 200)).verdict.allowed
    assert (await mailer.ask(account, "email.send", 201)).verdict.reason == "USED_UP"
    over = (await mailer.ask(account, "email.send", now=utc(1, 31))).verdict
    assert (over.reason, over.help, over.remaining) == ("TRIAL_OVER", "order", Decimal(0))
    assert (await mailer.ask(account, "support.ticket", now=utc(1, 31))).verdict.allowed


async def test_staff_give_a_trial_other_amounts(mailer: Mailer) -> None:
    """500 mails in place of 200."""
    account = await mailer.shop.customer()
    await mailer.tried(
        account, ("contacts", "1000"), grants={"email.send": Decimal(500)}, days=60
    )

    assert (await mailer.ask(account, "email.send", 500, now=utc(2, 28))).verdict.allowed
    assert (await mailer.ask(account, "contacts")).verdict.reason == "NO_GRANT"


async def test_sending_waits_for_the_first_invoice_to_be_paid(mailer: Mailer) -> None:
    """Contacts may be kept at once; mails only when the money is there."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("contacts", "1000"))

    sending = (await mailer.ask(account, "email.send")).verdict
    assert (sending.reason, sending.help) == ("NEEDS_PAYMENT", "pay")
    assert (await mailer.ask(account, "contacts", 1000)).verdict.allowed
    beyond = (await mailer.ask(account, "contacts", 1001)).verdict
    assert (beyond.reason, beyond.remaining) == ("HELD", Decimal(1000))


async def test_companies_are_counted_as_they_are(mailer: Mailer) -> None:
    """One with the module, two more with packs."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("office", "1"), ("company", "2"))

    assert (await mailer.ask(account, "companies", 3)).verdict.allowed
    assert (await mailer.ask(account, "companies", 4)).verdict.reason == "USED_UP"


async def test_a_gauge_is_held_against_what_is_granted(mailer: Mailer) -> None:
    """10 profiles are granted and 8 are hosted: 2 more, not 3."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("office", "1"))
    await mailer.shop.profiles(account, 8, on=utc(1, 2))

    assert (await mailer.ask(account, "profiles", 2, now=utc(1, 3))).verdict.allowed
    verdict = (await mailer.ask(account, "profiles", 3, now=utc(1, 3))).verdict
    assert (verdict.allowed, verdict.remaining) == (False, Decimal(2))


async def test_users_beyond_are_billed_and_not_refused(mailer: Mailer) -> None:
    """None is granted, so that one more is billed by consumption."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("office", "1"))

    verdict = (await mailer.ask(account, "users")).verdict

    assert (verdict.allowed, verdict.billed) == (True, Decimal(1))


async def test_a_module_that_bills_users_opens_to_those_with_a_right(mailer: Mailer) -> None:
    """The administrator opens everything; a member without a right nothing."""
    account = await mailer.shop.customer()
    await mailer.subscribed(account, ("office", "1"))
    ada = await mailer.member(account, "Ada", "administrator")
    ben = await mailer.member(account, "Ben")

    assert (await mailer.ask(account, "reports", member=ada)).verdict.allowed
    refused = (await mailer.ask(account, "reports", member=ben)).verdict
    assert (refused.reason, refused.help) == ("NO_ACCESS", "give_access")


async def test_the_unknown_is_told_apart(mailer: Mailer) -> None:
    """A feature that is none, and somebody of another account."""
    account, other = await mailer.shop.customer(), await mailer.shop.customer()
    await mailer.subscribed(account, ("mailing", "1"))
    stranger = await mailer.member(other, "Cleo", "owner")

    assert (await mailer.ask(account, "teleport")).verdict.reason == "UNKNOWN_FEATURE"
    found = await mailer.ask(account, "support.ticket", member=stranger)
    assert found.verdict.reason == "UNKNOWN_MEMBER"
