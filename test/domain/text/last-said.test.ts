// What is told of a program that died, in the middle of a sentence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastSaid } from '../../../src/platforms/local/end-of-log.ts';

const STACK = Array.from({ length: 20 }, (_, n) => `    at step${n} (/srv/api.mjs:${n}:1)`);

test('of an uncaught error the message is told, with its cause, and no stack', () => {
  const printed = [
    ...['listening soon', '/srv/api.mjs:12', '  throw new Error("no table loans");', '  ^', ''],
    ...['Error: no table loans', ...STACK, '{'],
    ...['  [cause]: Error: connect ECONNREFUSED 127.0.0.1:5432', ...STACK, '    {'],
    ...["    code: 'ECONNREFUSED'", '  }', '}', '', 'Node.js v22.11.0', ''],
  ];
  assert.equal(
    lastSaid(printed.join('\n')),
    "Error: no table loans; [cause]: Error: connect ECONNREFUSED 127.0.0.1:5432; code: 'ECONNREFUSED'",
  );
});

test('of everything else the last lines are told, each cut where it is too long', () => {
  assert.equal(lastSaid('one\ntwo\n\nthree\nfour\n'), 'two; three; four');
  assert.equal(lastSaid(`x${'y'.repeat(5000)}`).length, 300);
  assert.equal(lastSaid(' \n'), '');
});

test('an error that was survived long ago is not what it said last', () => {
  const later = Array.from({ length: 30 }, (_, n) => `request ${n}`);
  const printed = ['Error: a warning', ...STACK, ...later].join('\n');
  assert.equal(lastSaid(printed), 'request 27; request 28; request 29');
});

test('what is said again and again is told once', () => {
  assert.equal(lastSaid('no module named flask\n'.repeat(5)), 'no module named flask');
});
