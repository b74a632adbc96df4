"""What a partner's pytest gets from us: fixtures, an option, and a summary with advice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITE = """
from core.plugin_api.conformance import ChannelConformance


class TestChannel(ChannelConformance):
    pass


def test_the_host_is_given(forfait_host, channel):
    assert forfait_host.channels[channel.name].channel is channel
"""
BROKEN = """
import pytest
from core.plugin_api.conformance import ChannelConformance
from tests.unit.plugins.broken_channels import Alternating


class TestBroken(ChannelConformance):
    @pytest.fixture
    def channel(self):
        return Alternating()
"""
ROOT = Path(__file__).parents[3]


def pytest_run(folder: Path, text: str, *options: str) -> tuple[int, str]:
    """Run pytest on a file of a partner's, as they would."""
    (folder / "test_theirs.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "."],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_an_installed_channel_is_named_by_an_option(tmp_path: Path) -> None:
    """18 checks, one of them not for channels priced per period, and the test of the host."""
    status, told = pytest_run(tmp_path, SUITE, "--forfait-plugin", "email")
    assert status == 0, told
    assert "channel email: 17 passed, 1 skipped" in told


def test_a_plugin_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    """And without the option the fixture says how to give a channel."""
    status, told = pytest_run(tmp_path, SUITE, "--forfait-plugin", "pigeon")
    assert status == 1
    assert "--forfait-plugin pigeon names 0 channels; there are email, ott" in told
    _status, told = pytest_run(tmp_path, SUITE)
    assert "give a fixture `channel` that returns your channel" in told


def test_the_summary_says_what_to_do(tmp_path: Path) -> None:
    """One line for the property that failed, with advice."""
    status, told = pytest_run(tmp_path, BROKEN)
    assert status == 1
    assert "channel fax: 16 passed, 1 failed, 1 skipped" in told
    assert "  - it answers the same twice: measure answered" in told
    assert "keep nothing between calls" in told


def test_the_plugin_loads_nothing_of_forfait_by_itself(tmp_path: Path) -> None:
    """No database, no GraphQL, no host: a partner's other tests stay as quick as they were."""
    text = """
import sys

def test_what_is_loaded():
    loaded = {name for name in sys.modules if name.startswith(("core.", "api", "sqlalchemy"))}
    assert "core.plugin_host" not in loaded
    assert "core.db" not in loaded
    assert "sqlalchemy" not in sys.modules
"""
    status, told = pytest_run(tmp_path, text)
    assert status == 0, told


def test_the_product_does_not_import_pytest() -> None:
    """Neither when it serves nor for the commands about plugins."""
    program = (
        "import sys, api.cli, api.schema, core.bootstrap, core.plugin_kit;"
        "sys.exit('pytest' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, timeout=120)
    assert done.returncode == 0
