"""Where in its own code a plugin failed: told in the reason, and in the log."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.plugin_host import PluginHost, PluginSource, PluginsRefused, file_source
from core.plugin_host.places import MAX_FILE_NAME, frames_of, place_of
from core.plugin_host.refusals import described_exception
from core.pricing_pool.pool import PricingPool
from core.usage.checking import measured
from core.usage.codec import codecs_of
from tests.plugins import poison
from tests.plugins.poison import PoisonEvent, PoisonKind

POISON = PluginSource("poison", "6.6", "tests.plugins.poison")
HERE = PluginSource("here", "1", None)


def raised(number: int) -> Exception:
    """Return what calling oneself so many times and dividing by zero raises."""
    try:
        _fall(number)
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def _fall(number: int) -> float:
    if number == 0:
        return 1 / 0
    return _fall(number - 1)


def test_the_innermost_line_within_the_plugin_is_its_place():
    """Lines 32 and 33 of this file; three frames at most, and none of others."""
    error = raised(5)
    assert place_of(error, HERE) == "test_fault_places.py:32"
    assert frames_of(error, HERE) == (
        "test_fault_places.py:33",
        "test_fault_places.py:33",
        "test_fault_places.py:32",
    )
    assert place_of(error, PluginSource("other", "1", "other.module:plugin")) == ""
    assert place_of(error) == ""


def test_a_long_text_is_cut_and_its_place_is_not():
    """500 characters in all; the name of a file is cut at 80."""
    code = compile("raise ValueError('x' * 1000)", f"/tmp/{'f' * 200}.py", "exec")
    try:
        exec(code, {"__name__": "elsewhere"})
    except ValueError as error:
        told = described_exception(error, HERE)
    assert len(told) == 500
    assert told.endswith(f"x… at {'f' * MAX_FILE_NAME}:1")


def test_an_exception_that_hides_its_traceback_has_no_place():
    """A plugin's exception class may do anything."""

    class Sly(Exception):
        @property
        def __traceback__(self):
            raise RuntimeError("no trace")

    assert frames_of(Sly(), HERE) == ()


def test_a_plugin_that_fails_while_it_registers_is_told_with_its_line(tmp_path: Path):
    """Whoever starts a server reads it there."""
    path = tmp_path / "late.py"
    path.write_text(
        "from core.plugin_api import hookimpl\n"
        "REQUIRES_API = (1, 0)\n"
        "@hookimpl\n"
        "def register_channels():\n"
        "    return [{}['channel']]\n"
    )
    told = "register_channels failed: KeyError: 'channel' at late.py:5"
    with pytest.raises(PluginsRefused, match=told):
        PluginHost([file_source(path)])


async def test_a_fault_in_a_child_is_logged_with_its_lines_and_without_the_event():
    """Once a batch and place: two events divide by zero on line 106, one answers nonsense."""
    host = PluginHost([poison])
    kinds = (PoisonKind.RAISE, PoisonKind.SOUND, PoisonKind.RAISE, PoisonKind.NAN)
    with PricingPool(host) as pool, capture_logs() as logs:
        answers = await measured(
            codecs_of(host)["poison"], [PoisonEvent(kind) for kind in kinds], pool=pool
        )
    assert len(answers) == 4
    common = {
        "event": "plugin_failed",
        "log_level": "warning",
        "plugin": "poison 6.6",
        "channel": "poison",
    }
    assert logs == [
        common | {"events": 2, "frames": ("poison.py:161", "poison.py:106")},
        common | {"events": 1, "frames": ()},
    ]
