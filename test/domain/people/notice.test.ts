import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMessage } from '../../../src/domain/people/message.ts';
import type { NoticeSubject } from '../../../src/domain/people/notice-facts.ts';
import {
  channelsFor,
  noticeKey,
  noticeOf,
  noticeText,
  noticeWords,
} from '../../../src/domain/people/notice.ts';
import { DIGEST } from '../../support/record/evidence.ts';
import { FACTS, GATE } from '../../support/notices.ts';

const OPERATION = FACTS.operation;
const PARKED: NoticeSubject = {
  event: 'parked',
  step: 'weight-5',
  problem: 'the weights are not as they were left.',
  answers: ['retryStep', 'adopt', 'skipStep', 'abort'],
};
const ENDED: NoticeSubject = {
  event: 'ended',
  outcome: 'rolledBack',
  message: 'errors failed at weight-5',
  leftovers: ['v2 could not be removed'],
};
const ROWS: [subject: NoticeSubject, key: string, title: string, text: string, that: string][] = [
  [
    { event: 'gate', gate: GATE, to: [] },
    'gate/weight-5',
    `${OPERATION} waits for approval of weight-5`,
    '0 of 1 approvals given; may answer: ana, ben. No answer until 2026-01-02 12:00 UTC counts as no.',
    'weight-5 waits for an answer',
  ],
  [
    { event: 'reminder', gate: { ...GATE, id: 'weight-5#2', have: 1, need: 2 }, to: [] },
    'reminder/weight-5#2',
    `Reminder: ${OPERATION} still waits for approval of weight-5#2`,
    '1 of 2 approvals given; may answer: ana, ben. No answer until 2026-01-02 12:00 UTC counts as no.',
    'weight-5#2 still waits for an answer',
  ],
  [
    { event: 'escalation', gate: GATE, to: ['boss', 'cto'] },
    'escalation/weight-5',
    `Escalated to boss, cto: ${OPERATION} still waits for approval of weight-5`,
    '0 of 1 approvals given; may answer: ana, ben. No answer until 2026-01-02 12:00 UTC counts as no.',
    'weight-5 was escalated to boss, cto',
  ],
  [
    PARKED,
    'parked/weight-5',
    `${OPERATION} is parked at weight-5`,
    'the weights are not as they were left. Nothing is changed until somebody answers.',
    'it is parked at weight-5',
  ],
  [
    ENDED,
    'ended',
    `${OPERATION} ended: rolledBack`,
    'errors failed at weight-5',
    'it ended: rolledBack',
  ],
];
for (const [subject, key, title, text, that] of ROWS) {
  test(`${subject.event}: says what happened, to what, and what it waits for`, () => {
    const notice = noticeOf({ ...FACTS, subject });
    assert.equal(notice.title, title);
    assert.equal(notice.text, text);
    assert.equal(noticeKey(subject), key);
    assert.equal(noticeWords(subject), that);
    assert.equal(notice.event, subject.event);
  });
}

test('the circumstances are fields: system, who asked and why, verdicts, what is left over', () => {
  const fields = (subject: NoticeSubject) =>
    noticeOf({ ...FACTS, subject }).fields.map(({ name, value }) => `${name}: ${value}`);
  const all = ['System: shop', 'Requested by: ci', 'Reason: build 12'];
  assert.deepEqual(fields(FACTS.subject), [...all, 'Policy: promote', 'Verdicts: errors: pass']);
  const at = new Date(Date.parse(FACTS.at) - 4 * 3_600_000).toISOString();
  const old = { ...GATE, verdicts: [{ name: 'errors', verdict: 'pass', at }] };
  const reminder = fields({ event: 'reminder', gate: old, to: [] });
  assert.equal(reminder.at(-1), 'Verdicts: errors: pass (4 h ago)');
  assert.deepEqual(fields(ENDED), [...all, 'Left over: v2 could not be removed']);
  const unknown = noticeOf({ ...FACTS, requestedBy: null, reason: null, subject: PARKED });
  assert.deepEqual(
    unknown.fields.map(({ value }) => value),
    ['shop', 'nobody known'],
  );
});

test('a gate is answered by approve or reject, with the digest that it opened with', () => {
  const [approve, reject, ...others] = noticeOf(FACTS).answers;
  assert.equal(approve?.command, `fairlead approve ${OPERATION} --gate weight-5`);
  assert.equal(approve.json, `{"actor":"YOUR-NAME","gate":"weight-5","digest":"${DIGEST}"}`);
  assert.equal(reject?.command, `fairlead reject ${OPERATION} --gate weight-5`);
  assert.deepEqual(others, []);
});

test('a parked step is answered by what it may be answered with, and an end by nothing', () => {
  const { answers } = noticeOf({ ...FACTS, subject: PARKED });
  assert.deepEqual(
    answers.map(({ command }) => command),
    ['retry', 'adopt', 'skip', 'abort'].map((verb) => `fairlead ${verb} ${OPERATION}`),
  );
  assert.deepEqual(noticeOf({ ...FACTS, subject: ENDED }).answers, []);
  assert.equal(
    noticeOf({ ...FACTS, subject: ENDED }).look,
    `fairlead report ${OPERATION} --run run-1`,
  );
});

test('everything that a notice says to paste is a message the operation reads', () => {
  for (const [subject] of ROWS) {
    for (const { message, json } of noticeOf({ ...FACTS, subject }).answers) {
      parseMessage(message, JSON.parse(json));
    }
  }
});

test('the second time of the same has another key', () => {
  assert.equal(noticeKey(PARKED, 2), 'parked/weight-5#2');
});

test('whatever was typed is one line of bounded length, without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (typed) => {
      const subject: NoticeSubject = { ...ENDED, message: typed, leftovers: [typed] };
      const notice = noticeOf({ ...FACTS, reason: typed, subject });
      for (const text of [notice.title, notice.text, ...notice.fields.map((one) => one.value)]) {
        assert.doesNotMatch(text, /\p{Cc}|[\u2028\u2029\u202e]/u);
        assert.ok(text.length <= 1002);
      }
    }),
  );
});

test('as text it has everything: what happened, fields, answers and where more is', () => {
  const lines = noticeText(noticeOf(FACTS)).split('\n');
  assert.equal(lines[0], noticeOf(FACTS).text);
  assert.ok(lines.includes('approve: yes: go on'));
  assert.ok(lines.includes(`  fairlead approve ${OPERATION} --gate weight-5`));
  assert.equal(lines.at(-1), `More: fairlead status ${OPERATION}`);
});

test('a channel without events wants all of them', () => {
  const channels = {
    all: { type: 'console' as const },
    ends: { type: 'console' as const, events: ['ended' as const] },
  };
  assert.deepEqual(Object.keys(channelsFor(channels, 'gate')), ['all']);
  assert.deepEqual(Object.keys(channelsFor(channels, 'ended')), ['all', 'ends']);
  assert.deepEqual(channelsFor(undefined, 'gate'), {});
});
