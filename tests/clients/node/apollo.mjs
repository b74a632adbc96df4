// Apollo Client as it comes: its cache, its pagination by Relay's rules, its error policies.

import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { relayStylePagination } from '@apollo/client/utilities';
import { filter, firstValueFrom } from 'rxjs';
import { assert, bearer, equal, finish, holds, url } from './harness.mjs';
import { SELLER, accountOnClock, ask, unique } from './seller.mjs';

let requests = 0;
const counting = (...given) => {
  requests += 1;
  return fetch(...given);
};
const client = (options = {}) =>
  new ApolloClient({
    link: new HttpLink({ uri: url, headers: { authorization: bearer(SELLER) }, fetch: counting, ...options }),
    cache: new InMemoryCache({
      // Nodes of all types have ids of their own, which are unique among the types.
      possibleTypes: { UsageEvent: ['EmailUsageEvent', 'SmsUsageEvent', 'PostalUsageEvent'] },
      typePolicies: {
        Query: { fields: { usageEvents: relayStylePagination(['where', 'orderBy']), accounts: relayStylePagination(['where', 'orderBy']) } },
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
finish();
