// One child of an `up`, beside what `up.test.ts` and `killed-up.test.ts` show of all three.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Supervised } from '../../src/embedded/supervised.ts';
import { isAlive, type ProcessIdentity } from '../../src/machine/process-identity.ts';
import { newFolder } from '../support/up/embedded.ts';

let folder = '';
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a process that cannot be written down is ended, for nobody would find it again', async () => {
  const launched: ProcessIdentity[] = [];
  const child = new Supervised(
    {
      name: 'the worker',
      program: { command: 'sleep', args: ['600'], env: process.env },
      logFile: join(folder, 'worker.log'),
      ready: async (_identity, _output, signal) => {
        await sleep(600_000, undefined, { signal });
      },
      readyWithinMs: 600_000,
      failure: 5,
      graceMs: 1000,
    },
    {
      say: () => undefined,
      launched: (identity) => {
        launched.push(identity);
        throw new Error('ENOSPC: no space left on device');
      },
    },
  );
  await assert.rejects(child.start(AbortSignal.timeout(60_000)), /the worker.*no space left/);
  assert.deepEqual(launched.map(isAlive), [false]);
});
