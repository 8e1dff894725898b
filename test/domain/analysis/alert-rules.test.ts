// Alert rules from a system file: what they ask, and by Prometheus's own promtool, when they fire.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  alertRules,
  type AlertRule,
  type AlertRules,
} from '../../../src/domain/analysis/alert-rules.ts';
import { sampleSystem } from '../../support/samples.ts';
import { findPromtool } from '../../support/prometheus.ts';

const LIMITS = { over: 300_000, deploy: 600_000 };
const step = { weight: 50, bake: '5m' };
const canary = { steps: [step], watch: '10m', analysis: ['errors', 'latency', 'mine'] };
const errors = {
  source: 'scrape' as const,
  metrics: {
    'error-ratio': {
      ratio: { of: 'fairlead_requests_total{code=~"5.."}', to: 'fairlead_requests_total' },
      max: 0.0005,
    },
    load: { rate: { of: 'fairlead_requests_total' }, min: 1 },
  },
};
const latency = {
  source: 'scrape' as const,
  metrics: {
    p95: { quantile: { q: 0.95, of: 'fairlead_request_duration_seconds' }, max: 0.3 },
    relative: {
      quantile: { q: 0.5, of: 'fairlead_request_duration_seconds' },
      maxOverStable: { ratio: 1.5 },
    },
  },
};
const mine = {
  source: 'prometheus' as const,
  metrics: {
    queue: { query: 'sum(queue_length{app="{{service}}"})', max: 9 },
    bad: { query: 'sum(errors{version="{{version}}"})', max: 1 },
  },
};

const shop = sampleSystem(
  { rollout: { canary } },
  {
    analyses: { errors, latency, mine },
    datastores: { orders: { kind: 'files', directory: 'data' } },
  },
);
const rules = ({ groups }: AlertRules): AlertRule[] => groups.flatMap((one) => one.rules);

test('each bound is asked of all versions, and what is asked about one version is said', () => {
  const made = alertRules(shop, LIMITS);
  const of = (alert: string): string =>
    rules(made).find((one) => one.alert === alert)?.expr ?? 'no such rule';
  const own = 'system="shop",service="api",probe="false"';
  assert.equal(
    of('ShopApiErrorRatioHigh'),
    `sum(rate(fairlead_requests_total{code=~"5..",${own}}[5m])) / sum(rate(fairlead_requests_total{${own}}[5m])) > 0.0005`,
  );
  assert.equal(of('ShopApiLoadLow'), `sum(rate(fairlead_requests_total{${own}}[5m])) < 1`);
  assert.equal(
    of('ShopApiP95High'),
    `histogram_quantile(0.95, sum by (le) (rate(fairlead_request_duration_seconds_bucket{${own}}[5m]))) > 0.3`,
  );
  assert.equal(of('ShopApiQueueHigh'), '(sum(queue_length{app="api"})) > 9');
  assert.match(of('ShopApiDeployTakesLong'), /target="shop\/api"\}\) > 1500$/);
  assert.deepEqual(made.left, [
    'latency.relative of shop/api: it has no bound of its own (max, min)',
    'mine.bad of shop/api: its query asks about one version',
  ]);
});

test('the age of a backup is its rpo, or what is asked for', () => {
  const old = (limits: Partial<typeof LIMITS> & { backup?: number }): string =>
    rules(alertRules(shop, { ...LIMITS, ...limits })).find(
      ({ alert }) => alert === 'ShopOrdersBackupOld',
    )?.expr ?? '';
  assert.match(old({}), /fairlead_backup_rpo_seconds\{system="shop",datastore="orders"\}\)$/);
  assert.match(old({ backup: 129_600_000 }), / > 129600$/);
});

test('promtool takes the rules, and each fires when it should and not before', (t: TestContext) => {
  const promtool = findPromtool();
  if (promtool === undefined) {
    t.skip('missing part: promtool');
    return;
  }
  const work = mkdtempSync(join(tmpdir(), 'fairlead-rules-'));
  t.after(() => {
    rmSync(work, { recursive: true, force: true });
  });
  const { groups } = alertRules(shop, { ...LIMITS, backup: 129_600_000 });
  writeFileSync(join(work, 'rules.yml'), JSON.stringify({ groups }));
  const series = (values: Record<string, string>): { series: string; values: string }[] =>
    Object.entries(values).map(([one, of]) => ({ series: one, values: of }));
  const own = 'system="shop",service="api",probe="false"';
  const cases: [alert: string, fires: boolean, input: Record<string, string>][] = [
    [
      'ShopApiErrorRatioHigh',
      true,
      {
        [`fairlead_requests_total{code="500",${own}}`]: '0+1x20',
        [`fairlead_requests_total{code="200",${own}}`]: '0+100x20',
      },
    ],
    ['ShopApiErrorRatioHigh', false, { [`fairlead_requests_total{code="200",${own}}`]: '0+9x20' }],
    [
      'ShopApiDeployTakesLong',
      true,
      { 'fairlead_oldest_working_deploy_age_seconds{target="shop/api"}': '1500+60x20' },
    ],
    [
      'ShopApiDeployTakesLong',
      false,
      { 'fairlead_oldest_working_deploy_age_seconds{target="shop/api"}': '0+60x20' },
    ],
    [
      'ShopOrdersBackupOld',
      true,
      { 'fairlead_backup_age_seconds{system="shop",datastore="orders"}': '129600+60x20' },
    ],
    [
      'ShopOrdersBackupOld',
      false,
      { 'fairlead_backup_age_seconds{system="shop",datastore="orders"}': '60+60x20' },
    ],
  ];
  const tests = cases.map(([alert, fires, input]) => ({
    interval: '1m',
    input_series: series(input),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
        eval_time: '15m',
        exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }],
      },
    ],
  }));
  const file = { rule_files: ['rules.yml'], evaluation_interval: '1m', tests };
  writeFileSync(join(work, 'test.yml'), JSON.stringify(file));
  execFileSync(promtool, ['check', 'rules', join(work, 'rules.yml')], { stdio: 'pipe' });
  execFileSync(promtool, ['test', 'rules', join(work, 'test.yml')], { stdio: 'pipe' });
});
