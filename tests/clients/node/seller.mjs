// What the checks of clients do beside the client under test: by plain requests, and with
// accounts on test clocks, so that an invoice is made whenever a check wants one.

import { assert, keys, sleep, url, wrong } from './harness.mjs';

export const SELLER = 'crm360';
const ATTEMPTS = 5;

export async function ask(query, variables = {}, { seller = SELLER } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${keys[seller]}` },
      body: JSON.stringify({ query, variables }),
    });
    const answer = await response.json();
    // Nothing has changed then, and the answer says when to come again.
    const { code, retryAfterSeconds } = answer.errors?.[0]?.extensions ?? {};
    if (code === 'UNAVAILABLE' && attempt < ATTEMPTS) {
      await sleep(retryAfterSeconds * 1000);
      continue;
    }
    assert(!answer.errors, `${JSON.stringify(answer.errors)?.slice(0, 400)}`);
    return answer.data;
  }
}

async function change(mutation, input, selection = '') {
  const kind = `${mutation[0].toUpperCase()}${mutation.slice(1)}Input`;
  const data = await ask(
    `mutation ($input: ${kind}!) { it: ${mutation}(input: $input) { ${selection} userErrors { code message } } }`,
    { input },
  );
  assert(data.it.userErrors.length === 0, JSON.stringify(data.it.userErrors));
  return data.it;
}

// A token of a customer, as the seller's portal would have it.
export async function tokenOf(account) {
  return (await change('customerTokenIssue', { account }, 'text')).text;
}

let made = 0;

export const unique = (what) => `${what}-${process.pid}-${Date.now().toString(36)}-${made++}`;

// An account whose months pass when it is told so; each makes one invoice of 500.00, level 2's
// minimum.
export async function accountOnClock(name) {
  const ref = unique(name);
  const account = await change(
    'accountCreate',
    { name, ref, country: 'FR', testClock: '2026-01-01T00:00:00+01:00' },
    'account { id }',
  );
  const items = [{ product: 'profiles' }];
  const subscription = await change(
    'subscriptionCreate',
    { account: ref, ref: `${ref}-crm`, billingTerms: 'monthly', pricePlan: 'level-2', items },
    'subscription { id }',
  );
  let month = 0;
  return {
    id: account.account.id,
    ref,
    subscription: subscription.subscription.id,
    async nextMonth() {
      month += 1;
      const at = new Date(Date.UTC(2026, month, 1, 12)).toISOString();
      const told = await change('accountClockAdvance', { account: ref, to: at }, 'invoiceCount');
      assert(told.invoiceCount === 1, `${told.invoiceCount} invoices in a month`);
    },
    async invoices() {
      const data = await ask('query ($ref: String!) { account(ref: $ref) { invoices(first: 100) { edges { node { id number } } } } }', { ref });
      return data.account.invoices.edges.map((edge) => edge.node).reverse();
    },
  };
}

export const FINALISED = `subscription Finalised($account: ID, $after: String) {
  invoiceFinalised(account: $account, after: $after) { id cursor occurredAt invoice { id number } }
}`;

// Takes the events of one subscription: doubles are dropped by the event's id, and the cursor of
// the last one is put into the variables, which clients send again when they reconnect.
export function taker(variables) {
  const seen = new Set();
  const numbers = [];
  const waiting = [];
  return {
    numbers,
    take({ data, errors }) {
      assert(!errors?.length, JSON.stringify(errors));
      const event = data.invoiceFinalised;
      variables.after = event.cursor;
      if (seen.has(event.id)) return;
      seen.add(event.id);
      numbers.push(event.invoice.number);
      waiting.splice(0).forEach((wake) => wake());
    },
    async until(count) {
      while (numbers.length < count) await new Promise((wake) => waiting.push(wake));
    },
  };
}

export const numbersOf = async (account) => (await account.invoices()).map((invoice) => invoice.number);

// An error of a subscription is a finding, whatever becomes of the check.
export const told = (error) => wrong(`a subscription ended: ${JSON.stringify(error)} ${error?.message ?? ''}`);
