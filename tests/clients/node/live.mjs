// Subscriptions as Apollo and urql do them: over sockets by graphql-ws, urql by event streams too;
// the server is restarted under both.

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import { OperationTypeNode, print } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { assert, bearer, equal, finish, holds, restartServer, sleep, socketUrl, url } from './harness.mjs';
import { FINALISED, SELLER, accountOnClock, numbersOf, taker, told } from './seller.mjs';

const authorization = bearer(SELLER);
const sockets = () =>
  createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 1000,
    retryWait: () => sleep(300),
    shouldRetry: () => true,
  });
const headers = { authorization };
const DOCUMENT = gql(FINALISED);

function apollo() {
  const http = new HttpLink({ uri: url, headers });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(sockets()),
    http,
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return (variables, take) => {
    const listening = client.subscribe({ query: DOCUMENT, variables }).subscribe({ next: take, error: told });
    return () => listening.unsubscribe();
  };
}

function urqlBySockets() {
  const socket = sockets();
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query || '' }, sink) }),
  });
  const client = new Client({
    url,
    exchanges: [cacheExchange, fetchExchange, subscriptionExchange({ forwardSubscription })],
    fetchOptions: { headers },
  });
  return (variables, take) => listen(client, variables, take);
}

function urqlByEvents() {
  const client = new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: { headers },
    fetchSubscriptions: true,
  });
  return (variables, take) => listen(client, variables, take, { again: true });
}

// urql's own event streams do not connect again; who listens does, behind the last event.
function listen(client, variables, take, { again = false } = {}) {
  let current;
  let stopped = false;
  const hear = ({ data, error, hasNext }) => {
    if (stopped) return;
    if (again && (error?.networkError || !hasNext)) {
      current?.unsubscribe();
      setTimeout(() => stopped || begin(), 300);
    } else if (error) told(error);
    else if (data) take({ data });
  };
  const begin = () => {
    current = client.subscription(print(DOCUMENT), { ...variables }).subscribe(hear);
  };
  begin();
  return () => {
    stopped = true;
    current.unsubscribe();
  };
}

for (const [name, make] of [['Apollo', apollo], ['urql by sockets', urqlBySockets], ['urql by events', urqlByEvents]]) {
  await holds('subscribing clients', `${name}: events, and those of its absence by cursor`, async () => {
    const account = await accountOnClock('live');
    const variables = { account: account.id };
    const { numbers, take, until } = taker(variables);
    const subscribe = make();
    let stop = subscribe(variables, take);
    await sleep(1500);
    await account.nextMonth();
    await until(1);
    stop();
    await account.nextMonth();
    stop = subscribe(variables, take);
    await until(2);
    await account.nextMonth();
    await until(3);
    equal(numbers, await numbersOf(account), 'numbers');
    stop();
  });
}

await holds('restarted clients', 'Apollo and urql, by sockets and by events, miss nothing of a restart', async () => {
  const account = await accountOnClock('both');
  const readers = [apollo(), urqlBySockets(), urqlByEvents()].map((subscribe) => {
    const reader = taker({ account: account.id });
    subscribe({ account: account.id }, reader.take);
    return reader;
  });
  await sleep(1500);
  await account.nextMonth();
  for (const reader of readers) await reader.until(1);
  await restartServer();
  await sleep(3000); // all have connected again
  await account.nextMonth();
  for (const reader of readers) await reader.until(2);
  const expected = await numbersOf(account);
  for (const reader of readers) equal(reader.numbers, expected, 'numbers');
}, { seconds: 120 });
finish();
