// Server-sent events: graphql-sse as a real client in distinct connections mode.

import { createClient } from 'graphql-sse';
import { assert, bearer, equal, finish, holds, restartServer, sleep, url } from './harness.mjs';
import { FINALISED, SELLER, accountOnClock, numbersOf, taker, told, unique } from './seller.mjs';

const headers = { authorization: bearer(SELLER) };
const client = (options = {}) => createClient({ url, headers, retryAttempts: 1000, ...options });
const once = async (graphql, payload) => {
  for await (const result of graphql.iterate(payload)) return result;
  throw new Error('no result');
};

await holds('operations', 'a query, and the pages of a list', async () => {
  const graphql = client();
  const query = 'query ($first: Int!, $after: String) { accounts(first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }';
  const seen = [];
  for (let after = null, more = true; more && seen.length < 12; ) {
    const { data } = await once(graphql, { query, variables: { first: 2, after } });
    seen.push(...data.accounts.edges.map((edge) => edge.node.id));
    ({ endCursor: after, hasNextPage: more } = data.accounts.pageInfo);
  }
  equal(new Set(seen).size, seen.length, 'different accounts');
  graphql.dispose();
});

await holds('operations', 'a mutation: userErrors, and the same key again', async () => {
  const graphql = client();
  const query = 'mutation ($input: AccountCreateInput!) { accountCreate(input: $input) { account { id } userErrors { code } } }';
  const create = async (input) => (await once(graphql, { query, variables: { input } })).data.accountCreate;
  equal((await create({ name: '' })).userErrors, [{ code: 'INVALID_TEXT' }], 'userErrors');
  const key = unique('sse');
  const [one, two] = [await create({ name: 'One', idempotencyKey: key }), await create({ name: 'One', idempotencyKey: key })];
  equal(one.account.id, two.account.id, 'account');
  equal((await create({ name: 'Two', idempotencyKey: key })).userErrors, [{ code: 'IDEMPOTENCY_KEY_REUSED' }], 'userErrors');
  graphql.dispose();
});

await holds('operations', 'an invalid document is an error of the operation', async () => {
  const graphql = client({ retryAttempts: 0 });
  const { errors } = await once(graphql, { query: '{ nothing }' }).catch((error) => ({ errors: [{ thrown: error }] }));
  const told = errors[0].extensions?.code ?? errors[0].thrown?.response?.status;
  assert(told === 'GRAPHQL_VALIDATION_FAILED' || told === 400, `told ${told}`);
  graphql.dispose();
});

await holds('operations', 'a stranger is turned away', async () => {
  const graphql = client({ headers: { authorization: 'Bearer nobody' }, retryAttempts: 0 });
  const failure = await once(graphql, { query: '{ viewer { label } }' }).catch((error) => error);
  equal(failure.response?.status, 401, 'status');
});

await holds('subscriptions', 'resumed by cursor: what came meanwhile comes first', async () => {
  const account = await accountOnClock('sse-away');
  const variables = { account: account.id };
  const graphql = client();
  const { numbers, take, until } = taker(variables);
  const listen = () => graphql.subscribe({ query: FINALISED, variables }, { next: take, error: told, complete: () => {} });
  let stop = listen();
  await sleep(1500);
  await account.nextMonth();
  await until(1);
  stop();
  await account.nextMonth();
  stop = listen();
  await until(2);
  await account.nextMonth();
  await until(3);
  equal(numbers, await numbersOf(account), 'numbers');
  stop();
  graphql.dispose();
});

await holds('subscriptions', 'reconnected by itself when the server was restarted', async () => {
  const account = await accountOnClock('sse-restarted');
  const variables = { account: account.id };
  let connections = 0;
  const graphql = client({ retry: () => sleep(300), onMessage: () => {}, fetchFn: (...given) => ((connections += 1), fetch(...given)) });
  const { numbers, take, until } = taker(variables);
  graphql.subscribe({ query: FINALISED, variables }, { next: take, error: told, complete: () => {} });
  await sleep(1500);
  await account.nextMonth();
  await until(1);
  await restartServer();
  await account.nextMonth();
  await until(2);
  equal(numbers, await numbersOf(account), 'numbers');
  assert(connections >= 2, `${connections} connections`);
  graphql.dispose();
}, { seconds: 120 });
finish();
