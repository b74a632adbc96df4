"""What the filled seller sells and is called: enough of everything for pages of every list."""

from __future__ import annotations

from typing import Final

SLUG: Final = "filled"
PLAYED: Final = "crm360"
"""The seller of the demonstration that is played beside it."""
SOME: Final = 9
"""So many of each: more than one page of 7, and no multiple of 2."""
ACCOUNT: Final = "everything"
RICHEST: Final = {
    "Account": [ACCOUNT],
    "Subscription": ["rich", "films", "wallet", "training-0"],
}
"""What to look at first: the objects that nearly all lists hang on."""
OTHERS: Final = ("Parked", *(f"Customer {number}" for number in range(SOME)))
"""Names of accounts whose customers the customers of `ACCOUNT` must not hear of."""
START: Final = "2026-01-01T00:00:00+01:00"
NEXT_MONTH: Final = "2026-02-01T12:00:00+01:00"


def _entries(text: str) -> str:
    """Return an entry of the catalogue nine times; `@` is its number."""
    return "\n".join("  " + text.replace("@", str(number)) for number in range(SOME))


CATALOGUE: Final = f"""
products:
  sales: {{kind: module, name: Sales}}
  training:
    {{kind: one_time_service, name: Training, needs: [sales], fulfils: First training}}
  seats: {{kind: licence, name: Seats, unit_label: seat}}
  gold: {{kind: termed_service, name: Gold, type: Packages}}
  channel: {{kind: termed_service, name: Channel of films}}
  book: {{kind: termed_service, name: Book of the month, tax_class: reduced}}
  repairs: {{kind: one_time_service, name: Repairs, unit_label: hour}}
  film: {{kind: usage_service, name: Film, type: Films, meters: {{channel: ott, unit: order}}}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      sales: {{base: 29}}
      training: {{base: 150}}
      seats: {{base: 25}}
      gold: {{base: 100}}
      channel: {{base: 10}}
      book: {{base: 12}}
      repairs: {{base: 20, driver: duration}}
{_entries("other-@: {name: Another @, currency: EUR, rates: {gold: {base: 1@}}}")}
billing_terms:
  monthly: {{name: Monthly, plans: [simple], discounts: flexible, fixed_charges: advance}}
  arrears: {{name: In arrears, plans: [simple], discounts: flexible}}
  prepaid: {{name: Prepaid, kind: prepaid, plans: [simple]}}
  jobs: {{name: Jobs, kind: job, plans: [simple], default_plan: simple, discounts: flexible}}
{_entries("terms-@: {name: Terms @, plans: [simple]}")}
gauges:
{_entries("gauge-@: {name: Gauge @}")}
features:
{_entries("feature-@: {name: Feature @}")}
segments:
{_entries("segment-@: {name: Segment @, of: subscription, when: has(account.class)}")}
udr_types:
{_entries("udr-@: {name: Records @, methods: {values: [tv, web]}}")}
usage_definitions:
  films: &films
    {{name: Films, state: active, product_types: [Films], providers: [Nagra Media Live],
    udr_types: [udr-0], defaults: {{Films: {{base: 3}}}}}}
{_entries("definition-@: {<<: *films, name: Definition @, state: inactive}")}
usage_catalogues:
  films: &films-of-now
    {{name: Films, currency: EUR, definition: films, provider: Nagra Media Live,
    termed_services: [channel], services: {{film: {{base: 3, provisioning_id: F1}}}}}}
{_entries("films-@: {<<: *films-of-now, name: Films @, state: not_effective}")}
usage_rules:
{_entries("rule-@: {name: Rule @, place: 1@, max_unbilled_events: 10}")}
buy_in_advance:
  usual: &usual {{name: Usual, state: active, durations: [{{from: 2, to: 36, types: [GOLD]}}]}}
{_entries("advance-@: {<<: *usual, name: Advance @, state: inactive}")}
job_types:
  repair: {{name: Repair, estimate: 2 days, terms: jobs}}
{_entries("job-@: {name: Job @, estimate: 1 day, billable: false}")}
rate_tables:
{_entries("table-@: {name: Table @, dimension: country, rows: {FR: 0.0@1}}")}
discounts:
  discount: &off
    {{name: Discount, method: ad_hoc, of: subscription, percent: 1, products: [gold]}}
{_entries("discount-@: {<<: *off, name: Discount @}")}
{_entries("of-a-job-@: {<<: *off, name: Off a job @, of: job, products: [repairs]}")}
"""
