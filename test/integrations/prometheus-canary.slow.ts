// Whole canaries judged by a real Prometheus server that scrapes the local host, under load: the good version goes
// live, the bad one is found by a limit, and the slow one by comparing it with the stable one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startLoad, type Load } from '../../demo/load.ts';
import { freePorts } from '../support/free-ports.ts';
import { hostFileSchema } from '../../src/platforms/local/protocol.ts';
import { findDebianProgram } from '../support/debian-program.ts';
import {
  skipWithoutPrometheus,
  startPrometheus,
  type TestPrometheus,
} from '../support/prometheus.ts';
import { field, startUp, type WholeUp } from '../support/up/whole-up.ts';
import type { UpSystem } from '../support/up/whole-up-systems.ts';

let up: WholeUp | undefined;
let server: TestPrometheus | undefined;
let load: Load | undefined;

const OWN = 'revision="{{revision}}",service="{{service}}",system="{{system}}",probe="false"';

const shop = (port: number): UpSystem => ({
  name: 'shop',
  rollout: `      canary:
        steps: [{ weight: 50, bake: 6s }]
        watch: 1500ms
        analysis: [errors, speed]
      insurance: 1h`,
  more: `analyses:
  errors:
    source: prometheus
    url: http://127.0.0.1:${port}
    interval: 500ms
    staleAfter: 10s
    metrics:
      error-percent:
        query: >-
          100 * (sum(increase(fairlead_requests_total{${OWN},code=~"5.."}[3s])) or vector(0))
          / sum(increase(fairlead_requests_total{${OWN}}[3s]))
        requests: sum(increase(fairlead_requests_total{${OWN}}[3s]))
        max: 5
    minimumSamples: 5
  speed:
    source: prometheus
    url: http://127.0.0.1:${port}
    interval: 250ms
    metrics:
      mean-ms:
        query: >-
          1000 * rate(fairlead_request_duration_seconds_sum{${OWN}}[2s])
          / rate(fairlead_request_duration_seconds_count{${OWN}}[2s])
        max: 60000
        compare: { direction: increase, minSamples: 10, effectSize: { allowedIncrease: 5 } }
`,
});

before(async () => {
  if (findDebianProgram('prometheus') === undefined) return;
  const [port = 0] = await freePorts(1);
  up = await startUp([shop(port)]);
  const file = readFileSync(join(up.data, 'host', 'host.json'), 'utf8');
  const { host } = new URL(hostFileSchema.parse(JSON.parse(file)).url);
  server = await startPrometheus([host], { port });
  await up.exits(0, 'deploy shop/api v1');
  load = startLoad(up.urlOf('shop'));
});
after(async () => {
  await load?.stop();
  await server?.stop();
  await up?.stop();
});

async function reportOf(version: string): Promise<string> {
  assert.ok(up);
  const { stdout } = await up.exits(0, `report deploy/shop/api/${version} --format json`);
  return stdout;
}

test('a good version is compared with the stable one and goes live', async (t) => {
  if (skipWithoutPrometheus(t, server) || up === undefined) return;
  await up.exits(0, 'deploy shop/api v2');
  const report = await reportOf('v2');
  const verdicts = field(report, 'verdicts');
  assert.ok(Array.isArray(verdicts));
  const step = (index: number, name: string) => field(report, `verdicts.${index}.${name}`);
  const at50 = verdicts.findIndex((_, index) => step(index, 'name') === 'speed');
  assert.equal(step(at50, 'step'), 'weight-50');
  assert.equal(step(at50, 'distributions.0.class'), 'Pass');
  assert.ok(Number(step(at50, 'distributions.0.experiment.count')) >= 10);
  assert.ok(Number(step(at50, 'distributions.0.control.count')) >= 10);
});

test('a version that answers with errors is rolled back by its limit', async (t) => {
  if (skipWithoutPrometheus(t, server) || up === undefined) return;
  const { stdout } = await up.exits(3, 'deploy shop/api v3-errors --json');
  assert.equal(field(stdout, 'outcome'), 'rolledBack');
  assert.match(String(field(stdout, 'message')), /errors: .*error-percent .* over max 5/);
});

test('a version that is slower, and within every limit, is rolled back by the judge', async (t) => {
  if (skipWithoutPrometheus(t, server) || up === undefined) return;
  const { stdout } = await up.exits(3, 'deploy shop/api v4-slow --json');
  assert.equal(field(stdout, 'outcome'), 'rolledBack');
  assert.match(String(field(stdout, 'message')), /mean-ms compared: High: the experiment is/);
  const { stdout: status } = await up.exits(0, 'status shop --json');
  assert.equal(field(status, 'services.api.weights.0.version'), 'v2');
});
