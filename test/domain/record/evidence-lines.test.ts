import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvidenceLines } from '../../../src/domain/record/evidence-lines.ts';
import { entriesOf, ROLLED_BACK } from '../../support/record/evidence.ts';

const WHOLE = entriesOf(ROLLED_BACK);
const LINES = WHOLE.map((entry) => JSON.stringify(entry));
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const line = (index: number): string => LINES[index] ?? assert.fail(`no line ${index}`);
const oddLine = (lines: readonly string[]): number | undefined =>
  readEvidenceLines(textOf(lines)).odd?.line;

test('evidence as it is written has nothing odd', () => {
  assert.deepEqual(readEvidenceLines(textOf(LINES)), { entries: WHOLE, unreadable: [] });
});

test('a line that is no entry is named, wherever it is', () => {
  const junk = [
    '{"seq":99,"type":"closed","outcome":"succeeded"}',
    'junk',
    '{',
    ' ',
    '\uFFFD',
    'null',
  ];
  for (const text of junk) {
    for (const at of [0, 4, LINES.length]) {
      // A brace alone is what a crash may leave before an entry.
      if (text === '{' && at < LINES.length) continue;
      assert.equal(oddLine(LINES.toSpliced(at, 0, text)), at + 1, `${text} at ${at}`);
    }
    if (text === '{') continue;
    const { odd } = readEvidenceLines(textOf(LINES) + text);
    assert.equal(odd?.line, LINES.length + 1, `${text} without a line break`);
  }
});

test('an entry that is repeated has to be the same', () => {
  assert.equal(oddLine([...LINES, line(5)]), undefined);
  const changed = line(5).replace('"actor":"ana"', '"actor":"eve"');
  assert.notEqual(changed, line(5));
  assert.equal(oddLine([...LINES, changed]), LINES.length + 1);
  assert.equal(oddLine(LINES.toSpliced(6, 0, changed)), 7);
});

test('a key that is there twice, other spacing and other line breaks are named', () => {
  const twice = line(5).replace('"actor":"ana"', '"actor":"eve","actor":"ana"');
  assert.equal(oddLine(LINES.with(5, twice)), 6);
  assert.equal(oddLine(LINES.with(5, ` ${line(5)}`)), 6);
  assert.equal(oddLine(LINES.map((text) => `${text}\r`)), 1);
});

test('half a line is fine before the whole one and at the end, cut at any byte', () => {
  const text = line(3).replace('weights', 'wéights');
  const bytes = Buffer.from(text);
  for (let cut = 0; cut < bytes.length; cut += 1) {
    const half = bytes.subarray(0, cut).toString();
    const repaired = readEvidenceLines(textOf([...LINES.slice(0, 3), half, half, text]));
    assert.equal(repaired.odd, undefined, half);
    const crashed = readEvidenceLines(textOf(LINES.slice(0, 3)) + half);
    assert.equal(crashed.odd, undefined, half);
    assert.equal(crashed.entries.length, 3);
  }
});

test('half a line is named before another one, and when a line break follows at the end', () => {
  const half = line(3).slice(0, -9);
  assert.equal(oddLine(LINES.toSpliced(6, 0, half)), 7);
  assert.equal(oddLine([...LINES.slice(0, 3), half]), 4);
});
