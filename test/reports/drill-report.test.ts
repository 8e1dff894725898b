// The report of a drill: the verdict first, every check with what was expected and got, and what did not run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryOf } from '../../src/domain/backup/backup.ts';
import { buildReport } from '../../src/domain/record/build-report.ts';
import type { EvidenceBody } from '../../src/domain/record/evidence.ts';
import { planDrill } from '../../src/runbooks/drill.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { drillTables } from '../../src/reports/drill-tables.ts';
import { reportToHtml } from '../../src/reports/html.ts';
import { reportToMarkdown } from '../../src/reports/markdown.ts';
import { completeBackup } from '../support/datastores/catalogue-entries.ts';
import { DIGEST, entriesOf } from '../support/record/evidence.ts';
import { sampleSystem } from '../support/samples.ts';

const loaded = sampleSystem(
  { datastores: ['orders'] },
  {
    datastores: { orders: { kind: 'files', directory: 'data' } },
    drill: { rto: '10s', golden: [{ service: 'api', name: 'total', http: '/total' }] },
  },
);
const place = { datastore: 'orders', kind: 'folder', path: '/systems/shop/data' } as const;
const backup = summaryOf(completeBackup({ daysOld: 1 }));
const plan = planDrill({
  ...{ operation: 'drill/shop', loaded, runId: '01234567-89ab' },
  restored: [{ datastore: 'orders', backup, place }],
  flushed: [],
  live: [place],
  services: [revisionSpec(loaded, 'api', 'v1')],
});
const verdict = (step: string, name: string, more: object = {}): EvidenceBody => ({
  ...{ type: 'verdict', step, name, verdict: 'pass', reason: `${name} is fine`, samples: 1 },
  ...more,
});
const bodies: EvidenceBody[] = [
  {
    ...{ type: 'opened', operation: 'drill/shop', kind: 'disasterRecovery', system: 'shop' },
    ...{ systemDigest: DIGEST, workflowId: 'drill/shop', runId: 'run-1' },
    ...{ requestedBy: null, reason: null },
  },
  { type: 'planned', plan },
  verdict('preflight', 'rpo orders', { expected: 'at most 36 h', got: '24 h' }),
  verdict('fence', 'fence orders', { expected: 'outside reached, inside refused', got: 'so' }),
  verdict('artefact-orders', 'artefact'),
  verdict('restore-orders', 'loads', { verdict: 'fail', reason: 'a row does not load' }),
  {
    ...{ type: 'closed', outcome: 'failed', verdict: 'fail', serving: 'old' },
    ...{ message: 'orders: loads: a row does not load', leftovers: [] },
  },
];
const report = buildReport(entriesOf(bodies));

test('opens with the verdict, in Markdown and in HTML', () => {
  assert.match(
    reportToMarkdown(report),
    /^# Verdict: fail \(drill\/shop\)\n\norders: loads: a row/,
  );
  assert.match(reportToHtml(report), /<h1>.*Verdict: fail<\/span><\/h1>/);
  const aborted = buildReport(
    entriesOf(bodies.map((one) => (one.type === 'closed' ? { ...one, outcome: 'aborted' } : one))),
  );
  assert.match(reportToMarkdown(aborted), /^# drill\/shop: aborted\n/);
});

test('calls itself a drill for people, and by its kind for programs', () => {
  assert.match(reportToHtml(report), /<p class="eyebrow">Fairlead report · Drill · shop<\/p>/);
  assert.match(reportToMarkdown(report), /\| Kind +\| Drill +\|/);
  assert.equal(report.kind, 'disasterRecovery');
});

test('folds what passed, shows what did not, and says no heading twice', () => {
  const page = reportToHtml(report);
  const isolation = '<h2>Isolation</h2><details><summary>1 of 1 passed</summary>';
  assert.ok(page.includes(`<section id="isolation">${isolation}`), page);
  assert.match(page, /<h2>Verification<\/h2><details open><summary>1 of \d+ passed<\/summary>/);
  for (const [, heading, first] of page.matchAll(/<h2>([^<]+)<\/h2>.*?<caption>([^<]*)</g)) {
    assert.notEqual(heading, first);
  }
  assert.match(page, /<caption class="unseen">Verification<\/caption>/);
});

test('tells of every check what was expected and got, and which did not run', () => {
  const rows = drillTables(report).find(({ id }) => id === 'verification')?.rows ?? [];
  const brief = rows.map(([step, check, , got, verdict]) => [step, check, got, verdict]);
  assert.deepEqual(brief, [
    ['artefact-orders', 'artefact', 'artefact is fine', 'pass'],
    ['restore-orders', 'loads', 'a row does not load', 'fail'],
    ['complete-orders', 'complete', '', 'not run'],
    ['correct-orders', 'correct', '', 'not run'],
    ['start-api', 'start-api', '', 'not run'],
    ['usable', 'golden total', '', 'not run'],
  ]);
});

test('has what was measured, isolated, recovered from, and what a recovery does otherwise', () => {
  const markdown = reportToMarkdown(report);
  assert.match(markdown, /## RPO and RTO\n[^#]*rpo orders \| at most 36 h \| 24 h \| pass/);
  assert.match(markdown, /## Isolation\n[^#]*fence orders \| outside reached, inside refused/);
  assert.ok(markdown.includes(backup.id));
  assert.match(markdown, /## What a recovery does otherwise\n[^#]*for everybody/);
  assert.ok(
    !markdown.includes('## Verdicts'),
    'every verdict stands in one table, and in no other',
  );
});

test('of a verification has them where the service is started, and of another operation none', () => {
  const verification = { ...report, kind: 'verifyBackup' };
  assert.deepEqual(drillTables(verification), drillTables(report));
  assert.ok(!reportToMarkdown(verification).includes('## Verdicts'));
  const steps = plan.steps.filter(({ action }) => action.kind !== 'usable');
  assert.deepEqual(drillTables({ ...verification, plan: { ...plan, steps } }), []);
});
