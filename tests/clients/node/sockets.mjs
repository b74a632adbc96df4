// GraphQL over WebSockets: graphql-ws as a real client, then frames that no client would send.

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { assert, bearer, equal, finish, holds, restartServer, sleep, socketUrl } from './harness.mjs';
import { FINALISED, SELLER, accountOnClock, numbersOf, taker, told, unique } from './seller.mjs';

const authorization = bearer(SELLER);
const client = (options = {}) =>
  createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: { authorization }, retryAttempts: 1000, ...options });

const once = async (graphql, payload) => {
  for await (const result of graphql.iterate(payload)) return result;
  throw new Error('no result');
};

await holds('operations of a client', 'a query', async () => {
  const graphql = client();
  const { data } = await once(graphql, { query: '{ tenant { slug } }' });
  equal(data.tenant.slug, SELLER, 'tenant');
  await graphql.dispose();
});

await holds('operations of a client', 'a mutation, refused and then made', async () => {
  const graphql = client();
  const query = 'mutation ($input: AccountCreateInput!) { accountCreate(input: $input) { account { ref } userErrors { code } } }';
  const refused = await once(graphql, { query, variables: { input: { name: 'X', country: 'XX' } } });
  equal(refused.data.accountCreate.userErrors, [{ code: 'UNKNOWN_COUNTRY' }], 'userErrors');
  const ref = unique('socket');
  const created = await once(graphql, { query, variables: { input: { name: 'X', ref } } });
  equal(created.data.accountCreate.account.ref, ref, 'ref');
  await graphql.dispose();
});

await holds('operations of a client', 'twenty operations side by side', async () => {
  const graphql = client();
  const results = await Promise.all(
    Array.from({ length: 20 }, () => once(graphql, { query: '{ viewer { label } }' })),
  );
  assert(results.every((each) => each.data.viewer.label), 'a result is missing');
  await graphql.dispose();
});

await holds('operations of a client', 'an invalid document ends its operation and not the socket', async () => {
  const graphql = client();
  const errors = await new Promise((done, fail) =>
    graphql.subscribe({ query: '{ nothing }' }, { next: fail, error: done, complete: fail }),
  );
  equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED', 'code');
  assert((await once(graphql, { query: '{ viewer { label } }' })).data, 'the socket is gone');
  await graphql.dispose();
});

await holds('subscriptions', 'an event for each invoice, in order', async () => {
  const account = await accountOnClock('watched');
  const variables = { account: account.id };
  const graphql = client();
  const { numbers, take, until } = taker(variables);
  const stop = graphql.subscribe({ query: FINALISED, variables }, { next: take, error: told, complete: () => {} });
  await sleep(1500);
  await account.nextMonth();
  await until(1);
  await account.nextMonth();
  await until(2);
  equal(numbers, await numbersOf(account), 'numbers');
  stop();
  await graphql.dispose();
});

await holds('subscriptions', 'resumed by cursor: what came meanwhile comes first', async () => {
  const account = await accountOnClock('away');
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
  await account.nextMonth();
  stop = listen();
  await until(3);
  await account.nextMonth();
  await until(4);
  equal(numbers, await numbersOf(account), 'numbers');
  stop();
  await graphql.dispose();
});

await holds('subscriptions', 'reconnected by itself when the server was restarted', async () => {
  const account = await accountOnClock('restarted');
  const variables = { account: account.id };
  let connections = 0;
  const graphql = client({ retryWait: () => sleep(300), shouldRetry: () => true, on: { connected: () => (connections += 1) } });
  const { numbers, take, until } = taker(variables);
  graphql.subscribe({ query: FINALISED, variables }, { next: take, error: told, complete: () => {} });
  await sleep(1500);
  await account.nextMonth();
  await until(1);
  await restartServer();
  await account.nextMonth();
  await until(2);
  await account.nextMonth();
  await until(3);
  equal(numbers, await numbersOf(account), 'numbers');
  assert(connections >= 2, `${connections} connections`);
  await graphql.dispose();
}, { seconds: 120 });

// Hostile frames: a raw socket, and the code that it is closed with.

function raw(protocols = 'graphql-transport-ws', options = {}) {
  const socket = new WebSocket(socketUrl, protocols, options);
  const frames = [];
  const wakes = [];
  const wake = () => wakes.splice(0).forEach((each) => each());
  socket.on('message', (message) => {
    frames.push(JSON.parse(message));
    wake();
  });
  const opened = new Promise((done, fail) => {
    socket.on('open', done);
    socket.on('error', fail);
  });
  const closed = new Promise((done) => socket.on('close', (code) => done(code)));
  return {
    socket,
    opened,
    closed,
    frames,
    send: (frame) => socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame)),
    async until(wanted) {
      while (!frames.some(wanted)) await new Promise((done) => wakes.push(done));
      return frames.find(wanted);
    },
  };
}

const INIT = { type: 'connection_init', payload: { authorization } };
const subscribe = (id, query = '{ viewer { label } }') => ({ id, type: 'subscribe', payload: { query } });
const STAYS = 'subscription { invoiceFinalised { id } }';

async function begun() {
  const connection = raw();
  await connection.opened;
  connection.send(INIT);
  await connection.until((each) => each.type === 'connection_ack');
  return connection;
}

async function closes(what, code, { frames = [], init = true } = {}) {
  await holds('hostile frames', what, async () => {
    const connection = init ? await begun() : raw();
    await connection.opened;
    for (const frame of frames) connection.send(frame);
    equal(await connection.closed, code, 'close code');
  });
}

const without = { init: false };
await closes('no connection_init', 4408, without);
await closes('a subscription before connection_init', 4401, { ...without, frames: [subscribe('1')] });
await closes('a key that nobody has', 4403, { ...without, frames: [{ type: 'connection_init', payload: { authorization: 'Bearer nobody' } }] });
await closes('no key at all', 4403, { ...without, frames: [{ type: 'connection_init' }] });
await closes('two connection_init', 4429, { ...without, frames: [INIT, INIT] });
await closes('connection_init once more', 4429, { frames: [INIT] });
await closes('text that is no JSON', 4400, { frames: ['{"type":'] });
await closes('an array', 4400, { frames: ['[]'] });
await closes('null', 4400, { frames: ['null'] });
await closes('a number', 4400, { frames: ['7'] });
await closes('an object without a type', 4400, { frames: ['{}'] });
await closes('an unknown type', 4400, { frames: [{ type: 'shout' }] });
await closes("the old protocol's start", 4400, { frames: [{ id: '1', type: 'start', payload: { query: '{ viewer { label } }' } }] });
await closes('a type that is no text', 4400, { frames: [{ type: ['ping'] }] });
await closes('a binary frame', 4400, { frames: [Buffer.from([1, 2, 3])] });
await closes('nested ten thousand deep', 4400, { frames: ['['.repeat(10_000) + ']'.repeat(10_000)] });
await closes('a subscription without an id', 4400, { frames: [{ type: 'subscribe', payload: { query: '{ viewer { label } }' } }] });
await closes('a subscription without a payload', 4400, { frames: [{ id: '1', type: 'subscribe' }] });
await closes('a payload that is a list', 4400, { frames: [{ id: '1', type: 'subscribe', payload: [] }] });
await closes('a query that is a number', 4400, { frames: [{ id: '1', type: 'subscribe', payload: { query: 1 } }] });
await closes('variables that are a list', 4400, { frames: [{ id: '1', type: 'subscribe', payload: { query: '{ viewer { label } }', variables: [] } }] });
await closes('an id that is in use', 4409, { frames: [subscribe('1', STAYS), subscribe('1', STAYS)] });
await closes('a frame of 300 KB', 1009, { frames: [JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(300_000) } })] });

for (const [what, protocols] of [['the old subprotocol', 'graphql-ws'], ['no subprotocol', []]]) {
  await holds('hostile frames', what, async () => {
    const connection = raw(protocols);
    await connection.opened.catch(() => {});
    // A client that insists on its own subprotocol hangs up before it hears why.
    const code = await connection.closed;
    assert(code === 4406 || (code === 1006 && protocols.length > 0), `closed with ${code}`);
    equal(connection.frames, [], 'frames');
  });
}

await holds('hostile frames', "a page of another origin", async () => {
  const connection = raw('graphql-transport-ws', { origin: 'https://elsewhere.example' });
  const failure = await connection.opened.then(() => null, (error) => error);
  assert(failure?.message.includes('403'), `answered ${failure?.message}`);
});

await holds('hostile frames', 'the twenty-first operation is refused, and the twenty go on', async () => {
  const connection = await begun();
  for (let number = 1; number <= 21; number += 1) connection.send(subscribe(`${number}`, STAYS));
  const refused = await connection.until((each) => each.type === 'error');
  equal(refused.id, '21', 'refused');
  equal(connection.frames.filter((each) => each.type === 'error').length, 1, 'errors');
  connection.send({ id: '1', type: 'complete' });
  connection.send(subscribe('again'));
  equal((await connection.until((each) => each.id === 'again' && each.type === 'next')).payload.data.viewer.label.length > 0, true, 'result');
  connection.socket.close();
});

await holds('hostile frames', 'what the protocol allows: pings, late and unknown completes', async () => {
  const connection = await begun();
  connection.send({ type: 'ping', payload: { at: 1 } });
  equal((await connection.until((each) => each.type === 'pong')).payload, { at: 1 }, 'pong');
  connection.send({ type: 'pong' });
  connection.send({ id: 'nobody', type: 'complete' });
  connection.send(subscribe('1'));
  await connection.until((each) => each.type === 'complete' && each.id === '1');
  connection.send(subscribe('1'));
  await connection.until((each) => connection.frames.filter((one) => one.type === 'complete').length === 2 && each);
  connection.socket.close();
});
finish();
