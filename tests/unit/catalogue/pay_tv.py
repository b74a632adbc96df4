"""A pay-TV seller's catalogue with an entry of every section, as YAML."""

from __future__ import annotations

PAY_TV = """
products:
  gold: {kind: termed_service, name: Gold, type: Subscription Packages}
  ppv-movies: {kind: termed_service, name: PPV Movies, type: PPV Packages}
  installation: {kind: one_time_service, name: Installation}
  antenna: {kind: physical_good, name: Antenna}
  early-end: {kind: expense, name: Ended early}
  braveheart:
    kind: usage_service
    name: Braveheart
    type: PPV
    meters: {channel: ott, unit: order}
  gladiator:
    kind: usage_service
    name: Gladiator
    type: PPV
    meters: {channel: ott, unit: order}
price_plans:
  tv:
    name: TV
    currency: EUR
    tax: inclusive
    rates: {gold: {base: 25}, ppv-movies: {base: 5}, installation: {base: 20}}
  vip:
    name: VIP
    currency: EUR
    tax: inclusive
    base: tv
    select_when: account.class == "VIP"
    apply_when: account.class == "VIP" && account.country == "CY"
    units: [nicosia]
    rates: {gold: {base: 0}}
billing_terms:
  monthly:
    name: Monthly
    plans: [tv]
    discounts: flexible
    max_unbilled_events: 1
    binding: {term: 12 months, penalty: early-end}
    resting: {times: 2, days: 60, extends_binding: true}
  prepaid: {name: Prepaid, kind: prepaid, plans: [tv], grace: 24 hours}
  jobs: {name: Jobs, kind: job, plans: [tv], bills: next_run}
segments:
  vip: {name: VIP, of: account, when: account.class == "VIP"}
  late: {name: Late, of: job, when: job.completed_or_now > job.expected_at}
udr_types:
  order:
    name: Order
    methods: {values: [TV, WEB], required: true}
    devices: {}
usage_definitions:
  ppv:
    name: Pay per view
    product_types: [PPV]
    providers: [conax]
    udr_types: [order]
    defaults:
      PPV: {base: 3, rates: [{from: "00:01", to: "06:59", price: 2}]}
usage_catalogues:
  movies:
    name: Movies
    currency: EUR
    provider: conax
    validity: [{from: 2015-01-01, until: 2027-01-01}]
    services:
      braveheart: {provisioning_id: 1AQ8}
      gladiator: {provisioning_id: 1AQ9, base: 4, orderable_from: 2015-06-01}
    termed_services: [ppv-movies]
    when: '"vip" in account.segments'
    units: [nicosia, limassol]
discounts:
  complaint:
    name: Complaint
    method: ad_hoc
    range: {of: amount, from: 5, to: 20}
    currency: EUR
    per: month
    times: 3
    times_per: year
    valid_until: 2016-01-01
    starts: 2015-01-01
    lasts: 12 months
    product_types: [Subscription Packages]
    approval: limassol
    units: [nicosia]
  year-ahead:
    name: Three months free
    method: auto
    free: 3 months
    times: 1
    when: subscription.months_in_advance == 12
  late-job:
    name: Late
    method: auto
    of: job
    amount: 20
    currency: EUR
    when: '"late" in job.segments'
  half: {name: Half, method: ad_hoc, percent: 50}
usage_rules:
  vips: {name: VIPs, place: 1, when: account.class == "VIP", max_unbilled_amount: 100}
  all: {name: Everyone, place: 2, max_unbilled_amount: 30, max_unbilled_events: 50}
buy_in_advance:
  year:
    name: A year
    durations:
      - {from: 3, to: 11}
      - {from: 1, to: 2, unit: year, types: [GOLD]}
job_types:
  install: {name: Installation, estimate: 14 days, terms: jobs}
  survey: {name: Survey, estimate: 1 day, billable: false}
"""
