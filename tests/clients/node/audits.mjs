// GraphQL over HTTP: every audit of graphql-http, where a SHOULD counts like a MUST.

import { serverAudits } from 'graphql-http';
import { bearer, finish, holds, url } from './harness.mjs';

// "Test profile": introspection and `__typename` are for callers with a key.
const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, authorization: bearer('crm360') } });

for (const audit of serverAudits({ url, fetchFn })) {
  await holds('audits', `${audit.id} ${audit.name}`, async () => {
    const { status, reason } = await audit.fn();
    if (status !== 'ok') throw new Error(`${status}: ${reason}`);
  });
}
finish();
