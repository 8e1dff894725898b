import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/activities/boundary.ts';
import { sendNotices, type NoticesInput } from '../../src/activities/notify.ts';
import type { Delivery, SendInput } from '../../src/activities/ports.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createRedactor } from '../../src/integrations/secrets.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { FACTS, GATE } from '../support/notices.ts';

const CONSOLE = { type: 'console' as const };
const INPUT: NoticesInput = {
  facts: FACTS,
  key: 'gate/weight-5',
  channels: { ops: CONSOLE, chat: CONSOLE },
  directory: '/systems/shop',
};

const { call, ports } = createActivityWorld();

/** Sends with a port that answers as told. */
function send(
  how: (input: SendInput) => Delivery | Promise<Delivery>,
  { input = INPUT, at = {} }: { input?: NoticesInput; at?: Partial<Call> } = {},
) {
  const notify = { send: async (sent: SendInput) => how(sent) };
  return sendNotices(input, { ...call(), ...at }, { ...ports, notify });
}

const away = (): never => {
  throw new Failure('Unavailable', 'nobody  there\n');
};

test('each channel is sent the same notice under a key of its own', async () => {
  const sent: SendInput[] = [];
  const results = await send((input) => {
    sent.push(input);
    return { delivered: true };
  });
  assert.deepEqual(
    sent.map(({ key, name }) => [key, name]),
    [
      ['run/gate/weight-5/ops', 'ops'],
      ['run/gate/weight-5/chat', 'chat'],
    ],
  );
  assert.deepEqual(sent[0]?.notice, sent[1]?.notice);
  assert.deepEqual(results, [
    { name: 'ops', delivered: true },
    { name: 'chat', delivered: true },
  ]);
});

test('a channel that may be back fails the try, until the last one gives its reason', async () => {
  const oneAway = ({ name }: SendInput): Delivery =>
    name === 'chat' ? away() : { delivered: true };
  for (const attempt of [1, 2]) {
    await assert.rejects(send(oneAway, { at: { attempt } }), {
      kind: 'Unavailable',
      message: 'not delivered yet: chat: nobody there',
    });
  }
  assert.deepEqual(await send(oneAway, { at: { attempt: 3 } }), [
    { name: 'ops', delivered: true },
    { name: 'chat', delivered: false, reason: 'nobody there' },
  ]);
});

test('a second try that took long is the last one', async () => {
  const { clock, ...world } = createActivityWorld();
  const notify = {
    send: async (): Promise<Delivery> => {
      await clock.sleep(10_000, new AbortController().signal);
      return away();
    },
  };
  const results = await sendNotices(
    INPUT,
    { ...world.call(), attempt: 2 },
    { ...world.ports, clock, notify },
  );
  assert.deepEqual(
    results.map((one) => one.delivered),
    [false, false],
  );
});

test('what no other try would change is no reason for one', async () => {
  const broken = (): never => {
    throw new Failure('BadInput', 'no address');
  };
  assert.deepEqual(await send(broken), [
    { name: 'ops', delivered: false, reason: 'no address' },
    { name: 'chat', delivered: false, reason: 'no address' },
  ]);
});

test('an operation that stops waiting is told what was delivered', async () => {
  const stop = new AbortController();
  const results = await send(
    ({ name }) => {
      if (name === 'ops') return { delivered: true };
      stop.abort();
      return away();
    },
    { at: { signal: stop.signal, isGivenUp: () => true } },
  );
  assert.deepEqual(results, [
    { name: 'ops', delivered: true },
    { name: 'chat', delivered: false, reason: 'the operation did not wait for it' },
  ]);
});

test('a worker that stops leaves the rest to another one', async () => {
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(send(away, { at: { signal: stop.signal } }), { message: /nobody/ });
});

test('no secret is in a notice, nor in a reason; and a digest that reads like one stays whole', async () => {
  const redactor = createRedactor({
    env: { TOKEN: 'swordfish', SHORT: GATE.digest.slice(0, 4) },
    readFile: () => Promise.reject(new Error('gone')),
    reader: 'the worker',
  });
  const references = ['TOKEN', 'SHORT'].map((env) => ({ where: env, reference: { env } }));
  await redactor.learn({ name: 'shop', directory: '/', references });
  const sent: SendInput[] = [];
  const notify = {
    send: async (input: SendInput): Promise<Delivery> => {
      sent.push(input);
      return { delivered: false, reason: 'it said swordfish' };
    },
  };
  const facts = { ...FACTS, reason: 'the swordfish is out' };
  const results = await sendNotices({ ...INPUT, facts }, call(), { ...ports, redactor, notify });
  const [{ notice } = assert.fail()] = sent;
  assert.doesNotMatch(JSON.stringify([notice, results]), /swordfish/);
  const answer: unknown = JSON.parse(notice.answers[0]?.json ?? '');
  assert.deepEqual(answer, { actor: 'YOUR-NAME', gate: 'weight-5', digest: GATE.digest });
});
