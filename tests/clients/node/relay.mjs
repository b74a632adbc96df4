// Relay's own runtime reads every list two at a time into its store, with the documents that its
// compiler made, and must then hold what the server has, in the server's order.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import relay from 'relay-runtime';
import { bearer, equal, finish, holds, url } from './harness.mjs';

const { Environment, Network, RecordSource, Store, createOperationDescriptor, fetchQuery, getSingularSelector } = relay;
const folder = join(import.meta.dirname, '..', 'generated', 'relay');
const require = createRequire(join(folder, 'artefacts', 'index.js'));

const network = Network.create(async (request, variables) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: bearer('filled') },
    body: JSON.stringify({ query: request.text, variables }),
  });
  return response.json();
});

async function read(environment, artefact, variables) {
  const query = require(`./${artefact}.graphql`);
  await fetchQuery(environment, query, variables).toPromise();
  return createOperationDescriptor(query, variables);
}

for (const each of JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))) {
  await holds('lists read', each.name, async () => {
    const environment = new Environment({ network, store: new Store(new RecordSource()) });
    const fragment = require(`./${each.module}_list.graphql`);
    const own = { ...each.variables, ...(each.owner ? { id: each.owner } : {}) };
    const first = { ...own, first: each.page, after: null, last: null, before: null };
    const begun = await read(environment, `${each.module}Query`, first);

    const held = () => {
      const data = environment.lookup(begun.fragment).data;
      const parent = each.owner ? data.node.owner : data.owner;
      const selector = getSingularSelector(fragment, parent);
      return environment.lookup(selector).data[each.field];
    };
    for (let list = held(); list.pageInfo.hasNextPage && list.edges.length < each.expected.length; list = held()) {
      const before = list.edges.length;
      await read(environment, `${each.module}PaginationQuery`, { ...first, after: list.pageInfo.endCursor });
      if (held().edges.length === before) throw new Error('the next page added nothing');
    }
    const keys = held().edges.map((edge) => edge.node.id ?? edge.cursor);
    equal(keys.slice(0, each.expected.length), each.expected, 'rows in the store');
  });
}
finish();
