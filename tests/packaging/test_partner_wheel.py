"""A partner's channel from its wheel beside the product's: sold, billed, poisoned and healed.

Both come from built wheels alone, in a fresh environment; the product is driven as its users
drive it, by its commands and over HTTP, on its embedded servers in a home of its own.
"""

from __future__ import annotations

import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source_files import committed_files, relative
from tests.packaging.installed import ROOT, Environment, Product, build_wheel, run

PARTNER = ROOT / "examples/forfait-voice"
CATALOGUE = """
products:
  calls: {kind: usage_service, name: Calls, meters: {channel: voice, unit: second}}
rate_tables:
  call-zones:
    name: Calls by zone
    dimension: zone
    rows: {FR: 0.0005, FR-MOBILE: 0.0010, EU: 0.0020}
    default: 0.0100
price_plans:
  by-the-second: {name: By the second, currency: EUR, rates: {calls: {table: call-zones}}}
  capped:
    name: Capped
    currency: EUR
    rates: {calls: {model: voice_capped, base: 0.001, options: {most: "5"}}}
billing_terms:
  monthly: {name: Monthly, plans: [by-the-second, capped], default_plan: by-the-second}
"""
LINES = "lines { description dimension quantity unit amount { amount } explanation }"
INVOICES = f"""query ($ref: String!) {{ account(ref: $ref) {{ invoices {{ edges {{ node {{
  net {{ amount }} tax {{ amount }} total {{ amount }} {LINES} }} }} }} }} }}"""
PARKED = """{ parkedSubscriptions { edges { node {
  code plugin reason account { ref } } } } }"""
POISON = "        amount, most = 1 / 0, _most(rate)  # the poison\n"
SOUND = "        amount, most = quantity * rate.base, _most(rate)\n"
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The product's wheel, and three versions of the partner's: sound, poisoned, mended."""
    folder = tmp_path_factory.mktemp("wheels")
    return {
        "forfait": build_wheel(ROOT, folder),
        "1.0.0": build_wheel(PARTNER, folder),
        "1.1.0": build_wheel(_version(folder / "poisoned", "1.1.0", poison=True), folder),
        "1.1.1": build_wheel(_version(folder / "mended", "1.1.1"), folder),
    }


def _version(folder: Path, version: str, *, poison: bool = False) -> Path:
    """Copy the partner's package, with another version and perhaps a fault."""
    shutil.copytree(PARTNER, folder)
    project = folder / "pyproject.toml"
    text = project.read_text("utf-8")
    assert text.count('version = "1.0.0"') == 1
    project.write_text(text.replace('version = "1.0.0"', f'version = "{version}"'), "utf-8")
    if poison:
        model = folder / "src/forfait_voice/capped.py"
        assert model.read_text("utf-8").count(SOUND) == 1
        model.write_text(model.read_text("utf-8").replace(SOUND, POISON), "utf-8")
    return folder


@pytest.fixture(scope="module")
def environment(
    wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """A fresh environment with the product and the partner's first version."""
    made = Environment.made(tmp_path_factory.mktemp("environment") / "venv")
    made.install(wheels["forfait"], wheels["1.0.0"])
    return made


@pytest.fixture
def product(environment: Environment, tmp_path: Path) -> Iterator[Product]:
    """The installed product, stopped at the end whatever happened."""
    home = tmp_path / "home"
    home.mkdir()
    made = Product(environment, home)
    yield made
    made.stop()


@pytest.mark.slow
def test_both_come_from_their_wheels_alone(environment: Environment) -> None:
    """Neither this checkout nor its editable installation is on the way."""
    found = environment.says(
        "import json, api, core, plugins, workers, forfait_voice, core.migrations as m;"
        "from importlib.metadata import distribution as d;"
        "print(json.dumps([[p.__file__ for p in (api, core, plugins, workers, forfait_voice)],"
        "str(m._folder()), str(d('forfait').locate_file('')), d('forfait-voice').version]))"
    )
    files, migrations, forfait, version = found
    own = str(environment.packages)
    assert [one for one in [*files, migrations, forfait] if not one.startswith(own)] == []
    assert version == "1.0.0"


@pytest.mark.slow
def test_the_products_wheel_carries_every_file_of_its_packages(wheels: dict[str, Path]) -> None:
    """Catalogues, templates, pages and READMEs too, and the migrations at their place."""
    with zipfile.ZipFile(wheels["forfait"]) as archive:
        carried = set(archive.namelist())
    committed = [relative(path) for path in committed_files()]
    bundled = {
        re.sub("^alembic/", "core/migrations_bundle/alembic/", name)
        for name in committed
        if name.startswith(("api/", "core/", "plugins/", "workers/", "alembic/"))
    }
    assert sorted(bundled - carried) == []
    assert len([name for name in bundled if not name.endswith(".py")]) > 10


@pytest.mark.slow
def test_the_partners_own_tests_pass_beside_the_products_wheel(
    environment: Environment, tmp_path: Path
) -> None:
    """The conformance suite comes with the product; nothing else of the checkout is near."""
    shutil.copytree(PARTNER / "tests", tmp_path / "tests")
    program = [
        environment.python,
        "-P",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests",
    ]
    said = run(program, tmp_path)
    assert re.search(r"[1-9][0-9] passed", said), said


@pytest.mark.slow
def test_a_partners_channel_is_sold_billed_poisoned_and_healed(
    product: Product, wheels: dict[str, Path]
) -> None:
    """The whole story; ada pays by the second and zone, bob by the partner's capped model."""
    _sell(product)
    _february_is_billed_to_the_cent(product)
    _february_is_simulated(product)
    _restarted_with(product, wheels["1.1.0"])
    _march_parks_what_the_poison_touches(product)
    _restarted_with(product, wheels["1.1.1"])
    _the_mended_version_bills_what_was_parked(product)


def _sell(product: Product) -> None:
    """Set up a seller with two customers who live by test clocks, from 1 February 2026."""
    product.key = product.command(
        "tenants", "create", "acme", "--name", "Acme", "--currency", "EUR",
        "--timezone", "UTC", "--country", "FR",
    ).split()[-1]  # fmt: skip
    checked = product.command("plugin", "check", "voice")
    assert re.search(r"voice: [1-9][0-9] passed, 0 failed", checked), checked
    schema = product.command("schema")
    assert "input VoiceEventInput {" in schema
    assert re.search(r"  seconds: Int!\n", schema)
    product.start()
    product.change("catalogueApply", "diff", yaml=CATALOGUE)
    for ref, plan in (("ada", "by-the-second"), ("bob", "capped")):
        product.change(
            "accountCreate", "__typename", name=ref, ref=ref, testClock="2026-02-01T00:00:00Z"
        )
        product.change(
            "subscriptionCreate", "__typename", account=ref, billingTerms="monthly",
            pricePlan=plan, items=[{"product": "calls"}], ref=f"{ref}-s",
        )  # fmt: skip


def _called(product: Product, account: str, month: int, *calls: tuple[str, int]) -> list[str]:
    """Report calls of the third of a month on the fourth; return what became of each."""
    to = f"2026-{month:02}-04T00:00:00Z"
    product.change("accountClockAdvance", "__typename", account=account, to=to)
    at = f"2026-{month:02}-03T10:00:00Z"
    events = [
        {
            "account": account, "source": "switch", "id": f"{account}-{month}-{number}",
            "occurredAt": at,
            "event": {"voice": {"to": to, "seconds": seconds, "answeredAt": at}},
        }
        for number, (to, seconds) in enumerate(calls)
    ]  # fmt: skip
    query = """mutation ($events: [UsageReportInput!]!) { usageRecord(input: {events: $events})
      { verdicts { verdict reason isFree } userErrors { code message } } }"""
    payload = product.ask(query, events=events)["usageRecord"]
    assert payload["userErrors"] == []
    return [
        "FREE" if one["isFree"] else one["reason"] or one["verdict"]
        for one in payload["verdicts"]
    ]


def _moved(product: Product, to: str) -> None:
    for ref in ("ada", "bob"):
        product.change("accountClockAdvance", "__typename", account=ref, to=to)


def _invoices(product: Product, ref: str) -> list[dict[str, Any]]:
    """Return an account's invoices, the earliest first."""
    edges = product.ask(INVOICES, ref=ref)["account"]["invoices"]["edges"]
    return [edge["node"] for edge in reversed(edges)]


def _amounts(product: Product, ref: str) -> list[tuple[str, str, str]]:
    return [
        (one["net"]["amount"], one["tax"]["amount"], one["total"]["amount"])
        for one in _invoices(product, ref)
    ]


def _february_is_billed_to_the_cent(product: Product) -> None:
    """Ada: 100 x 0.001 + 600 x 0.0005 + 30 x 0.002 = 0.46, tax 0.09. Bob: 6000 s, 5.00 + 1.00.

    The rules of February count the 10 seconds to Germany as 30; nobody answered the last call.
    """
    calls = ("+33612345678", 100), ("+33142345678", 600), ("+4930123456", 10)
    outcomes = _called(product, "ada", 2, *calls, ("+4930123456", 0), ("0142345678", 5))
    assert outcomes == ["ACCEPTED", "ACCEPTED", "ACCEPTED", "FREE", "INVALID_VALUE"]
    assert _called(product, "bob", 2, ("+33612345678", 6000)) == ["ACCEPTED"]
    stored = """{ usageEvents(where: {account: "bob"}) { edges { node { channel quantity
      ... on VoiceUsageEvent { event { to seconds } } } } } }"""
    (edge,) = product.ask(stored)["usageEvents"]["edges"]
    assert edge["node"]["event"] == {"to": "+336", "seconds": 6000}  # no number is kept

    _moved(product, "2026-03-01T00:00:00Z")
    assert _amounts(product, "ada") == [("0.46", "0.09", "0.55")]
    assert _amounts(product, "bob") == [("5", "1", "6")]
    lines = {
        line["dimension"]: (line["quantity"], line["unit"], line["amount"]["amount"])
        for line in _invoices(product, "ada")[0]["lines"]
    }
    assert lines == {
        "EU": ("30", "second", "0.06"),
        "FR": ("600", "second", "0.3"),
        "FR-MOBILE": ("100", "second", "0.1"),
    }
    (line,) = _invoices(product, "bob")[0]["lines"]
    assert "no more than the cap" in line["explanation"]


def _february_is_simulated(product: Product) -> None:
    """Under the capped plan ada's 730 seconds cost 0.73 + 0.15 instead of 0.46 + 0.09."""
    payload = product.change(
        "simulationStart", "simulation { id }", month="2026-02-01", accounts=["ada"],
        alternative={"pricePlan": "capped"},
    )  # fmt: skip
    key = payload["simulation"]["id"]
    query = """query ($id: ID!) { simulation(id: $id) { state failed { subscriptions }
      totals { before { amount } after { amount } afterWithTax { amount } } } }"""

    def done() -> dict[str, Any] | None:
        found: dict[str, Any] = product.ask(query, id=key)["simulation"]
        return found if found["state"] == "DONE" else None

    simulated = _awaited(done)
    (total,) = simulated["totals"]
    assert simulated["failed"]["subscriptions"] == 0
    assert (total["before"]["amount"], total["after"]["amount"]) == ("0.46", "0.73")
    assert total["afterWithTax"]["amount"] == "0.88"
    assert _amounts(product, "ada") == [("0.46", "0.09", "0.55")]


def _restarted_with(product: Product, wheel: Path) -> None:
    """Upgrade the partner's package as an operator does: stop, install, start."""
    product.stop()
    product.environment.install(wheel)
    product.start()


def _march_parks_what_the_poison_touches(product: Product) -> None:
    """Version 1.1.0 divides by zero when it prices: bob waits, ada is billed 0.10 + 0.02."""
    _called(product, "ada", 3, ("+33612345678", 100))
    _called(product, "bob", 3, ("+33612345678", 4000))
    _moved(product, "2026-04-01T00:00:00Z")

    assert _amounts(product, "ada")[-1] == ("0.1", "0.02", "0.12")
    assert len(_invoices(product, "bob")) == 1
    (edge,) = product.ask(PARKED)["parkedSubscriptions"]["edges"]
    assert edge["node"] == {
        "code": "PLUGIN_FAILED",
        "plugin": "voice 1.1.0",
        "reason": "plugin voice 1.1.0 could not price: ZeroDivisionError: division by zero"
        " at capped.py:35",
        "account": {"ref": "bob"},
    }


def _the_mended_version_bills_what_was_parked(product: Product) -> None:
    """4000 x 0.001 = 4.00 + 0.80, once; ada's invoices stay as they were."""
    before = _amounts(product, "ada")
    product.change("parkedRetry", "__typename", subscription="bob-s")

    def billed() -> list[tuple[str, str, str]] | None:
        found = _amounts(product, "bob")
        return found if len(found) > 1 else None

    assert _awaited(billed) == [("5", "1", "6"), ("4", "0.8", "4.8")]
    assert product.ask(PARKED)["parkedSubscriptions"]["edges"] == []
    assert _amounts(product, "ada") == before


def _awaited(look: Callable[[], Any]) -> Any:
    """Look again until there is something, for a minute at most: a worker does it."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        found = look()
        if found is not None:
            return found
        time.sleep(0.2)
    raise AssertionError("the worker did not do it in time")
