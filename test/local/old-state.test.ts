import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadState } from '../../src/platforms/local/state.ts';
import { plainSpec } from '../support/local-daemon.ts';

test('reads the state of a host that wrote what a process is started with beside the rest', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-state-'));
  t.after(() => rm(folder, { recursive: true }));
  const spec = plainSpec({ system: 'shop', service: 'api' }, 'v1', 8000);
  const { program, ...rest } = spec;
  assert.ok(program.kind === 'process');
  const { kind: _, ...flat } = program;
  const old = { ...rest, ...flat };
  const served = [{ spec: old, replicas: 1, since: '2026-01-01T00:00:00.000Z' }];
  const weights = [{ revision: spec.id, version: 'v1', percent: 100 }];
  const revision = {
    ...{ spec: old, desired: 1, crashes: 0, generation: 1, restartedBy: '', removing: false },
    ...{ previewPort: 0, replicas: [] },
  };
  const service = {
    ref: { system: 'shop', service: 'api' },
    address: { host: '127.0.0.1', port: 8000 },
    fence: null,
    traffic: { weights, stopped: false, admitPercent: 100, beforeStop: [], served },
    revisions: { [spec.id]: revision },
  };
  const path = join(folder, 'state.json');
  const written = {
    schema: 'fairlead/host-state/v1',
    id: 'host',
    services: { 'shop/api': service },
  };
  await writeFile(path, JSON.stringify(written));
  const { services } = await loadState(path);
  assert.deepEqual(services['shop/api']?.revisions[spec.id]?.spec, spec);
  assert.deepEqual(services['shop/api'].traffic.served[0]?.spec, spec);
});
