"""`forfait plugin check` and `list`: tables for people, exit codes for programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import build_app
from core.plugin_host import file_source
from core.plugin_kit import running
from core.plugin_kit.new import new_plugin
from core.plugin_kit.targets import targets_of
from tests.plugins import pigeon

PIGEON = Path(pigeon.__file__)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of the test's own, and a terminal that is wide enough."""
    monkeypatch.setenv("FORFAIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "240")
    return tmp_path / "home"


def forfait(*arguments: str) -> Result:
    """Run the command line."""
    return CliRunner().invoke(build_app(), ["plugin", *arguments])


def broken(folder: Path, *, name: str, line: str) -> Path:
    """Write the plugin `pigeon` with one more line at the start of `measure`."""
    text = PIGEON.read_text().replace(
        '        """Return the load."""\n', f'        """Return the load."""\n        {line}\n'
    )
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def test_a_one_file_plugin_is_checked_by_its_path() -> None:
    """Its unit is the highest of the period, so that two parts are no question."""
    result = forfait("check", str(PIGEON))
    assert result.exit_code == 0, result.output
    assert "pigeon: 17 passed, 0 failed" in result.output


def test_a_package_is_checked_without_being_installed(tmp_path: Path) -> None:
    """As its author has it, straight from the template."""
    folder = new_plugin("pay_phone", into=tmp_path)
    result = forfait("check", str(folder))
    assert result.exit_code == 0, result.output
    assert "pay_phone 0.1.0" in result.output


def test_the_marks_of_the_template_are_replaced_once_the_event_is_ones_own(
    tmp_path: Path,
) -> None:
    """First in the README, two of them, then in the sources of both rule sets."""
    folder = new_plugin("pay_phone", into=tmp_path)
    package = folder / "src" / "forfait_pay_phone"
    for path in package.glob("*.py"):
        path.write_text(path.read_text().replace("zone", "area"))

    def advice() -> list[str]:
        (target,) = targets_of(str(folder))
        checks = running.check_plugin(target.source, folders=target.folders)
        return [one.message for one in checks if one.outcome == "failed"]

    (told,) = advice()
    assert told.startswith(
        'write your own words into the README: "`pay_phone`: REPLACE with what'
    )
    readme = package / "README.md"
    readme.write_text(readme.read_text().replace("REPLACE with", "A minute;"))
    (told,) = advice()
    assert told.startswith(
        'say where the rules 2020-01-01 come from, not "REPLACE: the provider'
    )
    rules = package / "rules.py"
    rules.write_text(rules.read_text().replace("REPLACE: ", ""))
    assert advice() == []


def test_what_fails_is_told_with_advice_and_exit_code_1(tmp_path: Path) -> None:
    """A load of 160 grams is among the events that the suite makes."""
    path = broken(tmp_path, name="bent", line="assert event.grams != 160")
    result = forfait("check", str(path))
    assert result.exit_code == 1
    assert "answer or raise EventRejected for PigeonEvent(grams=160)" in result.output
    assert "bent: 16 passed, 1 failed" in result.output


def test_a_program_reads_each_failure_whole_and_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a pipe of 80 columns nothing is cut: a line below the table ends with the place."""
    monkeypatch.setenv("COLUMNS", "80")
    path = broken(tmp_path, name="bent", line="assert event.grams != 160")
    at = 1 + path.read_text().splitlines().index("        assert event.grams != 160")
    (told,) = [
        line
        for line in forfait("check", str(path)).output.splitlines()
        if "answer or raise EventRejected" in line
    ]
    assert told.startswith("pigeon any input is answered or rejected, soon: answer or raise")
    assert told.endswith(f"could not measure the event: AssertionError at bent.py:{at}")

    (tmp_path / "typo.py").write_text("def broken(:\n")
    listed = forfait("list", "--plugins-dir", str(tmp_path))
    assert listed.exit_code == 1
    lines = listed.output.splitlines()
    assert any(
        line.startswith(f"typo 0: {tmp_path}/typo.py: it cannot be imported: SyntaxError")
        and line.endswith("(typo.py, line 1)")
        for line in lines
    ), listed.output


def test_a_plugin_that_ends_its_process_fails_the_checks_that_it_ends(tmp_path: Path) -> None:
    """The command lives, and the checks behind it are done by another process."""
    line = "__import__('os')._exit(7) if event.grams == 160 else None"
    checks = list(running.check_plugin(file_source(broken(tmp_path, name="gone", line=line))))
    failed = {one.check for one in checks if one.outcome == "failed"}
    assert "any_input_is_answered_or_rejected" in failed
    assert checks[-1].check == "it_is_fast_enough"
    assert checks[-1].outcome == "passed"
    assert len(checks) == 24  # the plugin, and 23 checks of its one channel


def test_a_plugin_that_hangs_in_c_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no signal handler of Python's runs."""
    monkeypatch.setattr(running, "CHECK_SECONDS", 4)
    line = "event.grams == 160 and sum(range(10**12))"
    path = broken(tmp_path, name="stuck", line=line)
    checks = running.check_plugin(file_source(path))
    (first,) = [one for one in checks if one.outcome == "failed"][:1]
    assert "the process ended or gave no answer within 4 s" in first.message


def test_a_plugin_that_the_host_refuses_is_told_why(tmp_path: Path) -> None:
    """With its file; no channel of it is checked."""
    path = tmp_path / "typo.py"
    path.write_text("def broken(:\n")
    result = forfait("check", str(path))
    assert result.exit_code == 1
    assert "it cannot be imported: SyntaxError" in result.output


def test_what_is_no_plugin_is_refused_with_those_that_are() -> None:
    """A slip of the pen."""
    result = forfait("check", "smss")
    assert result.exit_code != 0
    assert "smss is neither a plugin (email, ott" in str(result.exception)


def test_a_list_shows_what_was_checked_and_what_is_left_out(tmp_path: Path) -> None:
    """The last check of an installed plugin's version; a file's is not kept."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(PIGEON, plugins)
    assert forfait("check", "email").exit_code == 0

    result = forfait("list", "--plugins-dir", str(plugins), "--disable", "sms")
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.strip()}
    assert "built in" in lines["email"]
    assert "18 passed" in lines["email"]
    assert "disabled" in lines["sms"]
    assert lines["ott"].split()[-2:] == ["built", "in"]  # the product's own tests check it
    assert "not kept" in lines["pigeon"]
    assert "channels: pigeon" in lines["pigeon"]
    assert "price models: every_second" in result.output


def test_the_check_of_a_folder_counts_for_the_plugin_installed_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked, then installed as a copy: 18 passed. After a change it is not that one."""
    folder = new_plugin("pay_phone", into=tmp_path)
    assert forfait("check", str(folder)).exit_code == 0
    site = _installed(folder, tmp_path / "site")
    monkeypatch.syspath_prepend(str(site))
    assert "18 passed" in _of_list("pay_phone")

    module = folder / "src" / "forfait_pay_phone" / "__init__.py"
    module.write_text(f"{module.read_text()}\nCHANGED = True\n")
    told = forfait("check", str(folder))
    assert "The pay_phone that is installed has other code" in told.output
    assert "18 passed" in _of_list("pay_phone")

    shutil.copy(module, site / "forfait_pay_phone")
    assert "not checked" in _of_list("pay_phone")
    assert "has other code" not in forfait("check", str(folder)).output
    assert "18 passed" in _of_list("pay_phone")


def _installed(folder: Path, site: Path) -> Path:
    """Lay a package out as pip does; return the folder to import from."""
    (point,) = targets_of(str(folder))
    shutil.copytree(folder / "src" / "forfait_pay_phone", site / "forfait_pay_phone")
    facts = site / "forfait_pay_phone-0.1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Name: forfait-pay-phone\nVersion: 0.1.0\n")
    named = f"[forfait.plugins]\n{point.source.name} = {point.source.target}\n"
    (facts / "entry_points.txt").write_text(named)
    return site


def _of_list(name: str) -> str:
    """Return the line of a plugin."""
    lines = forfait("list").output.splitlines()
    (line,) = [line for line in lines if line.split()[:1] == [name]]
    return line


def test_a_list_with_a_plugin_that_fails_ends_with_1(tmp_path: Path) -> None:
    """Nothing starts with it; the reason stands in its line."""
    (tmp_path / "typo.py").write_text("def broken(:\n")
    result = forfait("list", "--plugins-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "failed" in result.output
    assert "SyntaxError" in result.output


def test_new_makes_a_package_and_says_what_is_next(tmp_path: Path) -> None:
    """And refuses the name of a channel that is installed."""
    result = forfait("new", "rcs", "--into", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "forfait-rcs" / "pyproject.toml").exists()
    assert "forfait plugin check" in result.output
    refused = forfait("new", "sms", "--into", str(tmp_path))
    assert "a channel sms is installed already" in str(refused.exception)
