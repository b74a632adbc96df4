"""WhatsApp messages are judged by the windows that customers open: the examples, exactly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.plugin_api import EventRejected, Occurrence, WindowState
from core.plugin_api.windowed_conformance import WindowedConformance
from core.plugin_host import PluginHost, judged, rules_in_force
from plugins.whatsapp.event import (
    WhatsappCategory,
    WhatsappDirection,
    WhatsappEvent,
    WhatsappForm,
    WhatsappKind,
)
from plugins.whatsapp.plugin import WhatsappChannel
from plugins.whatsapp.rules import JULY_2025, OCTOBER_2026

PARIS = ZoneInfo("Europe/Paris")
HOST = PluginHost()
BUSINESS, CUSTOMER = "+33155550000", "+33612345678"
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
MARCH = datetime(2026, 3, 10, 9, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 10, 9, tzinfo=UTC)


class TestWhatsappChannel(WindowedConformance):
    """The suite of all windowed channels."""

    @pytest.fixture
    def channel(self):
        """Return the channel under test."""
        return WhatsappChannel()


def received(customer=CUSTOMER, **more):
    """Return a message of a customer."""
    return WhatsappEvent(WhatsappDirection.IN, BUSINESS, customer, **more)


def free_form(customer=CUSTOMER, **more):
    """Return a free-form message to a customer."""
    return WhatsappEvent(
        WhatsappDirection.OUT, BUSINESS, customer, form=WhatsappForm.FREE_FORM, **more
    )


def template(category, customer=CUSTOMER, **more):
    """Return a template to a customer."""
    return WhatsappEvent(
        WhatsappDirection.OUT,
        BUSINESS,
        customer,
        form=WhatsappForm.TEMPLATE,
        category=WhatsappCategory[category],
        **more,
    )


UTILITY, MARKETING = template("UTILITY"), template("MARKETING")


def history(start, *timed):
    """Place events at hours behind a start."""
    return [
        Occurrence(start + hours * HOUR, "meta", f"{number:05}", event)
        for number, (hours, event) in enumerate(timed)
    ]


def judge(occurrences, *, pinned=None, zone="Europe/Paris"):
    """Judge a history as the host does: by the rules of each day, or by a pinned set."""
    channel = HOST.channels["whatsapp"]
    rules = rules_in_force(channel, timezone=zone, pinned=pinned)
    return list(judged(channel, occurrences, rules))


def billed(occurrences, **how):
    """Return how many messages of each unit are billed."""
    counts = {}
    for answer in judge(occurrences, **how):
        if answer.measure is not None:
            counts[answer.measure.unit] = counts.get(answer.measure.unit, 0) + 1
    return counts


def example_1(start):
    """Marketing, utility, a reply, free-form, utility, a reply."""
    return history(
        start,
        *[(0, MARKETING), (0.1, UTILITY), (1, received()), (1.1, free_form())],
        *[(1.2, UTILITY), (1.3, received())],
    )


def example_2(start):
    """A message, utility, a message, 24 hours later utility, a reply, free-form."""
    return history(
        start,
        *[(0, received()), (0.1, UTILITY), (0.2, received()), (24.2, UTILITY)],
        *[(24.3, received()), (24.4, free_form())],
    )


def test_the_examples_of_the_page_under_the_set_of_july_2025():
    """The utility template in the window is free, and so is everything free-form."""
    assert billed(example_1(MARCH)) == {"marketing": 1, "utility": 1}
    assert billed(example_2(MARCH)) == {"utility": 1}
    assert [answer.reason for answer in judge(example_1(MARCH))] == [
        *["", "", "inbound", "free_form", "window", "inbound"]
    ]
    assert judge(example_1(MARCH))[4].until == MARCH + 25 * HOUR


def test_the_examples_under_the_set_of_october_2026():
    """Templates are billed in the window, too; the free-form one is within the 1,000."""
    assert billed(example_1(NOVEMBER)) == {"marketing": 1, "utility": 2}
    assert billed(example_2(NOVEMBER)) == {"utility": 2}
    assert judge(example_2(NOVEMBER))[-1].reason == "allowance"


def test_a_plan_may_pin_either_set():
    """Whatever the date says."""
    assert billed(example_1(NOVEMBER), pinned="2025-07-01") == {"marketing": 1, "utility": 1}
    assert billed(example_1(MARCH), pinned="2026-10-01") == {"marketing": 1, "utility": 2}


@pytest.mark.parametrize(
    ("delivered", "units"),
    [
        (0, {}),
        (24 - 1 / 3600, {}),
        (24, {"utility": 1}),
    ],
)
def test_a_window_ends_after_24_hours_exactly(delivered, units):
    """[received, received + 24 h): free from the same instant on, billed at the end."""
    assert billed(history(MARCH, (0, received()), (delivered, UTILITY))) == units


def test_a_call_opens_the_window_and_a_later_message_opens_it_anew():
    """A call at 0, a message at 20: open until 44."""
    call = received(kind=WhatsappKind.CALL)
    assert billed(history(MARCH, (0, call), (23, UTILITY))) == {}
    assert billed(history(MARCH, (0, call), (20, received()), (43, UTILITY))) == {}


def test_a_window_is_with_one_customer_only():
    """Another one's message frees nothing."""
    events = history(MARCH, (0, received("+33699999999")), (1, UTILITY))
    assert billed(events) == {"utility": 1}


def test_marketing_and_authentication_are_billed_in_the_window():
    """Of all sets; of the market that is stated, where one is."""
    events = history(
        MARCH, (0, received()), (1, MARKETING), (2, template("AUTHENTICATION", market="BE"))
    )
    assert billed(events) == {"marketing": 1, "authentication": 1}
    assert judge(events)[2].measure.dimension == "BE"


def test_free_form_outside_of_a_window_is_marked():
    """Free under the first set; it takes of the allowance under the second."""
    (answer,) = judge(history(MARCH, (0, free_form())))
    assert (answer.measure, answer.reason) == (None, "outside_window")
    (answer,) = judge(history(NOVEMBER, (0, free_form())))
    assert (answer.measure, answer.reason) == (None, "outside_window")


def test_1_200_free_form_messages_in_november_bill_200():
    """200 x 0.0298 = 5.96; across customers and markets, in the order of delivery."""
    events = history(
        NOVEMBER,
        (0, received()),
        *((1 + n / 3600, free_form(market="BE" if n % 2 else None)) for n in range(1200)),
    )
    assert billed(events) == {"service": 200}
    assert [answer.measure for answer in judge(events)[1:1001]] == [None] * 1000
    assert judge(events)[1001].measure.dimension == "FR"
    assert Decimal("0.0298") * 200 == Decimal("5.96")


def test_the_allowance_begins_with_the_month_of_the_account():
    """The 1,001st is delivered on 30 November in UTC, and on 1 December in Paris."""
    last = datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC)
    events = history(last - 20 * HOUR, *((n / 3600, free_form()) for n in range(1000)))
    behind = [Occurrence(last + SECOND, "meta", "last", free_form())]
    before = [Occurrence(last, "meta", "last", free_form())]
    assert billed(events + behind) == {}
    assert billed(events + before) == {"service": 1}
    assert billed(events + behind, zone="UTC") == {"service": 1}


def test_what_is_free_for_another_reason_leaves_the_allowance_alone():
    """1,000 within a free entry point, then 1,000 of the allowance, then one billed."""
    events = history(
        NOVEMBER,
        (0, received(entry_point=True)),
        *((1 + n / 3600, free_form()) for n in range(1000)),
        *((80 + n / 3600, free_form()) for n in range(1001)),
    )
    assert billed(events) == {"service": 1}


@pytest.mark.parametrize(
    ("answered", "later", "units"),
    [
        (23, 23 + 71, {}),
        (23, 23 + 72, {"marketing": 1}),
        (24, 25, {"marketing": 1}),
    ],
)
def test_a_free_entry_point_lasts_72_hours_from_an_answer_within_24(answered, later, units):
    """The answer is free, too; one that comes after 24 hours opens nothing."""
    events = history(
        NOVEMBER, (0, received(entry_point=True)), (answered, free_form()), (later, MARKETING)
    )
    assert billed(events) == units
    assert judge(events)[1].reason == ("entry_point" if answered < 24 else "outside_window")


def test_each_event_is_judged_by_the_set_of_its_local_day():
    """Delivered at 23:59:59 and at midnight in Paris, between September and October 2026."""
    midnight = datetime(2026, 9, 30, 22, tzinfo=UTC)
    events = [
        Occurrence(midnight - HOUR, "meta", "a", received()),
        Occurrence(midnight - SECOND, "meta", "b", UTILITY),
        Occurrence(midnight, "meta", "c", UTILITY),
    ]
    assert [answer.reason for answer in judge(events)] == ["inbound", "window", ""]
    assert billed(events, zone="UTC") == {}


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (WhatsappEvent(WhatsappDirection.OUT, BUSINESS, CUSTOMER), "form"),
        (free_form(category=WhatsappCategory.UTILITY), "category"),
        (free_form(kind=WhatsappKind.CALL), "kind"),
        (free_form(entry_point=True), "entryPoint"),
        (free_form("0612345678"), "customer"),
        (free_form("+8816123456"), "customer"),
        (free_form(market="fr"), "market"),
        (received(form=WhatsappForm.TEMPLATE), "form"),
        (received(category=WhatsappCategory.UTILITY), "category"),
        (received(sent_at=MARCH), "sentAt"),
        (received(""), "customer"),
        (WhatsappEvent(WhatsappDirection.IN, "+331\t55", CUSTOMER), "businessNumber"),
    ],
)
def test_what_cannot_be_counted_is_rejected_with_the_field(event, path):
    """So that the sender finds it."""
    with pytest.raises(EventRejected) as caught:
        WhatsappChannel().measure(event)
    assert caught.value.path == (path,)


def test_the_state_of_a_window_is_told_until_when():
    """Opened at 0, it is open until 24; by an advertisement all is free until 72 more."""
    channel = WhatsappChannel()
    events = history(
        MARCH, (0, received(entry_point=True)), (1, free_form()), (9, received("x"))
    )

    def at(hours):
        return channel.window_state(
            events, JULY_2025, counterpart=CUSTOMER, at=MARCH + hours * HOUR
        )

    assert at(-1) == WindowState()
    assert at(0) == WindowState(MARCH + 24 * HOUR)
    assert at(23) == WindowState(MARCH + 24 * HOUR, MARCH + 73 * HOUR)
    assert at(24) == WindowState(None, MARCH + 73 * HOUR)
    assert not at(24).is_open
    assert at(73) == WindowState()


_EVENTS = st.sampled_from(
    [
        received(),
        received(kind=WhatsappKind.CALL),
        received(entry_point=True),
        received("+32470123456"),
        free_form(),
        free_form("+32470123456"),
        UTILITY,
        MARKETING,
        template("UTILITY", "+32470123456"),
    ]
)
_HISTORIES = st.lists(st.tuples(st.integers(0, 500), _EVENTS), max_size=60)


@settings(max_examples=150, deadline=None)
@given(_HISTORIES, st.randoms(use_true_random=False))
def test_judgements_do_not_depend_on_the_order_of_arrival(timed, chance):
    """Sorted by (time, source, id), however they came."""
    begins = datetime(2026, 9, 20, tzinfo=UTC)
    events = history(begins, *timed)
    expected = dict(
        zip((one.id for one in sorted(events)), judge(sorted(events)), strict=True)
    ) if events else {}  # fmt: skip
    chance.shuffle(events)
    events.sort(key=lambda one: one[:3])
    found = judge(events) if events else []
    assert dict(zip((one.id for one in events), found, strict=True)) == expected


@settings(max_examples=150, deadline=None)
@given(_HISTORIES, st.integers(0, 500), st.sampled_from([JULY_2025, OCTOBER_2026]))
def test_a_replay_from_its_reach_on_judges_as_the_whole(timed, hours, rules):
    """What lies further back than the rules reach changes nothing."""
    start = datetime(2026, 10, 5, tzinfo=UTC)
    events = sorted(history(start, *timed), key=lambda one: one[:3])
    at = start + hours * HOUR
    near = [one for one in events if one.occurred_at >= at - rules.reach.forward]
    count = sum(one.occurred_at >= at for one in events)
    if count:
        whole = judge(events, pinned=rules.code)
        assert judge(near, pinned=rules.code)[-count:] == whole[-count:]
