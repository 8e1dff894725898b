// A replica that is hurried is waited for no longer, whatever it still does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { startTimeOf } from '../../src/machine/process-identity.ts';
import { Replica } from '../../src/platforms/local/replica.ts';
import { plainSpec } from '../support/local-daemon.ts';

const HOUR = 3_600_000;

test('one that hurries waits neither for open requests nor for the process', async () => {
  const deaf = ['-c', 'trap "" TERM; while :; do sleep 0.1; done'];
  const child = spawn('/bin/sh', deaf, { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const record = { n: 1, pid, startTime: startTimeOf(pid) ?? 0, port: 1, generation: 1 };
  const spec = plainSpec({ system: 'shop', service: 'api' }, 'v1', 1);
  const nothing = () => undefined;
  const log = '/nowhere';
  const others = () => new Set<number>();
  const events = { readiness: nothing, exited: nothing, others };
  const replica = new Replica({ spec, record, log }, child, events);
  replica.open = 1;
  const hurry = new AbortController();
  const ended = replica.drainAndEnd({ drain: HOUR, grace: HOUR, hurry: hurry.signal });
  hurry.abort();
  await ended;
  assert.ok(replica.gone);
});
