import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceBody } from '../../src/domain/record/evidence.ts';
import { buildReport } from '../../src/domain/record/build-report.ts';
import { reportToMarkdown } from '../../src/reports/markdown.ts';
import { entriesOf, OPENED, ROLLED_BACK } from '../support/record/evidence.ts';
import { comparedReport, measuredReport } from '../support/record/report-samples.ts';

const WHOLE = reportToMarkdown(buildReport(entriesOf(ROLLED_BACK)));

test('the outcome comes first, then why', () => {
  const lines = WHOLE.split('\n');
  assert.equal(lines[0], '# deploy/shop/api/v2: rolledBack');
  assert.equal(lines[2], 'errors failed at weight-25');
});

test('a claimed decision is called asserted, and its reason cannot break the table', () => {
  assert.match(WHOLE, /\| weight-5 \| approved \| ana \| asserted \| looks \\\| fine \|/);
  assert.match(WHOLE, /no signature proves/);
});

test('steps have durations, with the waiting for people apart', () => {
  assert.match(WHOLE, /\| weight-5 \| .* \| 4\.0 s \| 1\.0 s \| 2 \|/);
});

test('every section that has something is there, and none that is empty', () => {
  const titles = [...WHOLE.matchAll(/^## (.*)$/gm)].map((match) => match[1]);
  assert.deepEqual(titles, [
    'Plan',
    'Weights over time',
    'Decisions',
    'Verdicts',
    'Steps',
    'Undone',
    'Timings',
    'Evidence',
  ]);
});

test('a record cut anywhere is a report that says it still runs', () => {
  for (let length = 0; length < ROLLED_BACK.length; length += 1) {
    const text = reportToMarkdown(buildReport(entriesOf(ROLLED_BACK.slice(0, length))));
    assert.match(text, /^# .*: still running\n/);
  }
});

test('a verdict that stands on no known number of samples shows none', () => {
  const verdict = { type: 'verdict', step: 'fence', name: 'fence', verdict: 'pass' } as const;
  const bodies = [0, 550].map((samples) => ({ ...verdict, reason: 'it was looked', samples }));
  const text = reportToMarkdown(buildReport(entriesOf([OPENED, ...bodies])));
  const [without = '', counted = ''] = text
    .split('\n')
    .filter((line) => line.includes('| it was looked |'));
  assert.match(without, /\| it was looked \| *\|$/);
  assert.match(counted, /\| it was looked \| 550 \|$/);
});

test('a thousand steps are a thousand rows, each of eight cells', () => {
  const steps = Array.from({ length: 1000 }, (_, index): EvidenceBody => ({
    type: 'step',
    id: `step-${index}`,
    title: 'a | b\n| c',
    status: 'done',
    attempts: 1,
    detail: '`|`',
  }));
  const text = reportToMarkdown(buildReport(entriesOf([OPENED, ...steps])));
  const rows = text.split('\n').filter((line) => line.startsWith('| step-'));
  assert.equal(rows.length, 1000);
  for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length - 2, 8);
});

test('what was compared has a row with both sides and what was said', () => {
  const text = reportToMarkdown(comparedReport());
  const [, section = ''] = text.split('## Compared with the stable revision');
  const rows = section.split('\n').filter((line) => line.includes('p95-ms'));
  assert.ok(rows.length > 0);
  assert.match(rows[0] ?? '', /High \| 140 \\\(130 to 150\\\) of 41 \| 120 .* 20 higher/);
  assert.match(section, /Nodata \| no data \| 1 /);
  assert.doesNotMatch(reportToMarkdown(measuredReport()), /Compared with/);
});

test('who was told what has a row, and why somebody was not', () => {
  const notice = { type: 'notice', event: 'ended', about: 'it ended: succeeded' } as const;
  const told: EvidenceBody[] = [
    { ...notice, channel: 'ops', delivered: true },
    { ...notice, channel: 'chat', delivered: false, reason: 'a | b' },
  ];
  const text = reportToMarkdown(buildReport(entriesOf([OPENED, ...told])));
  assert.match(text, /## Notices\n\n.*\n.*\n\| .* \| ops \| it ended: succeeded \| delivered \|/);
  assert.match(text, /\| chat \| it ended: succeeded \| not delivered \| a \\\| b \|/);
});

test('the numbers behind the charts of the page stand in the text too', () => {
  const text = reportToMarkdown(measuredReport());
  assert.match(text, /## Weights over time\n\nWeights of api [^]*\| v1 95 % and v2 5 % \|/);
  assert.match(
    text,
    /## What each revision answered\n\n[^]*\| weight-25 \| 0\.01 to 0\.2, 120 requests \| 0\.001, 2,280 requests \| fail \|/,
  );
});
