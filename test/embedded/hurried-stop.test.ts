// A stop that is hurried ends the services too: with the real local host, whose children they are.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { z } from 'zod';
import { freePorts } from '../support/free-ports.ts';
import { startTimeOf } from '../../src/machine/process-identity.ts';
import { localServices } from '../../src/platforms/local/adapter.ts';
import { calledByName } from '../support/called-platform.ts';
import { standInsFor, TestUp } from '../support/up/embedded.ts';
import { ask } from '../support/http-load.ts';
import { eventually, tokens, plainSpec, waiting } from '../support/local-daemon.ts';

let up: TestUp;
beforeEach(() => {
  up = new TestUp();
});
afterEach(async () => {
  await up.dispose();
});

const alive = (pid: number | undefined) => pid !== undefined && startTimeOf(pid) !== undefined;
const page = z.object({ pid: z.number() });

test('a second Ctrl-C ends what the local host runs, and not the host before it', async () => {
  const { worker } = standInsFor(up.data);
  const embedded = await up.start({ standIns: worker ? { worker } : {} });
  const { workload } = calledByName(localServices(up.data));
  const [port = 0] = await freePorts(1);
  const spec = plainSpec({ system: 'shop', service: 'api' }, 'v1', port);
  await workload.ensure({ spec, replicas: 1, token: tokens()() }, waiting());
  const [state] = await eventually('v1 to be ready', async () => {
    const found = await workload.revisions(spec);
    return found[0]?.ready === 1 && found;
  });
  const preview = state?.previewUrl ?? '';
  const { pid } = page.parse(JSON.parse((await ask(preview)).body));
  // Holds the host in its draining, so that the hurry finds it there.
  const open = ask(`${preview}/slow?ms=60000`).catch(() => undefined);
  const hurry = new AbortController();
  const { host } = embedded.pids();
  const stopped = embedded.stop(hurry.signal);
  hurry.abort();
  await stopped;
  await open;
  assert.deepEqual([alive(host), alive(pid)], [false, false]);
});
