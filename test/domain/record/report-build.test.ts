import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceBody } from '../../../src/domain/record/evidence.ts';
import { buildReport, summarise } from '../../../src/domain/record/build-report.ts';
import { entriesOf, OPENED, ROLLED_BACK } from '../../support/record/evidence.ts';

test('a whole record gives the outcome, its reasons and who decided', () => {
  const report = buildReport(entriesOf(ROLLED_BACK));
  assert.equal(report.outcome, 'rolledBack');
  assert.equal(report.serving, 'old');
  assert.equal(report.clean, true);
  assert.equal(report.requestedBy, 'ci');
  assert.equal(report.plan?.to, 'v2');
  assert.deepEqual(report.findings, []);
  assert.deepEqual(
    report.decisions.map(({ actor, decision, trust }) => [actor, decision, trust]),
    [['ana', 'approved', 'claimed']],
  );
  assert.equal(report.verdicts[0]?.reason, '20 of 100 requests failed');
  assert.equal(report.evidence.entries.length, ROLLED_BACK.length);
});

test('a step tried again is one row from its first start to its last end', () => {
  const step = buildReport(entriesOf(ROLLED_BACK)).steps[0];
  assert.deepEqual(step, {
    id: 'weight-5',
    title: '5 % to v2',
    status: 'done',
    startedAt: '2026-01-01T12:00:02.000Z',
    endedAt: '2026-01-01T12:00:06.000Z',
    attempts: 2,
    waitedForPeopleMs: 1000,
  });
});

test('a record cut anywhere gives a report of an operation that still runs', () => {
  for (let length = 0; length < ROLLED_BACK.length; length += 1) {
    const report = buildReport(entriesOf(ROLLED_BACK.slice(0, length)));
    assert.equal(report.outcome, null, `cut after ${length}`);
    assert.equal(report.clean, false);
    assert.equal(report.endedAt, null);
    assert.deepEqual(report.findings, []);
  }
});

test('an undo that did not succeed is left over, also before the record was closed', () => {
  const left: EvidenceBody = {
    type: 'undo',
    step: 's',
    verb: 'scale',
    status: 'failed',
    detail: 'x',
  };
  const open = buildReport(entriesOf([OPENED, left]));
  assert.deepEqual(open.leftovers, ['s: scale failed: x']);
});

test('a closed record with leftovers is not clean', () => {
  const closed: EvidenceBody = {
    type: 'closed',
    outcome: 'failed',
    verdict: null,
    serving: 'mixed',
    message: 'm',
    leftovers: ['v2 is still there'],
  };
  const report = buildReport(entriesOf([OPENED, closed]));
  assert.equal(report.clean, false);
  assert.deepEqual(summarise(report).leftovers, ['v2 is still there']);
  assert.equal('steps' in summarise(report), false);
});

test('a step that was begun and never ended is a finding once the record is sealed', () => {
  const sealed: EvidenceBody[] = [
    OPENED,
    { type: 'step', id: 'weight-5', title: 't', status: 'started', attempts: 1 },
    {
      type: 'closed',
      outcome: 'interrupted',
      verdict: null,
      serving: 'mixed',
      message: 'lost',
      leftovers: [],
    },
  ];
  const { findings } = buildReport(entriesOf(sealed));
  assert.deepEqual(findings, ['weight-5 was begun, and how it ended was not recorded']);
});

test('a step that an abort cut off is a finding, but where an undo or a child says what became of it', () => {
  const step = (id: string): EvidenceBody => {
    return { type: 'step', id, title: 't', status: 'started', attempts: 1 };
  };
  const undo = {
    type: 'undo',
    step: 'mark',
    verb: 'takeBack',
    status: 'done',
    detail: '',
  } as const;
  const end = { outcome: 'aborted', verdict: null, serving: 'unknown', message: 'm' } as const;
  const sealed: EvidenceBody[] = [
    ...[OPENED, step('told'), step('mark'), undo],
    { type: 'closed', ...end, leftovers: [] },
  ];
  assert.deepEqual(buildReport(entriesOf(sealed)).findings, [
    'told was under way when the operation was aborted, and how far it came was not recorded',
  ]);
});

test('altered evidence is the report’s finding', () => {
  const entries = entriesOf(ROLLED_BACK).map((entry) =>
    entry.type === 'decision' ? { ...entry, actor: 'mallory' } : entry,
  );
  assert.match(
    buildReport(entries).findings.join(),
    /the evidence was altered: entry 5 \(decision/,
  );
});

test('waiting for people is counted once where gate, parking and pause overlap', () => {
  const message = (name: string): EvidenceBody => ({
    type: 'message',
    name,
    actor: 'ana',
    accepted: true,
    note: '',
    reason: null,
  });
  const gate = ROLLED_BACK.filter((body) => body.type === 'gate');
  const decision = ROLLED_BACK.filter((body) => body.type === 'decision');
  const bodies = [OPENED, message('pause'), ...gate, message('resume'), ...decision, OPENED];
  const all = buildReport(entriesOf(bodies)).timings.find((one) => one.phase === 'all');
  assert.equal(all?.waitedForPeopleMs, 3000);
});

test('who was told is in the report, and who could not be told is a finding too', () => {
  const notice = { type: 'notice', event: 'gate', about: 'weight-5 waits for an answer' } as const;
  const report = buildReport(
    entriesOf([
      OPENED,
      { ...notice, channel: 'ops', delivered: true },
      { ...notice, channel: 'chat', delivered: false, reason: 'it answered 404' },
    ]),
  );
  assert.deepEqual(
    report.notices?.map(({ channel, delivered, reason }) => [channel, delivered, reason]),
    [
      ['ops', true, undefined],
      ['chat', false, 'it answered 404'],
    ],
  );
  assert.deepEqual(report.findings, [
    'could not tell chat that weight-5 waits for an answer: it answered 404',
  ]);
});
