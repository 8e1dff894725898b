// What the demo counts and judges, from reports and answers made up here; demo.slow.ts runs the whole of it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LoadAnswer } from '../../demo/load.ts';
import { judge as judgeBlueGreen } from '../../demo/blue-green-promises.ts';
import { judge, type Evidence } from '../../demo/canary-promises.ts';
import { atItsWeight, byVersion, sharesOf } from '../../demo/tally.ts';
import { buildReport } from '../../src/domain/record/build-report.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { runDemonstration } from '../../src/cli/verbs/demo.ts';
import { ROOT } from '../support/entry.ts';
import { entriesOf, ROLLED_BACK } from '../support/record/evidence.ts';
import { runCli } from '../support/run-cli.ts';

test('a package without the demonstration says where it is: exit 2', async () => {
  const away = join(ROOT, 'nowhere', 'main.ts');
  await assert.rejects(runDemonstration(away, []), {
    code: 2,
    message: /comes with the repository of Fairlead/,
  });
});

test('the demonstration explains itself, started by its verb too', async () => {
  const { code, stdout } = await runCli(['demo', '--help']);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^Usage: fairlead demo .*\[what\][^]*blue-green[^]*--keep[^]*fairlead demo drill/,
  );
  const wrong = await runCli(['demo', 'red-green']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Allowed choices are canary, blue-green, drill/);
});

const NOON = Date.UTC(2026, 0, 1, 12);
/** Its weight of 5 % is in force from the third second after noon to the sixth. */
const REPORT: Report = buildReport(entriesOf(ROLLED_BACK));

/** `count` answers within the second that begins `second` seconds after noon. */
function answers(second: number, count: number, version: string, status = 200): LoadAnswer[] {
  const startedAt = NOON + second * 1000 + 100;
  return Array.from({ length: count }, () => ({
    startedAt,
    endedAt: startedAt + 5,
    version,
    status,
  }));
}

test('answers are counted by version and status', () => {
  const seen = [...answers(0, 3, 'v1'), ...answers(0, 1, 'v2', 500), ...answers(0, 1, '', 0)];
  assert.deepEqual(byVersion(seen), [
    { version: 'v1', answers: 3, ok: 3, failed: {} },
    { version: 'v2', answers: 1, ok: 0, failed: { 500: 1 } },
    { version: '', answers: 1, ok: 0, failed: { 0: 1 } },
  ]);
});

test('the share of a weight counts only what was answered while it was in force', () => {
  const seen = [
    ...answers(1, 50, 'v1'),
    ...answers(4, 95, 'v1'),
    ...answers(4, 5, 'v2'),
    ...answers(9, 50, 'v2'),
  ];
  assert.deepEqual(sharesOf(REPORT, seen), [
    { version: 'v2', weight: 5, answers: 100, met: 5, failed: 0 },
  ]);
});

test('a share is at its weight within what chance allows, and never without any answer', () => {
  const share = { version: 'v2', weight: 5, answers: 400, failed: 0 };
  const met = [0, 1, 20, 41, 43, 100];
  assert.deepEqual(
    met.map((count) => atItsWeight({ ...share, met: count })),
    [false, true, true, true, false, false],
  );
  assert.equal(atItsWeight({ ...share, answers: 6, met: 0 }), true);
  assert.equal(atItsWeight({ ...share, answers: 0, met: 0 }), false);
});

const QUIET = { system: 's', systemDigest: '', services: {}, operations: [] };
const KILL = { pid: 1, at: NOON + 1000, backPid: 2, backAt: NOON + 2000 };

function held(changes: Partial<Evidence>): Record<string, boolean> {
  const evidence = { first: REPORT, good: REPORT, bad: REPORT, answers: [], kill: KILL };
  const promises = judge({ ...evidence, system: QUIET, ...changes });
  return Object.fromEntries(promises.map((one) => [one.promise, one.held]));
}

test('nothing is promised to have held when nothing was seen', () => {
  assert.deepEqual(Object.values(held({})).filter(Boolean), []);
});

test('a failed request breaks the promise unless the bad version answered it', () => {
  const promise = 'no request failed but those that v3-errors answered';
  const fine = answers(1, 9, 'v1');
  assert.equal(held({ answers: [...fine, ...answers(1, 1, 'v2', 500)] })[promise], true);
  assert.equal(held({ answers: [...fine, ...answers(1, 1, 'v1', 500)] })[promise], false);
  assert.equal(held({ answers: [...fine, ...answers(1, 1, '', 0)] })[promise], false);
});

test('a worker that never came back breaks the promise', () => {
  const promise = 'the killed worker was replaced, the deploy went on, and no user noticed';
  const seen = answers(1, 9, 'v1');
  assert.equal(held({ answers: seen })[promise], true);
  assert.equal(held({ answers: seen, kill: { ...KILL, backPid: 1 } })[promise], false);
  assert.equal(held({ answers: seen, kill: { ...KILL, at: NOON + 60_000 } })[promise], false);
});

test('of blue-green too nothing is promised to have held when nothing was seen', () => {
  const reports = { first: REPORT, good: REPORT, back: REPORT, slow: REPORT };
  const promises = judgeBlueGreen({ ...reports, answers: [], kill: KILL, system: QUIET });
  assert.deepEqual(
    promises.filter((one) => one.held),
    [],
  );
  assert.equal(promises.length, 8);
});

test('one answer of the new side before the switch breaks the promise that nobody met it', () => {
  const started = new Date(NOON).toISOString();
  const switched = new Date(NOON + 5000).toISOString();
  const step = { id: 'switch', title: '', status: 'done', startedAt: switched, endedAt: null };
  const good = {
    ...REPORT,
    startedAt: started,
    steps: [{ ...step, attempts: 1, waitedForPeopleMs: 0 }],
  };
  const reports = { first: REPORT, good, back: REPORT, slow: REPORT };
  const seen = (more: LoadAnswer[]) =>
    judgeBlueGreen({
      ...reports,
      answers: [...answers(1, 9, 'v1'), ...more],
      kill: KILL,
      system: QUIET,
    }).find((one) => one.promise.includes('before any user met it'))?.held;
  assert.equal(seen(answers(7, 9, 'v2')), true);
  assert.equal(seen(answers(3, 1, 'v2')), false);
});
