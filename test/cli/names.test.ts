import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationFlag, numberFlag } from '../../src/cli/flags.ts';
import { actorName } from '../../src/cli/identity.ts';
import { looksLikeOperation, operationName, serviceTarget, target } from '../../src/cli/ids.ts';
import { clean, columns } from '../../src/cli/output/print.ts';

const BAD_INPUT = { name: 'ExitError', code: 2 };

test('targets are a system, or a system and a service', () => {
  assert.deepEqual(target('shop'), { system: 'shop' });
  assert.deepEqual(target('shop/api'), { system: 'shop', service: 'api' });
  assert.deepEqual(serviceTarget('shop/api'), { system: 'shop', service: 'api' });
});

test('what is no target is refused', () => {
  for (const text of [
    '',
    'Shop',
    'a/b/c',
    'shop/',
    '/api',
    'shop/../x',
    'x'.repeat(64),
    'deploy',
  ]) {
    assert.throws(() => target(text), BAD_INPUT, text);
  }
  assert.throws(() => serviceTarget('shop'), { ...BAD_INPUT, message: /SYSTEM\/SERVICE/ });
});

test('an operation is told from a system by its slash', () => {
  assert.equal(looksLikeOperation('deploy/shop/api/v2'), true);
  assert.equal(looksLikeOperation('shop'), false);
  assert.throws(() => operationName('x" OR FairleadKind = "lease'), BAD_INPUT);
});

test('durations and numbers of flags need what they need', () => {
  assert.equal(durationFlag('--timeout', '10m'), 600_000);
  assert.equal(numberFlag('--percent', '12.5'), 12.5);
  for (const text of ['10', '', '-1m', '1 h', '0s']) {
    assert.throws(() => durationFlag('--timeout', text), BAD_INPUT);
  }
  for (const text of ['', 'x', '1e999', ' ']) {
    assert.throws(() => numberFlag('--percent', text), BAD_INPUT);
  }
});

test('--as is a name without spaces', () => {
  assert.equal(actorName('ana'), 'ana');
  for (const name of ['', 'ana maria', '-x', 'x\ny']) {
    assert.throws(() => actorName(name), BAD_INPUT);
  }
});

test('text from outside cannot steer a terminal', () => {
  assert.equal(clean('a\u001b[2Jb\r\u009bc\u202ed\ne'), 'a[2Jbcd\ne');
  assert.deepEqual(
    columns([
      ['a', 'b'],
      ['ccc', 'd'],
    ]),
    ['a    b', 'ccc  d'],
  );
});
