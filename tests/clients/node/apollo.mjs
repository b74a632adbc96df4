// Apollo Client as it comes: its cache, its pagination by Relay's rules, its error policies.

import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { relayStylePagination } from '@apollo/client/utilities';
import { filter, firstValueFrom } from 'rxjs';
import { assert, bearer, equal, finish, holds, url } from './harness.mjs';
import { SELLER, accountOnClock, ask, numbersOf, tokenOf, unique } from './seller.mjs';

let requests = 0;
const counting = (...given) => {
  requests += 1;
  return fetch(...given);
};
const client = ({ authorization = bearer(SELLER), ...options } = {}) =>
  new ApolloClient({
    link: new HttpLink({ uri: url, headers: { authorization }, fetch: counting, ...options }),
    cache: new InMemoryCache({
      // Nodes of all types have ids of their own, which are unique among the types.
      possibleTypes: { UsageEvent: ['EmailUsageEvent', 'SmsUsageEvent', 'PostalUsageEvent'] },
      typePolicies: {
        Query: { fields: { usageEvents: relayStylePagination(['where', 'orderBy']), accounts: relayStylePagination(['where', 'orderBy']), invoices: relayStylePagination(['where', 'orderBy']) } },
        Account: { fields: { invoices: relayStylePagination() } },
      },
    }),
  });

const ACCOUNT = gql`
  query Account($ref: String!) {
    account(ref: $ref) { id ref name balance { owed { amount formatted } } }
  }
`;
const USAGE = gql`
  query Usage($account: ID!, $first: Int!, $after: String) {
    usageEvents(where: { account: $account }, first: $first, after: $after) {
      edges { cursor node { id occurredAt quantity } }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`;
const CREATE = gql`
  mutation Create($input: AccountCreateInput!) {
    accountCreate(input: $input) { account { id ref name } userErrors { code message path } }
  }
`;
const UPDATE = gql`
  mutation Update($input: AccountUpdateInput!) {
    accountUpdate(input: $input) { account { id name } userErrors { code path } }
  }
`;

await holds('queries', 'a query, and the cache instead of a second one', async () => {
  const apollo = client();
  const before = requests;
  const one = await apollo.query({ query: ACCOUNT, variables: { ref: 'atelier' } });
  const two = await apollo.query({ query: ACCOUNT, variables: { ref: 'atelier' } });
  equal(one.data.account.name, 'Atelier Nord', 'name');
  equal(two.data, one.data, 'from the cache');
  equal(requests - before, 1, 'requests');
});

await holds('queries', 'queries by GET', async () => {
  const apollo = client({ useGETForQueries: true });
  const { data } = await apollo.query({ query: ACCOUNT, variables: { ref: 'atelier' } });
  equal(data.account.ref, 'atelier', 'ref');
});

await holds('lists paged', 'relayStylePagination merges the pages', async () => {
  const apollo = client();
  const variables = { account: 'atelier', first: 7 };
  const watched = apollo.watchQuery({ query: USAGE, variables });
  const reader = watched.subscribe(() => {});
  const pages = (count) =>
    firstValueFrom(watched.pipe(filter(({ data }) => data?.usageEvents?.edges.length === 7 * count)));
  let shown = await pages(1);
  for (let page = 2; page <= 5; page += 1) {
    const after = shown.data.usageEvents.pageInfo.endCursor;
    [shown] = await Promise.all([pages(page), watched.fetchMore({ variables: { after } })]);
  }
  const merged = shown.data.usageEvents.edges.map((edge) => edge.node.id);
  const whole = await ask(
    '{ usageEvents(where: { account: "atelier" }, first: 35) { edges { node { id } } } }',
  );
  equal(merged, whole.usageEvents.edges.map((edge) => edge.node.id), 'five pages of 7');
  reader.unsubscribe();
  equal(new Set(merged).size, 35, 'different events');
});

const HALF = gql`
  query Half($id: ID!) { node(id: $id) { id } viewer { label } }
`;

await holds('error policies', 'errorPolicy none: the error is thrown, with its code', async () => {
  const failure = await client().query({ query: HALF, variables: { id: 'no id' } }).then(
    () => null,
    (error) => error,
  );
  assert(CombinedGraphQLErrors.is(failure), `thrown: ${failure}`);
  equal(failure.errors[0].extensions.code, 'ID_MALFORMED', 'code');
});

await holds('error policies', 'errorPolicy all: the rest of the data beside the error', async () => {
  const { data, error } = await client().query({ query: HALF, variables: { id: 'no id' }, errorPolicy: 'all' });
  assert(data.node === null && data.viewer.label, 'the other half is missing');
  equal(error.errors[0].path, ['node'], 'path');
});

await holds('error policies', 'errorPolicy ignore: the rest of the data alone', async () => {
  const { data, error } = await client().query({ query: HALF, variables: { id: 'no id' }, errorPolicy: 'ignore' });
  assert(data.viewer.label && error === undefined, 'an error all the same');
});

await holds('error policies', 'an invalid document is an error with a code, and no data', async () => {
  const failure = await client().query({ query: gql`query Wrong { nothingOfTheKind }` }).catch((error) => error);
  assert(CombinedGraphQLErrors.is(failure), `thrown: ${failure}`);
  equal(failure.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED', 'code');
});

await holds('mutations', 'userErrors are data: nothing is thrown', async () => {
  const { data } = await client().mutate({
    mutation: CREATE,
    variables: { input: { name: 'Nobody', email: 'nowhere' } },
  });
  equal(data.accountCreate.account, null, 'account');
  equal(data.accountCreate.userErrors.map(({ code, path }) => [code, path]), [['INVALID_EMAIL', ['input', 'email']]], 'errors');
});

await holds('mutations', "a mutation's answer renews what the cache holds of the object", async () => {
  const apollo = client();
  const { ref } = await accountOnClock('apollo');
  await apollo.query({ query: ACCOUNT, variables: { ref } });
  const name = unique('Renamed');
  await apollo.mutate({ mutation: UPDATE, variables: { input: { account: ref, name } } });
  const before = requests;
  const { data } = await apollo.query({ query: ACCOUNT, variables: { ref } });
  equal([data.account.name, requests - before], [name, 0], 'name, and requests for it');
});

await holds('idempotent retries', 'the same key and arguments: the same answer, and one account', async () => {
  const apollo = client();
  const ref = unique('retried');
  const input = { name: 'Retried', ref, idempotencyKey: ref };
  const answers = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    answers.push((await apollo.mutate({ mutation: CREATE, variables: { input } })).data.accountCreate);
  }
  assert(answers[0].account.id && answers.every((each) => each.userErrors.length === 0), 'refused');
  equal(new Set(answers.map((each) => each.account.id)).size, 1, 'accounts');
});

await holds('idempotent retries', 'the same key with other arguments is refused', async () => {
  const apollo = client();
  const key = unique('reused');
  const create = async (name) =>
    (await apollo.mutate({ mutation: CREATE, variables: { input: { name, idempotencyKey: key } } })).data.accountCreate;
  await create('One');
  const again = await create('Another');
  equal([again.account, again.userErrors.map((each) => each.code)], [null, ['IDEMPOTENCY_KEY_REUSED']], 'answer');
});

// A portal: Apollo in the browser of a customer, with a token of theirs.

const HOME = gql`
  query Home {
    viewer { isOperator account { id ref name balance { owed { amount } } subscriptions(first: 5) { edges { node { id ref state } } } } }
  }
`;
const INVOICES = gql`
  query Invoices($first: Int!, $after: String) {
    invoices(first: $first, after: $after, orderBy: FIRST) {
      edges { cursor node { id number account { id } } }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`;
const MAY = gql`
  query May($account: ID!) {
    can(account: $account, checks: [{ feature: "tools.api" }, { feature: "nothing" }]) { feature allowed }
  }
`;
const CHANGE = gql`
  mutation Change($input: SubscriptionPlanChangeInput!) {
    subscriptionPlanChange(input: $input) { when dueToday { amount } subscription { id } userErrors { code } }
  }
`;
const OTHERS = gql`
  query Others($account: String!, $subscription: ID!) {
    account(ref: $account) { id }
    node(id: $subscription) { id }
    staff(first: 1) { totalCount }
  }
`;

async function customer(name) {
  const account = await accountOnClock(name);
  return { account, portal: client({ authorization: `Bearer ${await tokenOf(account.ref)}` }) };
}

await holds('what a customer does', 'their own account, subscriptions and what they may use', async () => {
  const { account, portal } = await customer('portal');
  const { viewer } = (await portal.query({ query: HOME })).data;
  equal([viewer.isOperator, viewer.account.id], [false, account.id], 'account');
  equal(viewer.account.subscriptions.edges.map((edge) => edge.node.ref), [`${account.ref}-crm`], 'subscriptions');
  const { can } = (await portal.query({ query: MAY, variables: { account: account.id } })).data;
  equal(can.map((each) => [each.feature, each.allowed]), [['tools.api', true], ['nothing', false]], 'verdicts');
});

await holds('what a customer does', 'their invoices page by page, and nobody else\'s', async () => {
  const { account, portal } = await customer('portal-invoices');
  for (let month = 0; month < 3; month += 1) await account.nextMonth();
  const watched = portal.watchQuery({ query: INVOICES, variables: { first: 2 } });
  const reader = watched.subscribe(() => {});
  const shown = (rows) => firstValueFrom(watched.pipe(filter(({ data }) => data?.invoices?.edges.length === rows)));
  const first = await shown(2);
  const after = first.data.invoices.pageInfo.endCursor;
  const [{ data }] = await Promise.all([shown(3), watched.fetchMore({ variables: { after } })]);
  reader.unsubscribe();
  equal(data.invoices.edges.map((edge) => edge.node.number), await numbersOf(account), 'numbers');
  equal([...new Set(data.invoices.edges.map((edge) => edge.node.account.id))], [account.id], 'accounts');
});

await holds('what a customer does', 'a dry run of another plan changes nothing', async () => {
  const { account, portal } = await customer('portal-change');
  const variables = { input: { subscription: account.subscription, pricePlan: 'level-3', dryRun: true } };
  const { subscriptionPlanChange: told } = (await portal.mutate({ mutation: CHANGE, variables })).data;
  equal([told.userErrors, told.when, told.dueToday.amount], [[], 'PERIOD_END', '0'], 'answer');
  await account.nextMonth();
  await account.nextMonth(); // by level 2 still: each month is checked to make one invoice
  const { account: found } = await ask('query ($ref: String!) { account(ref: $ref) { invoices(first: 9) { edges { node { net { amount } } } } } }', { ref: account.ref });
  equal(found.invoices.edges.map((edge) => edge.node.net.amount), ['500', '500'], 'invoices');
});

await holds('what a customer does', 'others and the seller\'s own are not there, and the rest is', async () => {
  const { portal } = await customer('portal-others');
  const { subscription } = await ask('{ subscription(ref: "atelier-crm360") { id } }');
  const variables = { account: 'atelier', subscription: subscription.id };
  const { data, error } = await portal.query({ query: OTHERS, variables, errorPolicy: 'all' });
  equal([data.account, data.node], [null, null], 'what is of others');
  equal(error.errors.map((each) => [each.path[0], each.extensions.code]), [['staff', 'FORBIDDEN']], 'errors');
});
finish();
