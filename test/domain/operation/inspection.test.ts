// What a question may ask, and what is said of one that makes no sense: all of it at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import { parseInspection } from '../../../src/domain/operation/inspection.ts';

function refused(raw: unknown): string {
  try {
    parseInspection(raw);
  } catch (error) {
    assert.ok(error instanceof Failure && error.kind === 'BadInput');
    return error.message;
  }
  return assert.fail('it was taken');
}

test('every problem of a question is named at once', () => {
  const said = refused({ sytem: 'shop', system: 7, backups: 'yes', logs: {}, report: 1 });
  for (const problem of [
    /\(1\) has no field "sytem" \(did you mean system\?\)/,
    /\(2\) system is 7/,
    /\(3\) report is 1/,
    /\(4\) logs is/,
    /\(5\) backups is "yes", allowed: true or false/,
    /\(6\) looks at one thing at a time, and report, logs were sent/,
    /; send one JSON object, for example \{"system":"shop"\}$/,
  ]) {
    assert.match(said, problem);
  }
  assert.equal(said.match(/for example \{"system"/g)?.length, 1, said);
});

test('one problem is said without a number', () => {
  assert.match(refused({ system: 'shop', backup: true }), /^inspectSystem has no field "backup"/);
  assert.match(refused({ system: 'shop', backups: true, recovery: true }), /looks at one thing/);
  assert.match(refused('shop'), /^inspectSystem needs one JSON object, not "shop"/);
});

test('a question that makes sense is taken', () => {
  assert.deepEqual(parseInspection({ system: 'shop' }), { system: 'shop', report: null });
  assert.deepEqual(parseInspection({ schedules: true }), {
    system: '',
    report: null,
    schedules: true,
  });
  assert.deepEqual(parseInspection({ system: 'shop', backups: true, recovery: false }), {
    system: 'shop',
    report: null,
    backups: true,
  });
});
