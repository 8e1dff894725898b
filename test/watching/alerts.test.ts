// Each alert rule, by Prometheus's own promtool: fires when it should, and does not when it should not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { alertRules, FOLDER, RULES } from '../support/observability.ts';
import { findPromtool } from '../support/prometheus.ts';

interface Case {
  alert: string;
  fires: boolean;
  /** What is measured every minute: `1x10` is 1 and ten times more. */
  series: Record<string, string>;
  /** When it is looked. */
  at: string;
}

const ENDED = 'fairlead_operations_ended_total{namespace="default",kind="canaryDeploy"';
const POLLERS = 'fairlead_task_queue_pollers{namespace="default",taskQueue="fairlead"';
const BACKLOG = 'fairlead_task_queue_backlog{namespace="default",taskQueue="fairlead"';
const LATENCY = 'temporal_activity_schedule_to_start_latency_seconds_bucket{namespace="default"';
const GATE = 'fairlead_oldest_open_gate_age_seconds{namespace="default"}';
const SHOP = '{namespace="default",system="shop"}';
const WEEKLY = '{namespace="default",system="shop",runbook="weekly"}';
const ORDERS = '{namespace="default",system="shop",datastore="orders"}';
const WORKER = 'up{job="fairlead-worker",instance="a"}';

const fires = (alert: string, at: string, series: Case['series']): Case => ({
  alert,
  at,
  series,
  fires: true,
});
const silent = (alert: string, at: string, series: Case['series']): Case => ({
  ...fires(alert, at, series),
  fires: false,
});

const CASES: readonly Case[] = [
  fires('FairleadOperationParked', '5m', { 'fairlead_parked_operations{namespace="a"}': '0 1x10' }),
  silent('FairleadOperationParked', '5m', { 'fairlead_parked_operations{namespace="a"}': '0x10' }),
  // Answered within two minutes.
  silent('FairleadOperationParked', '5m', {
    'fairlead_parked_operations{namespace="a"}': '0 1 0x9',
  }),
  fires('FairleadGateWaitsTooLong', '6m', { [GATE]: '14300+60x10' }),
  silent('FairleadGateWaitsTooLong', '6m', { [GATE]: '0+60x10' }),
  fires('FairleadOperationsFail', '55m', {
    [`${ENDED},outcome="rolledBack"}`]: '0x10 1x10 2x40',
    [`${ENDED},outcome="failed"}`]: '0x20 1x40',
  }),
  silent('FairleadOperationsFail', '55m', { [`${ENDED},outcome="rolledBack"}`]: '0x10 1x50' }),
  silent('FairleadOperationsFail', '55m', { [`${ENDED},outcome="succeeded"}`]: '0+1x60' }),
  silent('FairleadOperationsFail', '55m', { [`${ENDED},outcome="rejected"}`]: '0+1x60' }),
  fires('FairleadWorkerDown', '5m', { [WORKER]: '1 0x10' }),
  fires('FairleadWorkerDown', '5m', { 'up{job="other"}': '1x10' }),
  silent('FairleadWorkerDown', '5m', { [WORKER]: '1x10' }),
  // A restart.
  silent('FairleadWorkerDown', '5m', { [WORKER]: '1 1 0 1x10' }),
  fires('FairleadTemporalUnreachable', '5m', {
    'fairlead_temporal_visible{namespace="default",instance="a"}': '1 0x10',
    'fairlead_temporal_visible{namespace="default",instance="b"}': '1 0x10',
  }),
  silent('FairleadTemporalUnreachable', '5m', {
    'fairlead_temporal_visible{namespace="default",instance="a"}': '1 0x10',
    'fairlead_temporal_visible{namespace="default",instance="b"}': '1x10',
  }),
  fires('FairleadNobodyPolls', '5m', { [`${POLLERS},type="workflow"}`]: '1 0x10' }),
  silent('FairleadNobodyPolls', '5m', { [`${POLLERS},type="workflow"}`]: '1x10' }),
  fires('FairleadTaskQueueBacklog', '8m', { [`${BACKLOG},type="activity"}`]: '0 3x10' }),
  silent('FairleadTaskQueueBacklog', '8m', { [`${BACKLOG},type="activity"}`]: '0 3 0 2 0x10' }),
  fires('FairleadTasksStartLate', '15m', {
    [`${LATENCY},le="5"}`]: '0x20',
    [`${LATENCY},le="10"}`]: '0+5x20',
    [`${LATENCY},le="+Inf"}`]: '0+5x20',
  }),
  silent('FairleadTasksStartLate', '15m', {
    [`${LATENCY},le="5"}`]: '0+5x20',
    [`${LATENCY},le="10"}`]: '0+5x20',
    [`${LATENCY},le="+Inf"}`]: '0+5x20',
  }),
  fires('FairleadBackupStale', '15m', {
    [`fairlead_backup_age_seconds${ORDERS}`]: '+Inf+0x20',
    [`fairlead_backup_rpo_seconds${ORDERS}`]: '3600x20',
  }),
  fires('FairleadBackupStale', '15m', {
    [`fairlead_backup_age_seconds${ORDERS}`]: '3601+60x20',
    [`fairlead_backup_rpo_seconds${ORDERS}`]: '3600x20',
  }),
  silent('FairleadBackupStale', '15m', {
    [`fairlead_backup_age_seconds${ORDERS}`]: '1200+60x20',
    [`fairlead_backup_rpo_seconds${ORDERS}`]: '3600x20',
  }),
  fires('FairleadUnproven', '65m', { [`fairlead_recovery_proven${SHOP}`]: '0x70' }),
  silent('FairleadUnproven', '65m', { [`fairlead_recovery_proven${SHOP}`]: '1x70' }),
  fires('FairleadRunbookOverdue', '8m', {
    [`fairlead_scheduled_runbook_overdue${WEEKLY}`]: '1x10',
  }),
  silent('FairleadRunbookOverdue', '8m', {
    [`fairlead_scheduled_runbook_overdue${WEEKLY}`]: '0x10',
  }),
  fires('FairleadLocalHostDown', '3m', { 'up{job="fairlead-local-host"}': '1 0x10' }),
  silent('FairleadLocalHostDown', '3m', { 'up{job="fairlead-local-host"}': '1x10' }),
];

/** A file for `promtool test rules`; JSON is YAML too. */
function rulesTest({ alert, fires: isDue, series, at }: Case): unknown {
  const ALERT = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
  return {
    rule_files: [RULES],
    evaluation_interval: '30s',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          { expr: ALERT, eval_time: at, exp_samples: isDue ? [{ labels: '{}', value: 1 }] : [] },
        ],
      },
    ],
  };
}

function promtoolOrSkip(t: TestContext): string | undefined {
  const program = findPromtool();
  if (program === undefined) t.skip('missing part: prometheus (npm run parts gets it)');
  return program;
}

test('promtool accepts the rules, and the example that loads them', (t) => {
  const promtool = promtoolOrSkip(t);
  if (promtool === undefined) return;
  assert.match(execFileSync(promtool, ['check', 'rules', RULES], { encoding: 'utf8' }), /12 rules/);
  const config = join(FOLDER, 'prometheus.yml');
  assert.match(execFileSync(promtool, ['check', 'config', config], { encoding: 'utf8' }), /valid/);
});

test('every alert has a case that fires and one that does not', () => {
  const names = alertRules().map((rule) => rule.alert);
  for (const due of [true, false]) {
    const tried = new Set(CASES.filter((one) => one.fires === due).map((one) => one.alert));
    assert.deepEqual([...tried].sort(), names.toSorted());
  }
});

for (const [index, one] of CASES.entries()) {
  const measured = Object.entries(one.series).flat().join(' ');
  test(`${one.alert} ${one.fires ? 'fires' : 'is silent'} for ${measured}`, (t) => {
    const promtool = promtoolOrSkip(t);
    if (promtool === undefined) return;
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-rules-'));
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const file = join(folder, `case-${index}.yml`);
    writeFileSync(file, JSON.stringify(rulesTest(one)));
    const said = execFileSync(promtool, ['test', 'rules', file], { encoding: 'utf8' });
    assert.match(said, /SUCCESS/);
  });
}
