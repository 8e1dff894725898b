import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import { matches, parseSelector, withLabels } from '../../../src/domain/analysis/selector.ts';

const cases: [string, Record<string, string>, boolean][] = [
  ['a', { code: '200' }, true],
  ['b', {}, false],
  ['a{}', {}, true],
  ['a{code="200"}', { code: '200' }, true],
  ['a{code="200"}', { code: '2000' }, false],
  ['a{code="200",}', { code: '200' }, true],
  ["a{ code = '200' , path!='/x' }", { code: '200', path: '/y' }, true],
  ['a{code!="200"}', { code: '200' }, false],
  ['a{code!="200"}', {}, true],
  ['a{code=""}', {}, true],
  ['a{code=~"5.."}', { code: '503' }, true],
  ['a{code=~"5.."}', { code: '5030' }, false],
  ['a{code=~"5"}', { code: '503' }, false],
  ['a{code=~"2..|5.."}', { code: '1503' }, false],
  ['a{code!~"5.."}', { code: '200' }, true],
  ['a{code!~"5.."}', { code: '500' }, false],
  ['a{code=~".*"}', {}, true],
  ['a{path=~"/v\\\\d/.*"}', { path: '/v2/x' }, true],
  ['a{path=~"a.b"}', { path: 'a\nb' }, true],
  ['a{path="say \\"hi\\""}', { path: 'say "hi"' }, true],
  ['a{constructor=""}', {}, true],
];
for (const [selector, labels, expected] of cases) {
  test(`${selector} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(labels)}`, () => {
    assert.equal(matches(parseSelector(selector), { name: 'a', labels, value: 1 }), expected);
  });
}

const wrong: [string, RegExp][] = [
  ['', /not a name/],
  ['1a', /not a name/],
  ['a{', /not a name/],
  ['a{code}', /"code" is not label="value"/],
  ['a{code=200}', /not label="value"/],
  ['a{code="1" path="2"}', /not label="value"/],
  ['a{code=~"("}', /the regex \( cannot be read/],
  ['a{code=~"a)|(b"}', /cannot be read/],
  ['a{code=~"(?=x)"}', /look-around/],
  ['a{code=~"(a)\\\\1"}', /back reference/],
  ['a{code=~"\\d"}', /\\d is no escape: a backslash is written \\\\/],
];
for (const [selector, message] of wrong) {
  test(`refuses ${JSON.stringify(selector)} and says what may be written`, () => {
    assert.throws(
      () => parseSelector(selector),
      (error) =>
        error instanceof Failure &&
        error.kind === 'BadInput' &&
        message.test(error.message) &&
        error.message.includes('Write name'),
    );
  });
}

test('added labels narrow a selector and leave the first one as it was', () => {
  const all = parseSelector('a{code="200"}');
  const narrow = withLabels(all, { revision: 'v1' });
  const sample = (revision: string) => ({ name: 'a', labels: { code: '200', revision }, value: 1 });
  assert.equal(matches(narrow, sample('v1')), true);
  assert.equal(matches(narrow, sample('v2')), false);
  assert.equal(matches(all, sample('v2')), true);
});
