import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bar, code, fenced, plain, span } from '../../../src/domain/text/markdown.ts';

test('durations read as people say them', () => {
  const table: [number, string][] = [
    [0, '0 ms'],
    [850, '850 ms'],
    [4200, '4.2 s'],
    [200_000, '3 m 20 s'],
    [7_500_000, '2 h 05 m'],
    [273_600_000, '3 d 4 h'],
    [-1, '?'],
    [Number.NaN, '?'],
  ];
  for (const [ms, text] of table) assert.equal(span(ms), text);
});

test('a bar is as long as its share', () => {
  assert.equal(bar(0, 4), '░░░░');
  assert.equal(bar(50, 4), '██░░');
  assert.equal(bar(100, 4), '████');
  assert.equal(bar(250, 4), '████');
  assert.equal(bar(1, 4), '█░░░');
  assert.equal(bar(99, 4), '███░');
  assert.equal(bar(-5, 4), '░░░░');
});

test('text stays one line of text', () => {
  assert.equal(plain('a\n# b'), 'a \\# b');
  assert.equal(plain('- item'), '\\- item');
  assert.equal(plain('1. item'), '1\\. item');
  assert.equal(plain('3.2 s'), '3.2 s');
  assert.equal(plain('<script>&\u202e\u0007'), '\\<script\\>\\&');
});

test('a fence is longer than every fence inside', () => {
  assert.deepEqual(fenced('json', 'a````b'), ['`````json', 'a````b', '`````']);
});

test('code is quoted by more than is inside, and stays one line', () => {
  assert.equal(code('{"a":1}'), '`{"a":1}`');
  assert.equal(code('a``b\nc'), '```a``b c```');
  assert.equal(code('`a'), '`` `a ``');
});
