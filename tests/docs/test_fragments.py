"""Blocks that are parts of something: each is put where it belongs, and run there."""

from __future__ import annotations

import shutil
import sys
import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from api.scenarios.document import read_scenarios
from api.scenarios.play import play
from api.schema import make_schema
from core.accounts.create_account import CreateAccount, create_account
from core.bootstrap import bootstrap
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.config import load_settings
from core.db import Database
from core.embedded import DatabaseUrls, ServiceUrls
from core.kernel.clock import FixedClock
from core.own_loop import in_own_loop
from core.plugin_api import ENTRY_POINT_GROUP
from core.plugin_api.conformance import ChannelConformance
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.directory import tenant_by_slug
from tests.architecture.hook_contract import examples, sections
from tests.architecture.source_files import ROOT
from tests.docs.fences import Block, blocks_of
from tests.integration.cli.conftest import Invoke, environment, invoke

__all__ = ["environment", "invoke"]

TIERS = """scenario: what an upgrade would cost on day 11 of 30
clock: 2026-04-01
tenant: {name: Flexmail, currency: EUR, timezone: Europe/Brussels, country: BE}
catalogue: {file: flexmail.yaml}
steps:
  - accountCreate: {name: Ada, country: US}
    as: ada
  - paymentMethodAdd: {account: $ada, gateway: test, kind: CARD, token: ok, label: Card}
  - subscriptionCreate:
      {account: $ada, billingTerms: monthly, pricePlan: essential,
       items: [{product: contacts, quantity: "1000"}]}
    as: tier
  - at: 2026-04-11
"""
LEVELS = """
products:
  seats: {kind: licence, name: Seats}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates: {seats: {base: 25}, email: {base: 1.90, package: {size: 1000}}}
  level-2:
    name: Level 2
    currency: EUR
    rates: {seats: {base: 30}, email: {base: 1.50, package: {size: 1000}}}
billing_terms:
  monthly: {name: Monthly, plans: [simple], default_plan: simple}
"""


def _blocks(page: str, language: str) -> list[Block]:
    return [one for one in blocks_of(ROOT / page, named=page) if one.language == language]


def test_the_entry_point_of_the_page_is_one() -> None:
    """The group is the one that Forfait looks into, and it names one plugin."""
    (block,) = _blocks("docs/reference/hooks.md", "toml")
    points = tomllib.loads(block.text)["project"]["entry-points"]
    assert points == {ENTRY_POINT_GROUP: {"fax": "forfait_fax.plugin"}}


def test_the_catalogue_of_a_fax_is_one() -> None:
    """It sells what the page's example counts, without a fault."""
    (block,) = _blocks("docs/reference/hooks.md", "yaml")
    loaded = load_catalogue(block.text)
    assert loaded.problems == ()
    (product,) = loaded.catalogue.products
    assert product.meters is not None
    assert (product.meters.channel, product.meters.unit) == ("fax", "page")


def _documented_suite(page: str) -> type:
    """Return the test class of a page, with the channel that the page of hooks shows."""
    channel = ModuleType("documented_fax_channel")
    sys.modules[channel.__name__] = channel  # dataclasses look their module up
    (example,) = examples(sections()["register_channels"])
    exec(compile(example, "hooks.md", "exec"), channel.__dict__)
    (block,) = [one for one in _blocks(page, "text") if "class TestFax" in one.text]
    suite: dict[str, Any] = {
        "pytest": pytest,
        "ChannelConformance": ChannelConformance,
        "FaxChannel": channel.__dict__["FaxChannel"],
    }
    exec(compile(block.text, page, "exec"), suite)
    found: type = suite["TestFax"]
    return found


TestFaxOfTheHooks = _documented_suite("docs/reference/hooks.md")
TestFaxOfTheKit = _documented_suite("docs/reference/plugin-kit.md")


def test_the_documented_suites_pass() -> None:
    """They are collected above, as an author's own; here it is that they have tests."""
    for suite in (TestFaxOfTheHooks, TestFaxOfTheKit):
        assert len([name for name in dir(suite) if name.startswith("test_")]) > 15


async def test_the_examples_of_scenarios_are_played(
    database: DatabaseUrls, tmp_path: Path
) -> None:
    """The whole file as it stands; the two steps where 20.00 of a month's 30.00 are left."""
    whole, steps = _blocks("docs/reference/scenarios.md", "yaml")
    for catalogue in ("crm360.yaml", "flexmail.yaml"):
        shutil.copy(ROOT / "api/demo" / catalogue, tmp_path)
    (tmp_path / "whole.yaml").write_text(whole.text, encoding="utf-8")
    (tmp_path / "steps.yaml").write_text(
        f"{TIERS}{steps.text}expect: {{refused: []}}\n", encoding="utf-8"
    )
    scenarios = [
        one for name in ("whole", "steps") for one in read_scenarios(tmp_path / f"{name}.yaml")
    ]
    assert len(scenarios) == 2
    settings = load_settings(home=tmp_path, database_url=None)
    async with bootstrap(
        settings, ServiceUrls(database.app, database.owner, "")
    ) as application:
        for scenario in scenarios:
            result = await play(application, make_schema(application.host), scenario)
            assert [str(one) for one in result.differences] == []


def test_the_commands_of_the_page_on_simulations_run(
    invoke: Invoke, database: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they stand, but for a month that is over; the edited file is the one of the page.

    client-7 has 2 seats: 50.00, on level 2 60.00; client-9 has 4: 100.00 and 120.00.
    """
    made = invoke(
        "tenants", "create", "crm360", "--name", "CRM360", "--currency", "EUR",
        "--timezone", "UTC", "--country", "FR",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    in_own_loop(_subscribed(database))
    monkeypatch.chdir(tmp_path)
    (edited,) = _blocks("docs/simulations.md", "yaml")
    Path("edited.yaml").write_text(edited.text, encoding="utf-8")
    (commands,) = _blocks("docs/simulations.md", "sh")

    printed = []
    for line in commands.text.replace("2026-10", "2026-01").splitlines():
        assert line.startswith("forfait ")
        done = invoke(*line.split()[1:])
        assert done.exit_code == 0, done.output
        printed.append(done.output)
    assert len(printed) == 3
    assert "180.00" in printed[0]  # 60.00 + 120.00
    assert "client-7" in Path("october.csv").read_text(encoding="utf-8")
    assert "120.00" in printed[2]


async def _subscribed(urls: DatabaseUrls) -> None:
    """Two clients with seats since the first of January 2026."""
    database = Database(urls.app, role="worker")
    found = await tenant_by_slug(database, "crm360")
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    async with database.transaction(found.id, actor="test", clock=clock) as tx:
        await apply_catalogue(tx, load_catalogue(LEVELS))
        for ref, seats in (("client-7", 2), ("client-9", 4)):
            account = await create_account(tx, CreateAccount(name=ref, ref=ref))
            items = [NewItem("seats", Decimal(seats)), NewItem("email", Decimal(1))]
            command = Subscribe(
                account=account.id, billing_terms="monthly", price_plan="simple", items=items
            )
            await subscribe(tx, command)
    await database.close()
