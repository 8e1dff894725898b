import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeValue } from '../../../src/domain/text/describe-value.ts';

const TABLE: [unknown, string][] = [
  [undefined, 'nothing'],
  [null, 'null'],
  [7, '7'],
  ['', 'an empty text'],
  ['v 2', '"v 2"'],
  ['a\n\u001bb', '"a b"'],
  ['x'.repeat(80), `"${'x'.repeat(80)}"`],
  ['x'.repeat(81), 'a text of 81 characters'],
  [[], 'an empty list'],
  [{}, 'an empty object'],
  [{ a: 1, b: 2 }, 'an object with a, b'],
  [{ ['x'.repeat(81)]: 1 }, 'an object with 1 field'],
  [{ $undecodable: 'secret' }, 'something that could not be decoded'],
];

for (const [value, words] of TABLE) {
  test(`a value is described as ${words.slice(0, 60)}`, () => {
    assert.equal(describeValue(value), words);
  });
}
