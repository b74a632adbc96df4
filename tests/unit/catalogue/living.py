"""A catalogue with every key of features, grants, trials, changes and payment."""

from __future__ import annotations

from typing import Final

LIVING: Final = """\
gauges:
  stores: {name: Stores}
features:
  mail.send: {name: Send e-mails}
  users: {name: Users, counts: members, beyond: bills, product: more-users}
  contacts: {name: Contacts, counts: contacts, beyond: holds}
  stores: {name: Stores, counts: gauge, gauge: stores}
  chat: {name: Chat, window: whatsapp}
products:
  sales:
    kind: module
    name: Sales
    grants:
      - {feature: users, amount: 1}
      - {feature: mail.send, amount: 100, renews: period}
    trial: {days: 30, grants: [{feature: mail.send, amount: 200}]}
  mails:
    kind: one_time_service
    name: E-mails
    needs: [sales]
    grants:
      - {feature: mail.send, amount: 1000, per: unit, needs_payment: true, valid_for: 12 months}
  training:
    kind: pack
    name: Training
    needs: [sales]
    fulfils: First training
  more-users: {kind: pack, name: More users}
  message:
    kind: usage_service
    name: Messages
    meters: {channel: whatsapp, unit: marketing}
rate_tables:
  provider: {name: Provider, dimension: country, rows: {AF: 0.0732, AL: 0.0860}}
price_plans:
  basic:
    name: Basic
    currency: EUR
    rule_sets: {whatsapp: 2025-07-01}
    rates:
      sales: {base: 29}
      message: {table: provider, surcharge: {percent: 20, precision: 4}}
billing_terms:
  contract:
    name: Contract
    plans: [basic]
    upgrade: reset
    downgrade: prorate
    fewer: credit
    more: next_invoice
    early_end: credit
    term: 12 months
    notice: 30 days
    no_notice_up_to: 10
    minimum_quantity: true
    payment:
      within: 14 days
      retries: [1 day, 3 days]
      reminders: [2 days, 9 days]
      suspend_after: 14 days
      end_after: 60 days
"""
