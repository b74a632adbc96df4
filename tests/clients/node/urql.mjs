// urql as it comes: its own Accept header, which names event streams too, and its own cache.

import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';
import { assert, bearer, equal, finish, holds, url } from './harness.mjs';
import { SELLER, ask, unique } from './seller.mjs';

const accepted = new Set();
const answered = new Set();
const watching = async (address, init) => {
  accepted.add(new Headers(init.headers).get('accept'));
  const response = await fetch(address, init);
  answered.add(response.headers.get('content-type'));
  return response;
};
const client = (options = {}) =>
  new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: { headers: { authorization: bearer(SELLER) } },
    fetch: watching,
    ...options,
  });

const INVOICES = gql`
  query Invoices($first: Int, $after: String, $last: Int, $before: String) {
    invoices(first: $first, after: $after, last: $last, before: $before, orderBy: FIRST) {
      edges { cursor node { id number total { amount currencyCode } } }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`;
const CREATE = gql`
  mutation Create($input: AccountCreateInput!) {
    accountCreate(input: $input) { account { id name } userErrors { code message path } }
  }
`;

for (const preferGetMethod of [false, 'within-url-limit', 'force']) {
  await holds('queries', `a query, preferGetMethod ${preferGetMethod}`, async () => {
    const { data, error } = await client({ preferGetMethod }).query(INVOICES, { first: 2 });
    assert(!error, String(error));
    equal(data.invoices.edges.length, 2, 'edges');
  });
}

await holds('negotiations', 'its Accept names event streams, and it is answered in JSON', async () => {
  assert([...accepted].every((each) => each.includes('text/event-stream')), [...accepted].join('; '));
  equal([...answered], ['application/graphql-response+json; charset=utf-8'], 'content types');
});

await holds('lists paged', 'forwards and backwards, the same invoices', async () => {
  const urql = client();
  const read = async (first) => {
    const found = [];
    for (let at = null, more = true; more && found.length < 60; ) {
      const variables = first ? { first: 3, after: at } : { last: 3, before: at };
      const { invoices } = (await urql.query(INVOICES, variables).toPromise()).data;
      const numbers = invoices.edges.map((edge) => edge.node.number);
      found.push(...(first ? numbers : numbers.reverse()));
      more = first ? invoices.pageInfo.hasNextPage : invoices.pageInfo.hasPreviousPage;
      at = first ? invoices.pageInfo.endCursor : invoices.pageInfo.startCursor;
    }
    return found;
  };
  const [forwards, backwards] = [await read(true), await read(false)];
  assert(forwards.length > 2, 'there are too few invoices to page through');
  equal(backwards.reverse(), forwards, 'invoices');
});

await holds('mutations', 'userErrors are data', async () => {
  const { data, error } = await client().mutation(CREATE, { input: { name: 'X', currency: 'XXX' } });
  assert(!error, String(error));
  equal(data.accountCreate.userErrors.map((each) => each.code), ['UNKNOWN_CURRENCY'], 'codes');
});

await holds('mutations', 'errors of the document have their code', async () => {
  const { data, error } = await client().query(gql`query Wrong { accounts(first: 0) { totalCount } }`, {});
  assert(!data?.accounts, 'a page of nothing');
  equal(error.graphQLErrors[0].extensions.code, 'PAGE_INVALID', 'code');
});

await holds('mutations', 'a stranger is told so by the status and a code', async () => {
  const { error } = await client({ fetchOptions: { headers: { authorization: 'Bearer nobody' } } }).query(INVOICES, { first: 1 });
  equal(error.response.status, 401, 'status');
});

await holds('idempotent retries', 'the same key: the same answer, or a refusal for other arguments', async () => {
  const urql = client();
  const key = unique('urql');
  const create = async (name) => (await urql.mutation(CREATE, { input: { name, idempotencyKey: key } })).data.accountCreate;
  const [first, again, other] = [await create('One'), await create('One'), await create('Other')];
  assert(first.account.id, 'not created');
  equal(again.account.id, first.account.id, 'account');
  equal(other.userErrors.map((each) => each.code), ['IDEMPOTENCY_KEY_REUSED'], 'codes');
  const { accounts } = await ask('{ accounts(where: { nameStartsWith: "Other" }, first: 1) { totalCount } }');
  equal(accounts.totalCount, 0, 'accounts of the refused name');
});
finish();
