// Colours of what is printed: on a terminal only, unless somebody says otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coloured, hasColour } from '../../src/cli/output/colour.ts';

const terminal = { isTTY: true };
const pipe = { isTTY: false };

test('a terminal has colours, a pipe and a dumb terminal have none', () => {
  assert.equal(hasColour(terminal, { TERM: 'xterm' }), true);
  assert.equal(hasColour(terminal, { TERM: 'dumb' }), false);
  assert.equal(hasColour(pipe, {}), false);
});

test('NO_COLOR takes them, FORCE_COLOR gives them, and NO_COLOR wins', () => {
  assert.equal(hasColour(terminal, { NO_COLOR: '1' }), false);
  assert.equal(hasColour(terminal, { NO_COLOR: '' }), true);
  assert.equal(hasColour(pipe, { FORCE_COLOR: '1' }), true);
  assert.equal(hasColour(terminal, { FORCE_COLOR: '0' }), false);
  assert.equal(hasColour(terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }), false);
});

test('what went well is green, what did not red, and all else as it is', () => {
  assert.equal(coloured('  ✔ smoke: 3 checks'), '\x1b[32m  ✔\x1b[39m smoke: 3 checks');
  assert.equal(coloured('  ✘ smoke'), '\x1b[31m  ✘ smoke\x1b[39m');
  assert.equal(
    coloured('deploy/a/b/v1: succeeded: done\nas planned'),
    'deploy/a/b/v1: \x1b[32msucceeded\x1b[39m: done\nas planned',
  );
  assert.equal(coloured('    fairlead status x'), '    fairlead status x');
});
