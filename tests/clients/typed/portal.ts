// A portal of the seller's own: its customers sign in there, and it acts with a token of theirs.

import * as client from '../generated/client.js';
import { assert, bearer, holds, url } from './proving.js';
import { client as connect, type Request } from './request.js';

const seller: Request = connect(url, bearer);
let customer: Request = seller;
let accountId = '';
let subscription = '';

await holds('CustomerTokenIssue', async () => {
  const { customerTokenIssue } = await request();
  assert(customerTokenIssue.userErrors.length === 0, customerTokenIssue.userErrors[0]?.message ?? '');
  const { text, token } = customerTokenIssue;
  assert(typeof text === 'string' && text.startsWith('ffc_'), 'no token');
  assert(token?.scopes.includes('invoice.read') === true, 'it may not read invoices');
  customer = connect(url, `Bearer ${text}`);
});

function request(): Promise<client.CustomerTokenIssueMutation> {
  return seller(client.CustomerTokenIssueDocument, { input: { account: 'atelier', expiresInSeconds: 600 } });
}

await holds('PortalHome', async () => {
  const { viewer } = await customer(client.PortalHomeDocument, {});
  assert(!viewer.isOperator && viewer.account?.ref === 'atelier', 'somebody else');
  accountId = viewer.account.id;
});

await holds('PortalSubscriptions', async () => {
  const { subscriptions } = await customer(client.PortalSubscriptionsDocument, {});
  const rows = subscriptions?.edges.map((edge) => edge.node) ?? [];
  assert(rows.map((row) => row.ref).join() === 'atelier-crm360', 'other subscriptions');
  subscription = rows[0]?.id ?? '';
});

await holds('PortalInvoices', async () => {
  const { invoices } = await customer(client.PortalInvoicesDocument, { first: 50 });
  const owners = new Set(invoices?.edges.map((edge) => edge.node.account?.id));
  assert(owners.size === 1 && owners.has(accountId), `invoices of ${[...owners].join()}`);
});

await holds('MayThey', async () => {
  const checks = [{ feature: 'tools.api' }];
  const { can } = await customer(client.MayTheyDocument, { account: accountId, checks });
  assert(can?.[0]?.allowed === true, can?.[0]?.message ?? 'no verdict');
});

await holds('PortalPlanChange', async () => {
  const { subscriptionPlanChange } = await customer(client.PortalPlanChangeDocument, {
    input: { subscription, pricePlan: 'level-3', dryRun: true },
  });
  assert(subscriptionPlanChange.userErrors.length === 0, subscriptionPlanChange.userErrors[0]?.message ?? '');
  // In arrears and from the next month on: nothing is due today.
  assert(subscriptionPlanChange.when === 'PERIOD_END', String(subscriptionPlanChange.when));
  assert(subscriptionPlanChange.dueToday?.amount === '0', String(subscriptionPlanChange.dueToday?.amount));
});

await holds('PortalOfAnother', async () => {
  const { account } = await customer(client.PortalOfAnotherDocument, { ref: 'lumiere' });
  assert(account === null, `another account: ${account?.name ?? ''}`);
});
