import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/activities/call.ts';
import { sendNotice, type NoticeInput } from '../../src/activities/record/notify.ts';
import type { Delivery, SendInput } from '../../src/ports/notify.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { NoticeSubject } from '../../src/domain/people/notice-facts.ts';
import { noticeOf } from '../../src/domain/people/notice.ts';
import { createRedactor } from '../../src/integrations/secrets.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { FACTS, GATE } from '../support/notices.ts';

const INPUT: NoticeInput = {
  facts: FACTS,
  key: 'gate/weight-5/ops',
  name: 'ops',
  channel: { type: 'console' },
  directory: '/systems/shop',
};

const { call, ports } = createActivityWorld();

/** Sends with a port that answers as told. */
function send(how: (input: SendInput) => Delivery | Promise<Delivery>, at: Partial<Call> = {}) {
  const notify = { send: async (sent: SendInput) => how(sent) };
  return sendNotice(INPUT, { ...call(), ...at }, { ...ports, notify });
}

const away = (): never => {
  throw new Failure('Unavailable', 'nobody  there\n');
};

/** A redactor that knows these secrets. */
async function knowing(secrets: Record<string, string>) {
  const redactor = createRedactor({
    env: secrets,
    readFile: () => Promise.reject(new Error('gone')),
    reader: 'the worker',
  });
  const references = Object.keys(secrets).map((env) => ({ where: env, reference: { env } }));
  await redactor.learn({ name: 'shop', directory: '/', references });
  return redactor;
}

test('a channel is sent the notice under a key of its own', async () => {
  const sent: SendInput[] = [];
  const delivery = await send((input) => {
    sent.push(input);
    return { delivered: true };
  });
  assert.deepEqual(delivery, { delivered: true });
  const { facts, key, ...channel } = INPUT;
  assert.deepEqual(sent, [{ ...channel, key: `run/${key}`, notice: noticeOf(facts) }]);
});

test('a channel that may be back fails the try, until the last one gives its reason', async () => {
  const world = createActivityWorld();
  const notify = { send: async () => away() };
  const trying = () => sendNotice(INPUT, world.call(), { ...world.ports, notify });
  const again = { kind: 'Unavailable', message: 'not delivered yet: nobody there' };
  await assert.rejects(trying(), again);
  await assert.rejects(trying(), again);
  assert.deepEqual(await trying(), { delivered: false, reason: 'nobody there' });
});

test('an attempt that a worker died of is no try', async () => {
  await assert.rejects(send(away, { attempt: 7, previous: undefined }), {
    message: 'not delivered yet: nobody there',
  });
});

test('a second try that took long is the last one', async () => {
  const { clock, ...world } = createActivityWorld();
  const notify = {
    send: async (): Promise<Delivery> => {
      await clock.sleep(10_000, new AbortController().signal);
      return away();
    },
  };
  const trying = () => sendNotice(INPUT, world.call(), { ...world.ports, clock, notify });
  await assert.rejects(trying(), { kind: 'Unavailable' });
  assert.equal((await trying()).delivered, false);
});

test('what no other try would change is no reason for one', async () => {
  const broken = (): never => {
    throw new Failure('BadInput', 'no address');
  };
  assert.deepEqual(await send(broken), { delivered: false, reason: 'no address' });
});

test('an activity that is cancelled settles nothing', async () => {
  const stop = new AbortController();
  const beats: unknown[] = [];
  const why = new Error('this worker stops');
  const sending = send(
    () => {
      stop.abort(why);
      throw why;
    },
    { signal: stop.signal, beat: (progress) => beats.push(progress) },
  );
  await assert.rejects(sending, why);
  assert.deepEqual(beats, []);
});

test('no secret is in a notice, nor in a reason; and a digest that reads like one stays whole', async () => {
  const redactor = await knowing({ TOKEN: 'swordfish', SHORT: GATE.digest.slice(0, 4) });
  const sent: SendInput[] = [];
  const notify = {
    send: async (input: SendInput): Promise<Delivery> => {
      sent.push(input);
      return { delivered: false, reason: 'it said swordfish' };
    },
  };
  const facts = { ...FACTS, reason: 'the swordfish is out' };
  const delivery = await sendNotice({ ...INPUT, facts }, call(), { ...ports, redactor, notify });
  const [{ notice } = assert.fail()] = sent;
  assert.doesNotMatch(JSON.stringify([notice, delivery]), /swordfish/);
  const answer: unknown = JSON.parse(notice.answers[0]?.json ?? '');
  assert.deepEqual(answer, { actor: 'YOUR-NAME', gate: 'weight-5', digest: GATE.digest });
});

const SUBJECTS: NoticeSubject[] = [
  { event: 'gate', gate: GATE, to: [] },
  { event: 'parked', step: 'weight-5', problem: 'no swordfish', answers: ['retryStep', 'adopt'] },
  { event: 'ended', outcome: 'aborted', message: 'swordfish', leftovers: ['a swordfish'] },
];
for (const subject of SUBJECTS) {
  test(`a secret that is a word of Fairlead's leaves a notice of ${subject.event} as it is`, async () => {
    const words = { A: 'retry', B: 'gate', C: 'ended', D: 'parked', E: 'adopt', F: 'aborted' };
    const redactor = await knowing({ ...words, TOKEN: 'swordfish' });
    const sent: SendInput[] = [];
    const notify = {
      send: async (input: SendInput): Promise<Delivery> => {
        sent.push(input);
        return { delivered: true };
      },
    };
    const facts = { ...FACTS, subject };
    const delivery = await sendNotice({ ...INPUT, facts }, call(), { ...ports, redactor, notify });
    assert.deepEqual(delivery, { delivered: true });
    const plain = JSON.stringify(noticeOf(facts));
    assert.deepEqual(
      sent.map(({ notice }) => JSON.stringify(notice)),
      [plain.replaceAll('swordfish', '[redacted]')],
    );
  });
}
