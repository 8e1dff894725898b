import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationFlag, numberFlag } from '../../src/cli/flags.ts';
import { actorName } from '../../src/cli/identity.ts';
import {
  looksLikeOperation,
  operationName,
  operationText,
  serviceTarget,
  target,
} from '../../src/cli/ids.ts';
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

test('an operation may be named by the address of its page, whichever tab is open', () => {
  const run = '01a22620-78a3-72e5-90c9-3f9fb6acdd9b';
  const page = 'http://127.0.0.1:8233/namespaces/default/workflows/deploy%2Fshop%2Fapi%2Fv2';
  const named = { name: 'deploy/shop/api/v2', namespace: 'default' };
  for (const tab of ['', '/history', '/user-metadata?x=1']) {
    assert.deepEqual(operationText(`${page}/${run}${tab}`), { ...named, runId: run });
  }
  assert.deepEqual(operationText(page), named);
  assert.deepEqual(operationText('https://ui.example/t/namespaces/a.b/workflows/by%20hand'), {
    name: 'by hand',
    namespace: 'a.b',
  });
  for (const other of ['http://127.0.0.1:8233/waiting', `${page}%22`, `${page}%`]) {
    assert.throws(() => operationText(other), BAD_INPUT, other);
  }
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
  for (const name of ['', 'ana maria', '-x', 'x\ny', 'SOMEBODY-ELSE']) {
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
