"""A third-party plugin's faults stay with their own event or quantity."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from core.plugin_api import Rate
from core.plugin_host import Measured, PluginHost, Rejection, installed_sources
from core.pricing_pool import (
    ChildFault,
    PluginNotImportable,
    PricingFault,
    PricingPool,
    measure_events,
    price_quantities,
)
from core.pricing_pool.environment import harmless_environment
from tests.plugins import poison
from tests.plugins.poison import PoisonEvent, PoisonKind

SOUND = PoisonEvent(PoisonKind.SOUND, Decimal("2.5"))
SECRETS = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "PGPASSWORD", "FORFAIT_PEPPER")


@pytest.fixture(scope="module")
def host():
    """The built-in plugins, and the poison as a third party's."""
    return PluginHost([*installed_sources(), poison])


@pytest.fixture(scope="module")
def pool(host):
    """One child; the environment holds secrets when it starts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SECRETS:
            patch.setenv(name, "a-secret")
        with PricingPool(host, time_limit_seconds=2.0) as pool:
            yield pool


async def _between_sound_ones(host, pool, *kinds):
    """Measure the given kinds, a sound event around each, and return all verdicts."""
    events = [SOUND]
    for kind in kinds:
        events += [PoisonEvent(kind), SOUND]
    verdicts = await measure_events(host.channels["poison"], events, pool=pool)
    assert len(verdicts) == len(events)
    for sound in verdicts[::2]:
        assert isinstance(sound, Measured), sound
        assert sound.measure.quantity == Decimal("2.5")
        assert sound.event == SOUND
    return verdicts[1::2]


def _only_child() -> psutil.Process:
    (child,) = multiprocessing.active_children()
    return psutil.Process(child.pid)


CONTAINED = [
    (PoisonKind.RAISE, "ZeroDivisionError: division by zero at poison.py:106"),
    (PoisonKind.UNPICKLABLE, "HalfMadeError: half made"),
    (PoisonKind.UNPRINTABLE, "SilentError"),
    (PoisonKind.NAN, "the quantity is NaN"),
    (PoisonKind.FLOAT, "the quantity is float and no Decimal"),
    (PoisonKind.NEGATIVE, "the quantity -1.000000E+0 is not from 0"),
    (PoisonKind.WRONG_TYPE, "measure returned dict and no Measure"),
    (PoisonKind.WRONG_UNIT, "unit 'antidote' is none of poison"),
    (PoisonKind.MEMORY, "MemoryError"),
    (PoisonKind.HANG, "no answer within 1 s"),
    (PoisonKind.EXIT, "SystemExit: 3 at poison.py:120"),
    (PoisonKind.OS_EXIT, "the process ended (exit code 7)"),
    (PoisonKind.KILL, "the process ended (exit code -9)"),
]


@pytest.mark.parametrize(
    ("kind", "reason"), CONTAINED, ids=lambda value: getattr(value, "name", "")
)
async def test_an_event_that_its_plugin_fails_on_is_rejected_alone(host, pool, kind, reason):
    """The rejection names plugin, version and reason; the neighbours are measured."""
    (verdict,) = await _between_sound_ones(host, pool, kind)
    assert isinstance(verdict, Rejection)
    assert verdict.code == "PLUGIN_FAILED"
    assert verdict.is_plugin_fault
    assert verdict.message.startswith("plugin poison 6.6 could not measure the event: ")
    assert reason in verdict.message
    assert len(verdict.message) < 600


async def test_a_plugin_that_hangs_in_c_code_is_killed(host, pool):
    """No signal handler of Python's runs there, so that the child is killed outright."""
    (verdict,) = await _between_sound_ones(host, pool, PoisonKind.HANG_IN_C)
    assert "no answer within 1 s" in verdict.message


async def test_a_refusal_of_the_plugins_own_reaches_the_sender(host, pool):
    """It is the event that is wrong, not the plugin."""
    (verdict,) = await _between_sound_ones(host, pool, PoisonKind.REFUSE)
    assert verdict == Rejection("EVENT_REJECTED", "this event is not wanted", path=("kind",))


async def test_the_frames_of_a_fault_leave_the_child(host, pool):
    """The plugin's own lines, the innermost last; the place in its text is the same."""
    (verdict,) = await _between_sound_ones(host, pool, PoisonKind.RAISE)
    assert verdict.frames == ("poison.py:161", "poison.py:106")


async def test_a_huge_text_is_cut(host, pool):
    """50 MB of text become 500 characters before they leave the child."""
    (verdict,) = await _between_sound_ones(host, pool, PoisonKind.HUGE_TEXT)
    assert verdict.message == "x" * 499 + "…"


async def test_several_poisons_in_one_batch_are_told_apart(host, pool):
    """Each event keeps its own reason; order is kept."""
    kinds = [PoisonKind.RAISE, PoisonKind.OS_EXIT, PoisonKind.NAN, PoisonKind.KILL]
    verdicts = await _between_sound_ones(host, pool, *kinds)
    reasons = ["division by zero", "exit code 7", "is NaN", "exit code -9"]
    for verdict, reason in zip(verdicts, reasons, strict=True):
        assert reason in verdict.message


async def test_after_three_offenders_the_rest_of_a_batch_is_left_unmeasured(host, pool):
    """Otherwise a thousand events that hang would take a thousand seconds."""
    events = [PoisonEvent(PoisonKind.OS_EXIT)] * 3 + [SOUND] * 2
    verdicts = await measure_events(host.channels["poison"], events, pool=pool)
    assert ["exit code 7" in verdict.message for verdict in verdicts[:3]] == [True] * 3
    for verdict in verdicts[3:]:
        assert verdict.is_plugin_fault
        assert "it failed on 3 events before this one" in verdict.message


async def test_an_event_of_a_wrong_value_never_reaches_the_child(host, pool):
    """NaN in a field is the sender's error, with its path; the sound one is measured."""
    events = [PoisonEvent(PoisonKind.SOUND, Decimal("NaN")), SOUND]
    wrong, sound = await measure_events(host.channels["poison"], events, pool=pool)
    assert wrong.code == "EVENT_INVALID"
    assert wrong.path == ("quantity",)
    assert sound.measure.quantity == Decimal("2.5")


async def test_a_child_sees_no_address_and_no_secret(host, pool):
    """The parent has them all while the child is asked."""
    assert all(name in os.environ for name in SECRETS)
    looking = PoisonEvent(PoisonKind.ENVIRONMENT, names=(*SECRETS, "PATH"))
    (verdict,) = await measure_events(host.channels["poison"], [looking], pool=pool)
    assert verdict.message == "sees ['PATH']"


def test_the_environment_is_restored_after_the_fork_server_started():
    """Only what is harmless is visible meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", "postgresql://secret")
        with harmless_environment():
            assert "DATABASE_URL" not in os.environ
            assert "PATH" in os.environ
        assert os.environ["DATABASE_URL"] == "postgresql://secret"


async def test_built_in_channels_are_measured_without_a_child(host):
    """The pool given is closed, so that a call to it would fail."""
    pool = PricingPool(host)
    pool.close()
    channel = host.channels["email"]
    (verdict,) = await measure_events(channel, [channel.event_class(recipients=7)], pool=pool)
    assert verdict.measure.quantity == 7
    with pytest.raises(RuntimeError, match="after shutdown"):
        await measure_events(host.channels["poison"], [SOUND], pool=pool)


SOUND_RATE = Rate(model="poison_model", driver="usage", base=Decimal("0.000000000003"))


async def test_a_third_party_price_model_prices_exactly(host, pool):
    """0.000000000003 times 1234567890123.123456789 has 12 + 9 places; none is lost in a child.

    3 times 1234567890123123456789 = 3703703670369370370367, 21 places from the right.
    """
    quantity = Decimal("1234567890123.123456789")
    (charge,) = await price_quantities(
        host.price_models["poison_model"], [(SOUND_RATE, quantity)], pool=pool
    )
    assert charge.amount == Decimal("3.703703670369370370367")
    assert charge.steps[0].label == "each"
    assert charge.steps[0].amount == charge.amount


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("NAN", "the amount is NaN"),
        ("NEGATIVE", "the amount is negative"),
        ("HUGE_TEXT", "a step's text has 10000 characters"),
        ("WRONG_TYPE", "the price is dict and no Charge"),
        ("RAISE", "ZeroDivisionError: division by zero at poison.py:106"),
        ("UNPICKLABLE", "HalfMadeError: half made"),
        ("EXIT", "SystemExit: 3"),
        ("OS_EXIT", "the process ended (exit code 7)"),
    ],
)
async def test_a_quantity_that_its_model_fails_on_is_faulted_alone(host, pool, kind, reason):
    """The fault names plugin, version and reason; the neighbours' charges are intact."""
    poisoned = Rate("poison_model", "usage", base=Decimal(1), options={"kind": kind})
    sound = Rate("poison_model", "usage", base=Decimal(3))
    before, fault, after = await price_quantities(
        host.price_models["poison_model"],
        [(sound, Decimal(2)), (poisoned, Decimal(2)), (sound, Decimal(4))],
        pool=pool,
    )
    assert (before.amount, after.amount) == (6, 12)  # 3 * 2 and 3 * 4
    assert isinstance(fault, PricingFault)
    assert str(fault).startswith("plugin poison 6.6 could not price: ")
    assert reason in str(fault)


async def test_a_failing_price_model_is_logged_with_its_lines(host, pool):
    """Once a batch and place: two quantities divide by zero, one is answered with nonsense."""
    raising, nonsense = (
        Rate("poison_model", "usage", base=Decimal(1), options={"kind": kind})
        for kind in ("RAISE", "NAN")
    )
    asked = [(raising, Decimal(2)), (nonsense, Decimal(2)), (raising, Decimal(3))]
    with capture_logs() as logs:
        await price_quantities(host.price_models["poison_model"], asked, pool=pool)
    common = {
        "event": "plugin_failed",
        "log_level": "warning",
        "plugin": "poison 6.6",
        "price_model": "poison_model",
    }
    assert logs == [
        common | {"questions": 2, "frames": ("poison.py:193", "poison.py:106")},
        common | {"questions": 1, "frames": ()},
    ]


async def test_a_model_that_hangs_on_one_quantity_is_killed(host):
    """Only the thirteenth hangs."""
    rate = Rate("poison_model", "usage", base=Decimal(3), options={"kind": "HANG"})
    with PricingPool(host, time_limit_seconds=1.0) as pool:
        answers = await price_quantities(
            host.price_models["poison_model"],
            [(rate, Decimal(number)) for number in (12, 13, 14)],
            pool=pool,
        )
    assert answers[0].amount == 36
    assert "no answer within 1 s" in str(answers[1])
    assert answers[2].amount == 42


def test_a_broken_pool_is_rebuilt(host, pool):
    """The call after the break finds a new pool, without its caller noticing."""
    broken = pool._started()
    broken.stop()
    broken.join()
    assert pool.call("tests.plugins.poison_calls:double", (1, "a")) == (1, "a", 1, "a")


async def test_a_killed_fork_server_is_started_again(host, pool):
    """Its children die with it; the new ones see no secret either."""
    await _between_sound_ones(host, pool)
    child = _only_child()
    child.parent().kill()
    child.wait(timeout=30)
    looking = PoisonEvent(PoisonKind.ENVIRONMENT, names=(*SECRETS, "PATH"))
    (verdict,) = await measure_events(host.channels["poison"], [looking], pool=pool)
    assert verdict.message == "sees ['PATH']"


def test_a_call_that_loses_the_fork_server_is_made_again(pool):
    """All children die with it, whoever killed it: the plugin is not blamed for that."""
    assert pool.call("tests.plugins.poison_calls:double", (1,)) == (1, 1)
    child = _only_child()
    with ThreadPoolExecutor(1) as thread:
        called = thread.submit(pool.call, "tests.plugins.poison_calls:slowly", (2,))
        time.sleep(0.2)  # so that a child is at work, most of the time; either way it answers
        child.parent().kill()
        assert called.result(timeout=30) == (2,)
    child.wait(timeout=30)


def test_an_answer_that_is_not_plain_is_not_unpickled(pool):
    """Reading it would import and call what the child names."""
    with pytest.raises(ChildFault, match=r"no plain value") as caught:
        pool.call("tests.plugins.poison_calls:not_plain", ())
    assert caught.value.kind == "nonsense"


def test_a_plugin_that_no_child_can_import_is_refused(host):
    """Handed over as an object, it has no address."""

    class Homeless:
        REQUIRES_API = (1, 0)
        register_channels = staticmethod(poison.register_channels)

    with pytest.raises(PluginNotImportable, match=r"plugin Homeless 0 was given as an object"):
        PricingPool(PluginHost([Homeless()]))


PARENT = """
import asyncio, sys
from core.plugin_host import PluginHost
from core.pricing_pool import PricingPool, measure_events
from tests.plugins import poison
from tests.plugins.poison import PoisonEvent, PoisonKind

if __name__ == "__main__":
    host = PluginHost([poison])
    pool = PricingPool(host, time_limit_seconds=300)
    event = PoisonEvent(PoisonKind.PID, names=(sys.argv[1],))
    asyncio.run(measure_events(host.channels["poison"], [event], pool=pool))
"""


def test_a_killed_worker_leaves_no_child(tmp_path):
    """SIGKILL of the parent ends its child too, though a plugin hangs in C code in it."""
    script, pid_file = tmp_path / "parent.py", tmp_path / "pid"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, script, pid_file], cwd=Path.cwd())
    child = psutil.Process(int(_awaited_text(pid_file)))
    family = psutil.Process(parent.pid).children(recursive=True)
    assert child in family
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _gone, alive = psutil.wait_procs(family, timeout=5)
    left_over = [left for left in alive if left.status() != psutil.STATUS_ZOMBIE]
    for left in left_over:
        left.kill()
    assert left_over == []


def _awaited_text(path: Path) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")
