// What the checks share: where the product is, and how a check tells what it found.
//
// The runner sets FORFAIT_URL, FORFAIT_KEYS (by seller) and FORFAIT_ROOT, reads lines of JSON
// from the standard output, and answers {"ask": "restart"} when the server is up again.

import { createInterface } from 'node:readline';

export const url = process.env.FORFAIT_URL;
export const socketUrl = url.replace(/^http/, 'ws');
export const keys = JSON.parse(process.env.FORFAIT_KEYS);
export const bearer = (seller) => `Bearer ${keys[seller]}`;

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const heard = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const wrong = (message) => say({ wrong: message });
export const count = (what, number = 1) => say({ count: what, number });

export function assert(holds, message) {
  if (!holds) throw new Error(message);
}

export function equal(found, expected, message) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  assert(one === other, `${message}: ${one?.slice(0, 300)} is not ${other?.slice(0, 300)}`);
}

export async function restartServer() {
  say({ ask: 'restart' });
  await heard.next();
}

// One thing that must hold: counted when it does, told when it does not.
export async function holds(kind, what, prove, { seconds = 30 } = {}) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${seconds} s`)), seconds * 1000);
  });
  try {
    await Promise.race([prove(), late]);
    count(kind);
  } catch (error) {
    say({ wrong: `${what}: ${error?.message ?? error}` });
  } finally {
    clearTimeout(timer);
  }
}

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Clients keep sockets and timers of their own, which must not keep the process.
export const finish = () => process.stdout.write('', () => process.exit(0));
