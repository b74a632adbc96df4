"""A pay-TV seller that lets Gold subscribers buy in advance, and binds and rests others."""

CATALOGUE = """
products:
  gold: {kind: termed_service, name: Gold}
  sports: {kind: termed_service, name: Sports}
  decoder: {kind: physical_good, name: Decoder}
  leaving: {kind: expense, name: Leaving early}
  unrated: {kind: expense, name: Unrated}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  simple:
    name: Simple
    currency: EUR
    rates:
      gold: {base: 25}
      sports: {base: 31}
      decoder: {base: 50}
      leaving: {base: 60}
      email: {base: 1, package: {size: 1000}}
billing_terms:
  monthly:
    name: Monthly
    plans: [simple]
    resting: {times: 2, days: 30, extends_binding: true}
  advance: {name: In advance, fixed_charges: advance, plans: [simple], resting: {}}
  anniversary:
    {name: From the day of the start, anchor: anniversary, fixed_charges: advance,
    plans: [simple]}
  later: {name: From the day of the start, anchor: anniversary, plans: [simple]}
  yearly: {name: Yearly, frequency: year, usage_frequency: month, plans: [simple]}
  bound:
    name: Bound
    plans: [simple]
    fixed_charges: advance
    binding: {term: 12 months, penalty: leaving}
    resting: {}
  extending:
    name: Rests extend the binding
    plans: [simple]
    fixed_charges: advance
    resting: {extends_binding: true}
  prepaid: {name: Prepaid, kind: prepaid, plans: [simple]}
buy_in_advance:
  year:
    name: A year
    durations:
      - {from: 12, to: 12, types: [GOLD]}
      - {from: 2, to: 36, types: [FREE]}
      - {from: 10, to: 800, unit: day, types: [FREE]}
"""
