import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  filledQuery,
  strangePlaceholders,
  tellsRevisions,
  versionIn,
} from '../../../src/domain/analysis/query-template.ts';

const subject = { system: 'shop', service: 'api', revision: 'v2-0123456789', version: 'v2' };

test('placeholders are replaced, with and without spaces, as often as they stand there', () => {
  const query = 'a{r="{{revision}}"} / b{r="{{ revision }}",v="{{version}}",s="{{service}}"}';
  assert.equal(
    filledQuery(query, subject),
    'a{r="v2-0123456789"} / b{r="v2-0123456789",v="v2",s="api"}',
  );
});

test('a value cannot leave the string that it is put into', () => {
  const wild = { ...subject, version: 'a"} or up{x=\'\\' };
  assert.equal(filledQuery('e{v="{{version}}"}', wild), 'e{v="a\\"} or up{x=\\\'\\\\"}');
});

test('a dollar sign in a value is no pattern', () => {
  assert.equal(filledQuery('{{version}}', { ...subject, version: '$&$1' }), '$&$1');
});

test('only a query with a revision or a version tells the revisions apart', () => {
  assert.ok(tellsRevisions('e{r="{{ revision }}"}'));
  assert.ok(tellsRevisions('e{r="{{version}}"}'));
  assert.ok(!tellsRevisions('e{s="{{service}}"}'));
});

test('what is no placeholder is named', () => {
  assert.deepEqual(strangePlaceholders('a{{b}} {{revision}} {{ c }}'), ['b', 'c']);
  assert.deepEqual(strangePlaceholders('a{{revision}'), ['{{']);
  assert.deepEqual(strangePlaceholders('a{b="c"}'), []);
});

test('the version of a revision is read from its id', () => {
  assert.equal(versionIn('1.4.0-rc.1-ae18f65168'), '1.4.0-rc.1');
  assert.equal(versionIn('new'), 'new');
});
