// The checks of a point, one after the other, each a finding. How one check is run: test/integrations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChecks } from '../../src/activities/judging/checks.ts';
import type { ChecksPort } from '../../src/ports/checks.ts';
import type { Check } from '../../src/config/system.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const waiting = { signal: new AbortController().signal, beat: () => undefined };
const one = (name: string): Check => ({ name, status: 200, timeout: 10_000, http: '/' });
const input = {
  point: 'preflight' as const,
  headers: async () => ({}),
  checks: [one('health')],
  address: '',
  url: '',
  version: 'v2',
  directory: '/',
};

test('each check becomes a finding, and the first that fails does not hide the others', async () => {
  const says: Record<string, () => Promise<string>> = {
    bad: () => Promise.reject(new Failure('CheckFailed', 'it said no')),
    gone: () => Promise.reject(new Failure('Unavailable', 'no such program')),
    good: async () => 'answered',
  };
  const checks: ChecksPort = { run: async ({ check }) => says[check.name]?.() ?? '' };
  const three = { ...input, checks: Object.keys(says).map(one) };
  assert.deepEqual(await runChecks(three, waiting, { checks, clock: createVirtualClock() }), [
    { name: 'bad', verdict: 'fail', reason: 'it said no', samples: 1 },
    {
      name: 'gone',
      verdict: 'inconclusive',
      reason: 'could not be run: no such program',
      samples: 1,
    },
    { name: 'good', verdict: 'pass', reason: 'answered', samples: 1 },
  ]);
});

test('running checks beats while one takes long', async () => {
  const clock = createVirtualClock();
  const checks: ChecksPort = {
    run: async (_, { signal }) => {
      await clock.sleep(5000, signal);
      return 'done';
    },
  };
  let beats = 0;
  const beat = () => {
    beats += 1;
  };
  const [finding] = await runChecks(input, { ...waiting, beat }, { checks, clock });
  assert.equal(finding?.verdict, 'pass');
  assert.ok(beats >= 9);
});

test('an abort stops the checks, even one that does not listen', async () => {
  const stop = new AbortController();
  const reason = new Error('cancelled');
  const checks: ChecksPort = {
    run: () => {
      stop.abort(reason);
      return new Promise(() => undefined);
    },
  };
  await assert.rejects(
    runChecks(input, { ...waiting, signal: stop.signal }, { checks, clock: createVirtualClock() }),
    (error) => error === reason,
  );
});

test('a bug in a check is thrown and is no verdict', async () => {
  const checks: ChecksPort = { run: () => Promise.reject(new TypeError('a bug')) };
  await assert.rejects(
    runChecks(input, waiting, { checks, clock: createVirtualClock() }),
    TypeError,
  );
});
