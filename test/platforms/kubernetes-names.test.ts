// What revisions are called in a cluster: whatever versions and services are called, names fit and never meet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VERSION } from '../../src/domain/text/names.ts';
import { labelValue, objectName, recordName } from '../../src/platforms/kubernetes/names.ts';

const DNS_LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const ANNOTATION = /^fairlead\/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);
const revision = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}-[0-9a-f]{10}$/);

test('names and labels of any service and revision fit', () => {
  fc.assert(
    fc.property(name, name, revision, (system, service, id) => {
      const ref = { system, service };
      assert.match(objectName(ref, id), DNS_LABEL);
      assert.match(recordName(ref), ANNOTATION);
      for (const one of [system, service, id]) assert.match(labelValue(one), LABEL_VALUE);
    }),
  );
});

test('any version fits a label', () => {
  fc.assert(
    fc.property(fc.stringMatching(VERSION), (version) => {
      assert.match(labelValue(version), LABEL_VALUE);
    }),
  );
  assert.equal(labelValue('v2'), 'v2');
  assert.notEqual(labelValue('v2.'), labelValue('v2-'));
  assert.notEqual(labelValue(`${'a'.repeat(63)}1`), labelValue(`${'a'.repeat(63)}2`));
});

test('two revisions never have one name, not even of services that are called alike', () => {
  const names = [
    objectName({ system: 'shop', service: 'web' }, 'v2-0123456789'),
    objectName({ system: 'shop', service: 'web' }, 'v2-9876543210'),
    objectName({ system: 'shop-web', service: 'v2' }, '0123456789'),
    objectName({ system: 'shop-staging', service: 'web' }, 'v2-0123456789'),
    objectName({ system: 'shop', service: 'w'.repeat(63) }, 'v2-0123456789'),
    objectName({ system: 'shop', service: `${'w'.repeat(62)}-` }, 'v2-0123456789'),
  ];
  assert.equal(new Set(names).size, names.length);
  assert.match(names[0] ?? '', /^web-v2-[0-9a-f]{10}$/);
});
