// A real `fairlead up` that runs operations, scraped by a real Prometheus: what the worker measures and logs, and
// that each query of the dashboard and of the alerts finds what it names. The tests build on each other.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { createScheduledLedger } from '../../src/integrations/steps/scheduled-ledger.ts';
import { createRecoveryLedger } from '../../src/integrations/recovery-ledger.ts';
import { hostFileSchema, hostPaths } from '../../src/platforms/local/protocol.ts';
import { eventually } from '../support/local-daemon.ts';
import { alertRules, dashboardQueries, RULES, selectorsIn } from '../support/observability.ts';
import {
  skipWithoutPrometheus,
  startPrometheus,
  type TestPrometheus,
} from '../support/prometheus.ts';
import { storeIn } from '../support/record/evidence-in.ts';
import { field, startUp, type WholeUp } from '../support/up/whole-up.ts';
import { PEOPLE } from '../support/up/whole-up-systems.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const GATED = 'deploy/gated/api/v2';
const QUIET = 'deploy/quiet/api/v2';

let up: WholeUp;
let server: TestPrometheus | undefined;

const upFile = z.object({ metricsUrl: z.url(), address: z.string() });
const upRecord = () => upFile.parse(JSON.parse(readFileSync(join(up.data, 'up.json'), 'utf8')));
const metricsUrl = (): string => upRecord().metricsUrl;

before(async () => {
  up = await startUp(PEOPLE);
  const { url } = hostFileSchema.parse(JSON.parse(readFileSync(hostPaths(up.data).host, 'utf8')));
  const jobs = {
    'fairlead-worker': [new URL(metricsUrl()).host],
    'fairlead-local-host': [new URL(url).host],
  };
  server = await startPrometheus(jobs, { rules: [RULES] });
});
after(async () => {
  await server?.stop();
  await up.stop();
});

function rowOf(stdout: string, operation: string): unknown {
  const rows = field(stdout, 'operations');
  assert.ok(Array.isArray(rows));
  return rows.find((row) => field(JSON.stringify(row), 'operation') === operation);
}

/** A value of the worker's own page, without a server in between. */
async function measured(series: string): Promise<number | undefined> {
  const text = await (await fetch(metricsUrl())).text();
  const line = text.split('\n').find((one) => one.startsWith(series));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

const becomes = (series: string, is: (value: number) => boolean): Promise<true> =>
  eventually(
    `${series} to be as it should`,
    async () => {
      const value = await measured(series);
      return value !== undefined && is(value);
    },
    PATIENCE_MS,
  );

test('list says what an open operation waits for, and whom; the gauges count it', async () => {
  await up.exits(0, 'deploy gated/api v1');
  await up.exits(0, 'deploy gated/api v2 --as ci --no-wait');
  await up.until(GATED, 'state', 'waiting');
  await up.exits(0, 'deploy quiet/api v1');
  await up.exits(8, 'deploy quiet/api v2 --auto-promote');
  const { stdout, stderr } = await up.exits(0, 'list --open --json');
  assert.equal(stderr, '');
  const gate = JSON.stringify(rowOf(stdout, GATED));
  assert.equal(field(gate, 'waitsFor.gate'), 'weight-50');
  assert.equal(field(gate, 'waitsFor.what'), 'approval promote 0/1');
  assert.deepEqual(field(gate, 'waitsFor.who'), ['anyone but ci']);
  assert.match(String(field(gate, 'waitsFor.since')), /^\d{4}-\d\d-\d\dT/);
  const command = `fairlead approve ${GATED} --gate weight-50 --as SOMEBODY-ELSE`;
  assert.equal(field(gate, 'waitsFor.command'), command);
  const parked = JSON.stringify(rowOf(stdout, QUIET));
  assert.match(String(field(parked, 'waitsFor.what')), /^parked: .*errors/);
  assert.equal(field(parked, 'waitsFor.command'), `fairlead retry ${QUIET}`);
  const text = await up.exits(0, 'list --open');
  assert.match(text.stdout, /WAITS FOR\n/);
  assert.match(text.stdout, /approval promote 0\/1 at weight-50 from anyone but ci for \d/);

  await becomes('fairlead_parked_operations{', (value) => value === 1);
  await becomes('fairlead_oldest_open_gate_age_seconds{', (value) => value > 0);
  const open = 'fairlead_open_operations{kind="canaryDeploy",namespace="default",state=';
  assert.equal(await measured(`${open}"waiting"`), 1);
  assert.equal(await measured(`${open}"paused"`), 0);
});

test('ends and steps are counted once each, working apart from waiting', async () => {
  await up.exits(0, `approve ${GATED} --as ana`);
  await up.until(GATED, 'outcome', 'succeeded');
  await up.exits(0, `abort ${QUIET} --as ana`);
  await up.until(QUIET, 'outcome', 'aborted');
  await refusedByTheWorker();
  const ended = 'fairlead_operations_ended_total{kind="canaryDeploy",namespace="default",outcome=';
  // Twice where the last workflow task was carried out again, because a message came in meanwhile (docs/limits.md).
  for (const outcome of ['aborted', 'refused'])
    assert.ok([1, 2].includes((await measured(`${ended}"${outcome}"`)) ?? 0), outcome);
  assert.equal(await measured(`${ended}"failed"`), 0);
  const count = 'fairlead_step_duration_seconds_count{kind="canaryDeploy",namespace="default",';
  assert.equal(await measured(`${count}phase="waiting",step="weights"`), 2);
  assert.equal(await measured(`${count}phase="waiting",step="ready"`), undefined);
  await becomes('fairlead_parked_operations{', (value) => value === 0);
  await becomes('fairlead_oldest_open_gate_age_seconds{', (value) => value === 0);
});

/** The command line asks first; another client starts what the worker then refuses. */
async function refusedByTheWorker(): Promise<void> {
  const connection = await Connection.connect({ address: upRecord().address });
  const handle = await new Client({ connection }).workflow.start('canaryDeploy', {
    workflowId: 'deploy/gated/api/v77',
    taskQueue: 'fairlead',
    args: [{ system: 'gated', service: 'api', version: 'v77', requestedBy: 'ci' }],
  });
  await assert.rejects(handle.result());
  await connection.close();
}

/** No system here holds data, or has a runbook on its schedule: what looks at one would leave. */
async function looked(): Promise<void> {
  const checkedAt = new Date().toISOString();
  await createRecoveryLedger(storeIn(join(up.data, 'objects'))).write({
    schema: 'fairlead/recovery-seen/v1',
    system: 'books',
    ...{ checkedAt, state: 'proven', codes: [], changedAt: checkedAt, told: true },
    backups: [{ datastore: 'ledger', pointAt: checkedAt, rpoMs: 3_600_000 }],
    lastDrillAt: checkedAt,
  });
  await becomes('fairlead_recovery_proven{', (value) => value === 1);
  await createScheduledLedger(storeIn(join(up.data, 'objects'))).write({
    ...{ schema: 'fairlead/scheduled-seen/v1', system: 'books', checkedAt },
    runbooks: [{ runbook: 'weekly', state: 'missed', attention: true }],
  });
  await becomes('fairlead_scheduled_runbook_overdue{', (value) => value === 1);
}

test('every query of the dashboard finds something, and every metric of the alerts is there', async (t) => {
  if (skipWithoutPrometheus(t, server)) return;
  const { ask } = server;
  await looked();
  for (const { panel, query } of dashboardQueries()) {
    const found = async (): Promise<boolean> => {
      await fetch(up.urlOf('gated'));
      return (await ask(query)).length > 0;
    };
    await eventually(`${panel}: ${query}`, found, PATIENCE_MS);
  }
  for (const { alert, expr } of alertRules()) {
    const selectors = selectorsIn(expr);
    assert.ok(selectors.length > 0, alert);
    for (const selector of selectors) {
      const isThere = async (): Promise<boolean> => (await ask(selector)).length > 0;
      await eventually(`${alert}: ${selector}`, isThere, PATIENCE_MS);
    }
  }
  const firing = await ask('ALERTS{alertstate="firing"}');
  assert.deepEqual(firing, [], 'nothing is wrong here');
});

const line = z.looseObject({ level: z.string(), message: z.string(), time: z.iso.datetime() });

test('the log is a line of JSON for each thing, with its operation, and no stack for what was refused', () => {
  const text = readFileSync(join(up.data, 'logs', 'worker.log'), 'utf8').trim();
  const lines = text
    .split('\n')
    .map((one): unknown => JSON.parse(one))
    .filter((one) => typeof one === 'object' && one !== null && !('ready' in one))
    .map((one) => line.parse(one));
  const about = (message: string, operation: string) => {
    const found = lines.find((one) => one.message === message && one['operation'] === operation);
    assert.ok(found, `${message} of ${operation}`);
    return found;
  };
  const gate = about('gate opened', GATED);
  assert.equal(gate['step'], 'weight-50');
  assert.equal(gate['workflowId'], GATED);
  assert.match(String(gate['runId']), /^[0-9a-f-]{36}$/);
  assert.equal(about('parked: a person has to answer', QUIET).level, 'warn');
  assert.equal(about('operation ended', GATED)['outcome'], 'succeeded');
  assert.ok(Number(about('step done', GATED)['seconds']) >= 0);
  about('lease taken', GATED);
  const refused = about('Activity failed', 'deploy/gated/api/v77');
  const { level, activity, attempt, step, failure } = refused;
  assert.deepEqual(
    { level, activity, attempt, step, failure },
    { level: 'info', activity: 'planOperation', attempt: 1, step: 'plan', failure: 'NotFound' },
  );
  assert.doesNotMatch(text, /"stack"|\n\s+at /);
});
