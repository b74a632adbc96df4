"""One-file plugins of a folder, and plugins that are left out by name."""

from __future__ import annotations

import pickle
import re
import shutil
from pathlib import Path

import pytest

from api.doctor.beside import check_plugins
from api.schema import NoChannels, make_schema
from api.serving.children import worker_environment
from core.config import load_settings
from core.embedded import ServiceUrls
from core.plugin_host import (
    PluginHost,
    PluginsFolderUnfit,
    PluginsRefused,
    folder_sources,
    measure_batch,
    survey,
)
from core.pricing_pool import PricingPool
from tests.plugins import pigeon

PIGEON = Path(pigeon.__file__)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one plugin, and a file that is none."""
    shutil.copy(PIGEON, tmp_path / "pigeon.py")
    (tmp_path / "_notes.py").write_text("raise RuntimeError('never loaded')")
    return tmp_path


def test_each_file_of_a_folder_is_a_plugin_of_a_third_party(folder: Path) -> None:
    """Named by its file, with its own version, beside those that are installed."""
    host = PluginHost(plugins_dir=folder)
    listing = host.plugins()[-1]
    assert (listing.name, listing.version, listing.origin) == ("pigeon", "0.3", "file")
    assert (listing.is_built_in, listing.state, listing.requires_api) == (
        False,
        "served",
        (1, 0),
    )
    assert set(host.channels) == {"email", "ott", "postal", "sms", "whatsapp", "pigeon"}
    channel = host.channels["pigeon"]
    (verdict,) = measure_batch(channel, [channel.event_class(20)])
    assert verdict.measure.quantity == 20  # type: ignore[union-attr]


def test_a_one_file_plugin_is_loaded_again_in_a_child_process(folder: Path) -> None:
    """By its path: pickled, its source is plain text."""
    (source,) = folder_sources(folder)
    assert pickle.loads(pickle.dumps(source)) == source
    host = PluginHost([], plugins_dir=folder)
    with PricingPool(host) as pool:
        answer = pool.call(
            "core.pricing_pool.measuring:measure_in_child", ("pigeon", ((20, 501),))
        )
    measured, refused = answer  # type: ignore[misc]
    assert measured[1][0] == "gram"
    assert refused[:3] == ("rejected", "EVENT_REJECTED", "a pigeon carries 1 to 500 grams")


def test_a_file_that_cannot_be_taken_is_named(folder: Path) -> None:
    """With its path, so that its author finds it."""
    (folder / "typo.py").write_text("def broken(:\n")
    with pytest.raises(PluginsRefused) as caught:
        PluginHost(plugins_dir=folder)
    assert f"plugin typo 0: {folder}/typo.py: it cannot be imported: SyntaxError" in str(
        caught.value
    )


def test_a_changed_file_is_run_again_and_an_unchanged_one_is_not(folder: Path) -> None:
    """So that two hosts of one process share the classes of its events."""
    first, second = (PluginHost([], plugins_dir=folder) for _ in range(2))
    assert first.channels["pigeon"].event_class is second.channels["pigeon"].event_class
    text = (folder / "pigeon.py").read_text().replace('"0.3"', '"0.4"')
    (folder / "pigeon.py").write_text(text)
    third = PluginHost([], plugins_dir=folder)
    assert third.plugins()[0].version == "0.4"
    assert third.channels["pigeon"].event_class is not first.channels["pigeon"].event_class


@pytest.mark.parametrize(
    ("name", "told"),
    [("Fax.py", "has no plugin's name"), ("my-fax.py", "has no plugin's name")],
)
def test_a_file_whose_name_is_no_plugins_is_refused(
    tmp_path: Path, name: str, told: str
) -> None:
    """A plugin's name stands in settings and messages."""
    (tmp_path / name).write_text("")
    with pytest.raises(PluginsFolderUnfit, match=told):
        PluginHost(plugins_dir=tmp_path)


def test_a_folder_without_a_plugin_is_refused(tmp_path: Path) -> None:
    """Such as the folder of a package, which is installed instead; `_notes.py` is no plugin."""
    (tmp_path / "_notes.py").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    told = f"plugins folder {tmp_path} holds no *.py; a package is installed with pip"
    with pytest.raises(PluginsFolderUnfit, match=re.escape(told)):
        PluginHost(plugins_dir=tmp_path)


def test_the_inside_of_a_package_is_no_folder_of_plugins(tmp_path: Path) -> None:
    """Its modules import each other, and none of them is a plugin by itself."""
    for name in ("__init__.py", "event.py", "plugin.py"):
        (tmp_path / name).write_text("")
    with pytest.raises(PluginsFolderUnfit, match="is a package; install it with pip"):
        PluginHost(plugins_dir=tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Rather than started without what it was to bring."""
    with pytest.raises(PluginsFolderUnfit, match="is no folder"):
        PluginHost(plugins_dir=tmp_path / "absent")


def test_a_disabled_plugin_is_left_out_without_touching_the_others(folder: Path) -> None:
    """It is not even loaded: a plugin that cannot be imported can be disabled too."""
    (folder / "typo.py").write_text("def broken(:\n")
    host = PluginHost(plugins_dir=folder, disabled=("typo", "sms"))
    assert set(host.channels) == {"email", "ott", "postal", "whatsapp", "pigeon"}
    assert host.disabled == ("sms", "typo")
    listings = {one.name: one for one in host.plugins()}
    assert (listings["sms"].state, listings["sms"].hooks) == ("disabled", ())
    assert listings["email"].state == "served"


def test_a_server_without_any_channel_does_not_start() -> None:
    """Told in a sentence: GraphQL has no empty input."""
    names = [one.name for one in PluginHost().plugins()]
    with pytest.raises(NoChannels, match="enable a plugin with one"):
        make_schema(PluginHost(disabled=names))


def test_a_worker_is_told_of_folder_and_disabled_plugins(folder: Path, tmp_path: Path) -> None:
    """Its processes are started with an environment: what the command was given goes on."""
    settings = load_settings(home=tmp_path, plugins_dir=folder, disabled_plugins=("sms", "ott"))
    urls = ServiceUrls(database_url="postgresql://h/d", owner_database_url=None, redis_url="")
    environment = worker_environment(settings, urls)
    assert environment["FORFAIT_PLUGINS_DIR"] == str(folder)
    assert environment["FORFAIT_DISABLED_PLUGINS"] == "sms,ott"


def test_a_survey_tells_all_three_states(folder: Path) -> None:
    """Served, disabled and failed."""
    (folder / "typo.py").write_text("def broken(:\n")
    listings = survey(plugins_dir=folder, disabled=["sms"])
    states = {one.name: one.state for one in listings}
    assert (states["email"], states["sms"], states["typo"]) == ("served", "disabled", "failed")


def test_the_doctor_warns_of_a_disabled_name_that_nobody_has(
    folder: Path, tmp_path: Path
) -> None:
    """A slip of the pen leaves a plugin in that somebody wanted out."""
    settings = load_settings(
        home=tmp_path, plugins_dir=folder, disabled_plugins=("sms", "smss")
    )
    found = {one.subject: one for one in check_plugins(settings)}
    assert (found["plugin sms"].verdict, found["plugin pigeon"].verdict) == ("note", "ok")
    assert found["plugin smss"].seen == "disabled, and not installed"
    assert found["plugin smss"].verdict == "note"


def test_settings_take_names_separated_by_commas(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As an environment has them; a folder is kept by its absolute path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORFAIT_DISABLED_PLUGINS", "sms, fax")
    monkeypatch.setenv("FORFAIT_PLUGINS_DIR", "plugins")
    settings = load_settings()
    assert settings.disabled_plugins == ("sms", "fax")
    assert settings.plugins_dir == tmp_path / "plugins"
