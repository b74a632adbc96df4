"""Every scenario file is played through the public schema and agrees to the cent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.graphql.plugin_schema import PluginSchema
from api.scenarios.document import Scenario, read_scenarios, scenarios_among
from api.scenarios.play import play
from core.bootstrap import Application

ROOT = Path(__file__).parents[2]
SEEDS = Path(__file__).parent / "seeds"
SCENARIOS = scenarios_among(sorted(SEEDS.glob("*.yaml")))


@pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=lambda found: f"{found.file.stem}: {found.name}"
)
async def test_the_scenario_is_billed_as_its_file_says(
    application: Application, schema: PluginSchema, scenario: Scenario
) -> None:
    """What is expected and why is in the file, with the arithmetic beside the figures."""
    result = await play(application, schema, scenario)

    assert [str(each) for each in result.differences] == []


async def test_the_example_of_the_reference_is_billed_as_it_says(
    application: Application, schema: PluginSchema, tmp_path: Path
) -> None:
    """The file in `docs/reference/scenarios.md`, with the demonstration's catalogue beside."""
    text = (ROOT / "docs/reference/scenarios.md").read_text(encoding="utf-8")
    file = tmp_path / "documented.yaml"
    file.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    shutil.copy(ROOT / "api/demo/crm360.yaml", tmp_path)

    (scenario,) = read_scenarios(file)
    result = await play(application, schema, scenario)

    assert [str(each) for each in result.differences] == []
    assert result.invoices == 1


PARKED = """
scenario: a class of tax that Denmark does not have
clock: 2026-01-01
tenant: {name: Shop, currency: DKK, timezone: Europe/Copenhagen, country: DK}
catalogue:
  products:
    seat: {kind: licence, name: Seat, tax_class: reduced}
  price_plans:
    plan: {name: Plan, currency: DKK, rates: {seat: {base: 10}}}
  billing_terms:
    monthly: {name: Monthly, plans: [plan], default_plan: plan}
steps:
  - accountCreate: {name: Ada}
    as: ada
  - subscriptionCreate: {account: $ada, billingTerms: monthly, items: [{product: seat}]}
  - at: 2026-02-01
expect:
  invoices: []
"""


async def test_a_subscription_that_cannot_be_billed_is_a_difference(
    application: Application, schema: PluginSchema, tmp_path: Path
) -> None:
    """Expecting no invoice does not hide that one could not be made."""
    file = tmp_path / "parked.yaml"
    file.write_text(PARKED, encoding="utf-8")

    (scenario,) = read_scenarios(file)
    (told,) = (await play(application, schema, scenario)).differences

    assert (told.where, told.expected) == ("parked", "nothing")
    assert told.found.startswith("ada, TAX_RATE_MISSING: ")


def test_every_worked_example_has_its_file() -> None:
    """1-10, 15-17 and 24 are of CRM.COM's guide, 13 and 14 of CRM360's page, 21 of SMS."""
    numbers = {file.stem.split("-")[0] for file in SEEDS.glob("*.yaml")}

    assert numbers >= {
        *(f"{n:02}" for n in range(1, 11)),
        "13",
        "14",
        "15",
        "16",
        "17",
        "21",
        "24",
        "25",
    }
