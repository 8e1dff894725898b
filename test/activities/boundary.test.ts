// The boundary of every activity, without a server: what is written, what is redacted, what counts as an outage.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Call } from '../../src/activities/call.ts';
import { atBoundary, type ActivityAnswer, type Envelope } from '../../src/activities/boundary.ts';
import type { EvidencePort } from '../../src/ports/evidence.ts';
import type { EvidenceEntry } from '../../src/domain/record/evidence.ts';
import { chain, verifyChain } from '../../src/domain/record/evidence-chain.ts';
import { Failure, type FailureKind } from '../../src/domain/failure.ts';
import { createRedactor } from '../../src/integrations/secrets.ts';
import { sampleSystem } from '../support/samples.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const RUN = { workflowId: 'w', runId: 'r' };
const TOKEN = 'production';
const MINUTE = 60_000;
const loaded = sampleSystem(
  { configuration: { STAGE: { env: 'STAGE' } } },
  { system: 'shop-production' },
);
const lease = { id: 'lease/shop-production/api', runId: 'l' };
const note = chain(undefined, '2026-01-02T03:04:05.000Z', { type: 'finding', text: 'opened' });

/** A worker that has just started: it knows no system file, and what its environment says. */
function createBoundary(env: Record<string, string> = { STAGE: TOKEN }) {
  const clock = createVirtualClock();
  const redactor = createRedactor({
    env,
    readFile: () => Promise.reject(new Error('gone')),
    reader: 'the worker',
  });
  const kept: EvidenceEntry[] = [];
  const evidence: EvidencePort = {
    append: async (_, entries) => {
      kept.push(...entries);
    },
    read: async () => kept,
    keepSignature: async () => undefined,
    signature: async () => undefined,
  };
  const systems = {
    system: () => Promise.resolve(loaded),
    plan: () => Promise.reject(new Error('no plan is kept')),
  };
  const epochs = { newest: async () => undefined, note: async () => undefined };
  const ports = { evidence, clock, redactor, kept: systems, epochs };
  const run = async <Value>(
    work: (input: null, call: Call) => Promise<Value>,
    more: Partial<Envelope<null>> = {},
    options = {},
  ): Promise<ActivityAnswer<Value>> => {
    const environment = new MockActivityEnvironment({ workflowExecution: RUN });
    const envelope: Envelope<null> = {
      input: null,
      operation: 'deploy/shop-production/api/v2',
      system: 'shop-production',
      step: 'weight-5',
      sequence: 1,
      entries: [],
      aliveAt: clock.now(),
      resumeWithin: 15 * MINUTE,
      kept: loaded.digest,
      ...more,
    };
    const activity: (one: Envelope<null>) => Promise<ActivityAnswer<Value>> = atBoundary(
      ports,
      work,
      options,
    );
    return environment.run(activity, envelope);
  };
  const fail = (kind: FailureKind) => {
    ports.evidence.append = () => Promise.reject(new Failure(kind, 'no space left on the device'));
  };
  return { ports, clock, run, fail };
}

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ApplicationFailure, String(error));
    return error;
  }
  return assert.fail('it should have failed');
}

test('evidence is written as it was chained, whatever it says', async () => {
  const { ports, run } = createBoundary();
  const entry = chain(undefined, note.at, { type: 'finding', text: `asked by ci-${TOKEN}` });
  await run(async () => null, { entries: [entry] });
  assert.equal(verifyChain(await ports.evidence.read(RUN)), undefined);
});

test('a worker that never saw the system file knows its secrets by what the operation loaded', async () => {
  const { run } = createBoundary();
  const { value } = await run(async () => ({ detail: `stage is ${TOKEN}` }));
  assert.deepEqual(value, { detail: 'stage is [redacted]' });
  const failure = await failureOf(
    run(async () => Promise.reject(new Failure('Unavailable', `no ${TOKEN}`, { found: TOKEN }))),
  );
  assert.equal(failure.message, 'no [redacted]');
  assert.deepEqual(failure.details, [{ found: '[redacted]' }]);
});

test('names stay whole, although a secret is part of them', async () => {
  const { run } = createBoundary();
  const answer = {
    weights: [{ revision: `${TOKEN}-1-ab`, version: `${TOKEN}-1`, percent: 5 }],
    detail: `shop-production/api is at ${TOKEN}`,
  };
  const { value } = await run(async () => answer);
  assert.deepEqual(value, { ...answer, detail: 'shop-production/api is at [redacted]' });
  const plain = await run(async () => loaded, {}, { plain: true });
  assert.deepEqual(plain.value, loaded);
});

test('where secrets cannot be looked up the work is done, and no text of it goes back', async () => {
  const { run } = createBoundary({});
  const { value } = await run(async () => ({ verdict: 'fail', reason: `it printed ${TOKEN}` }));
  assert.equal(value.verdict, 'fail');
  assert.match(value.reason, /^\[not shown: secrets of shop-production are not there: .*STAGE/);
  const failure = await failureOf(
    run(async () => Promise.reject(new Failure('NotReady', `it printed ${TOKEN}`))),
  );
  assert.equal(failure.type, 'NotReady');
  assert.match(failure.message, /^\[not shown: .*set it where the worker is started\]$/);
});

test('what people write to an operation that could not load its system is not shown', async () => {
  const { run } = createBoundary();
  const { value } = await run(async () => [`because of ${TOKEN}`, ''], { kept: null });
  assert.deepEqual(value, [
    '[not shown: the system was not loaded, so nobody knows its secrets]',
    '',
  ]);
});

test('a change is not made without its record', async () => {
  const { run, fail } = createBoundary();
  fail('Unavailable');
  let made = false;
  const work = async () => {
    made = true;
    return null;
  };
  const failure = await failureOf(run(work, { entries: [note], lease }));
  assert.equal(failure.type, 'Unavailable');
  assert.equal(made, false);
});

test('what saves users, and what only looks, goes on without a record and says so', async () => {
  const { run, fail } = createBoundary();
  fail('Unavailable');
  const work = async () => 'done';
  const urgent = await run(work, { entries: [note], lease, urgent: true }, { plain: true });
  assert.deepEqual([urgent.value, urgent.written], ['done', false]);
  const look = await run(work, { entries: [note] }, { plain: true });
  assert.deepEqual([look.value, look.written], ['done', false]);
  const nothing = await run(work, { lease }, { plain: true });
  assert.equal(nothing.written, true);
});

test('nothing goes on when somebody else has sealed the record', async () => {
  const { run, fail } = createBoundary();
  fail('Superseded');
  const work = async () => 'done';
  for (const more of [{ urgent: true as const, lease }, {}]) {
    const failure = await failureOf(run(work, { entries: [note], ...more }));
    assert.equal(failure.type, 'Superseded');
  }
});

/** Without a lease a token is refused, but only after it was asked for how long nobody worked. */
const FENCED = /without a lease/;
const OUTAGE = /no worker ran for \d+ s/;

test('a slow start that beats is no outage, however long it takes', async () => {
  const { run, clock } = createBoundary();
  const failure = await failureOf(
    run(async (_, call) => {
      for (let minutes = 0; minutes < 40; minutes += 10) {
        clock.jump(10 * MINUTE);
        call.beat({ minutes });
      }
      return call.token();
    }),
  );
  assert.match(failure.message, FENCED);
});

test('a silence that was an outage stays one, although it beats again', async () => {
  const { run, clock } = createBoundary();
  const failure = await failureOf(
    run(async (_, call) => {
      clock.jump(16 * MINUTE);
      call.beat();
      return call.token();
    }),
  );
  assert.match(failure.message, OUTAGE);
});

test('a question is answered outside a workflow, from its own checked input and nothing else', async () => {
  const { ports } = createBoundary();
  const sent = { system: 'shop', entries: [note], kept: loaded.digest };
  const options = {
    plain: true,
    question: (raw: unknown) => {
      assert.equal(raw, sent);
      return { system: 'shop' };
    },
  };
  const ask = atBoundary(
    ports,
    async (input: { system: string }, call) => {
      await assert.rejects(call.token(), /without a lease/);
      return input;
    },
    options,
  );
  const alone = new MockActivityEnvironment({ activityId: 'inspect/shop/1', inWorkflow: false });
  const answer: unknown = await alone.run(ask, sent as never);
  assert.deepEqual(answer, {
    ...{
      value: { system: 'shop' },
      written: true,
      attempts: 1,
      runId: '00000000-0000-0000-0000-000000000000',
    },
    at: ports.clock.now(),
  });
  assert.deepEqual(await ports.evidence.read(RUN), []);
});

test('what is no question is refused outside a workflow, whatever it is sent', async () => {
  const { ports } = createBoundary();
  const change = atBoundary(ports, () => assert.fail('it was carried out'));
  const alone = new MockActivityEnvironment({ activityType: 'shiftTraffic', inWorkflow: false });
  await assert.rejects(alone.run(change, {} as never), {
    type: 'Refused',
    message: /^shiftTraffic is a part of operations/,
  });
});
