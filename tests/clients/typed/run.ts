// A frontend's afternoon, in types: what is read and changed here is checked by the compiler
// against the schema, and by the server.

import * as client from '../generated/client.js';
import { assert, bearer, holds, url } from './proving.js';
import { client as connect, type Request } from './request.js';

const request: Request = connect(url, bearer);

// Every code of the enum needs its own words: a new one would not compile.
function inWords(reason: client.AccountUpdateErrorCode): string {
  switch (reason) {
    case 'INVALID_EMAIL':
      return 'e-mail';
    case 'INVALID_TEXT':
    case 'INVALID_ATTRIBUTE':
    case 'INVALID_ID':
    case 'NOT_FOUND':
      return 'input';
    case 'IDEMPOTENCY_KEY_INVALID':
    case 'IDEMPOTENCY_KEY_REUSED':
    case 'IDEMPOTENCY_KEY_IN_FLIGHT':
      return 'key';
  }
}

const mark = Date.now().toString(36);
const ref = `typed-${mark}`;
let invoiceId = '';

await holds('WhoAmI', async () => {
  const { viewer, tenant } = await request(client.WhoAmIDocument, {});
  assert(!viewer.isOperator && tenant?.slug === 'crm360', 'the key is of another tenant');
});

await holds('Accounts', async () => {
  const { accounts } = await request(client.AccountsDocument, { first: 2 });
  const names = accounts?.edges.map((edge) => edge.node.name) ?? [];
  assert(names.length === 2 && [...names].sort()[0] === names[0], `not by name: ${names.join()}`);
});

await holds('AccountPage', async () => {
  const { account } = await request(client.AccountPageDocument, { ref: 'atelier', first: 5 });
  const invoice = account?.invoices.edges[0]?.node;
  assert(invoice?.total.currencyCode === 'EUR', 'the account has no invoice');
  invoiceId = invoice.id;
  assert(account?.subscriptions?.edges[0]?.node.items[0]?.product?.code === 'profiles', 'items');
});

await holds('InvoicePage', async () => {
  const { invoice } = await request(client.InvoicePageDocument, { id: invoiceId });
  // 246.00 + 225.00 = 471.00 for modules, so 29.00 are missing to the minimum of 500.00.
  assert(invoice !== null && invoice.lines.length > 3, 'the invoice has no lines');
  const amounts: readonly string[] = invoice.lines.map((line) => line.amount.amount);
  assert(amounts.includes('29'), `no line of 29.00 among ${amounts.join()}`);
});

await holds('Products', async () => {
  const { products } = await request(client.ProductsDocument, { first: 100 });
  const kinds = new Set(products?.edges.map((edge) => edge.node.kind));
  assert(kinds.has('USAGE_SERVICE'), 'no usage service is sold');
});

await holds('AccountCreate', async () => {
  const { accountCreate } = await request(client.AccountCreateDocument, {
    input: { name: 'Typed', ref, country: 'FR', idempotencyKey: ref },
  });
  assert(accountCreate.userErrors.length === 0, accountCreate.userErrors[0]?.message ?? '');
  assert(accountCreate.account?.ref === ref, 'another account');
});

await holds('AccountUpdate', async () => {
  const { accountUpdate } = await request(client.AccountUpdateDocument, {
    input: { account: ref, email: 'nowhere' },
  });
  const reason = accountUpdate.userErrors[0]?.reason;
  assert(reason !== undefined && inWords(reason) === 'e-mail', `refused for ${reason ?? 'nothing'}`);
  assert(accountUpdate.account === null, 'refused, and an account all the same');
});

await holds('SubscriptionCreate', async () => {
  const { subscriptionCreate } = await request(client.SubscriptionCreateDocument, {
    input: {
      account: ref,
      ref: `${ref}-crm`,
      billingTerms: 'monthly',
      pricePlan: 'level-2',
      items: [{ product: 'profiles' }, { product: 'sms' }],
    },
  });
  assert(subscriptionCreate.userErrors.length === 0, subscriptionCreate.userErrors[0]?.message ?? '');
  assert(subscriptionCreate.subscription?.items.length === 2, 'not two items');
});

await holds('UsageRecord', async () => {
  const event = { sms: { to: '+33612345678', text: 'Bonjour' } };
  const input = {
    events: [{ account: ref, source: 'typed', id: mark, occurredAt: new Date().toISOString(), event }],
  };
  const first = (await request(client.UsageRecordDocument, { input })).usageRecord;
  const again = (await request(client.UsageRecordDocument, { input })).usageRecord;
  const verdicts = [first, again].map((each) => each.verdicts[0]?.verdict);
  assert(verdicts.join() === 'ACCEPTED,DUPLICATE', verdicts.join());
});

await holds('UsageOfAccount', async () => {
  const account = (await request(client.AccountPageDocument, { ref, first: 1 })).account;
  const { usageEvents } = await request(client.UsageOfAccountDocument, {
    account: account?.id ?? '',
    first: 5,
  });
  const node = usageEvents?.edges[0]?.node;
  assert(node?.__typename === 'SmsUsageEvent', 'no text message');
  assert(node.event?.to === '+33612345678' && node.quantity === '1', 'another text message');
});
