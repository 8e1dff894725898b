import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapped } from '../../src/cli/output/wrap.ts';

const LONG = `  watch: ${'some words that go on '.repeat(12).trim()}`;

for (const columns of [80, 200]) {
  test(`at ${columns} columns no line is wider, no word is cut, and none is lost`, () => {
    const lines = wrapped(LONG, columns).split('\n');
    assert.ok(lines.length > 1);
    assert.ok(lines.every((line) => line.length <= columns));
    assert.ok(lines.slice(1).every((line) => /^ {6}\S/.test(line)));
    assert.equal(lines.map((line) => line.trim()).join(' '), LONG.trim());
  });
}

test('what fits stays as it is, and so does everything where no terminal is', () => {
  assert.equal(wrapped('  a  b   c', 80), '  a  b   c');
  assert.equal(wrapped(LONG, undefined), LONG);
});

test('a command is never broken, so that it can be copied', () => {
  const command = `npx fairlead backups accept shop/orders/20261122T085126.123Z --reason 'x y z'`;
  const said = `it is odd beside those before it, and not taken; fine as it is? ${command}`;
  const lines = wrapped(said, 80).split('\n');
  assert.equal(lines.length, 2);
  assert.equal(lines[1]?.trim(), command);
  const quoted = `${'word '.repeat(14)}see "fairlead status deploy/shop/api/v2", or wait for its end`;
  const rows = wrapped(quoted, 80);
  assert.match(rows, /"fairlead status deploy\/shop\/api\/v2", or/);
  const alone = `    fairlead approve ${'x'.repeat(100)} --gate weight-5`;
  assert.equal(wrapped(alone, 80), alone);
});

test('a word that is wider than the window stays whole', () => {
  const path = `/${'folder/'.repeat(20)}file`;
  assert.deepEqual(wrapped(`  its log is ${path} (0 of 2 ready)`, 80).split('\n'), [
    '  its log is',
    `      ${path}`,
    '      (0 of 2 ready)',
  ]);
});
