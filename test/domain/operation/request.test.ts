// What people send, as tables: each mistake is answered by a sentence that names the field, the value and what is allowed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/domain/failure.ts';
import { parseMessage } from '../../../src/domain/people/message.ts';
import { exampleOf, isMoment, parseRequest } from '../../../src/domain/operation/request.ts';
import { RUNBOOKS, type OperationKind } from '../../../src/runbooks/index.ts';
import { MESSAGES } from '../../../src/workflows/messages.ts';

const bad = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure);
  assert.equal(error.kind, 'BadInput');
  assert.match(error.message, message);
  assert.doesNotMatch(error.message, /undefined|\[object/);
  return true;
};

const dump = { system: 'shop', datastore: 'orders' };
const deploy = { system: 'shop', service: 'api', version: 'v2' };

describe('a request', () => {
  const table: [OperationKind, unknown, RegExp][] = [
    ['verifyBackup', { system: 'shop', file: '/a' }, /needs datastore/],
    ['verifyBackup', { ...dump, file: '../a' }, /file is "\.\.\/a", allowed: a path on the worker/],
    ['verifyBackup', { ...dump, file: 'a/../../b' }, /inside the system's folder/],
    ['verifyBackup', { ...dump, file: '' }, /file is an empty text/],
    ['verifyBackup', { ...dump, file: 7 }, /file is 7/],
    ['verifyBackup', { ...dump, file: '/a', backup: 'b' }, /no field "backup"; it takes .*file/],
    ['backup', { ...dump, file: '/a' }, /backup has no field "file"/],
    ['canaryDeploy', undefined, /needs one JSON object, not nothing.*{"system":"shop"/],
    ['canaryDeploy', null, /needs one JSON object, not null/],
    ['canaryDeploy', 'x', /needs one JSON object, not "x"/],
    ['canaryDeploy', [], /needs one JSON object, not /],
    ['canaryDeploy', {}, /needs system \(a name of 1 to 63 lower-case letters/],
    ['canaryDeploy', { system: 'shop' }, /needs service/],
    ['canaryDeploy', { $undecodable: 'json/plain' }, /could not read its argument/],
    [
      'canaryDeploy',
      { ...deploy, versoin: 'v2' },
      /no field "versoin" \(did you mean version\?\); it takes .*version/,
    ],
    [
      'canaryDeploy',
      { ...deploy, version: 'v 2' },
      /version is "v 2", allowed: 1 to 128 letters, digits/,
    ],
    ['canaryDeploy', { ...deploy, version: '../v2' }, /version is "\.\.\/v2"/],
    ['canaryDeploy', { ...deploy, version: 'v2\n' }, /version is /],
    ['canaryDeploy', { ...deploy, version: '-rf' }, /a letter or digit first/],
    [
      'canaryDeploy',
      { ...deploy, system: 'Shop' },
      /system is "Shop", allowed: a name of 1 to 63 lower-case/,
    ],
    ['canaryDeploy', { ...deploy, system: 7 }, /system is 7/],
    ['canaryDeploy', { ...deploy, initialWeight: 0 }, /initialWeight is 0, allowed: a number from/],
    ['canaryDeploy', { ...deploy, initialWeight: NaN }, /initialWeight is /],
    ['canaryDeploy', { ...deploy, dryRun: 'yes' }, /dryRun is "yes", allowed: true or false/],
    ['canaryDeploy', { ...deploy, requestedBy: 'an a' }, /requestedBy is "an a"/],
    ['canaryDeploy', { ...deploy, reason: 'x'.repeat(2001) }, /reason is .*2,000 characters/],
    [
      'canaryDeploy',
      { ...deploy, strategy: 'big-bang' },
      /strategy is "big-bang", allowed: canary/,
    ],
    ['scaleService', { system: 'shop', service: 'api', replicas: 2.5 }, /replicas is 2\.5.*whole/],
    ['scaleService', { system: 'shop', service: 'api', replicas: 65 }, /from 0 to 64/],
    ['scaleService', { system: 'shop', service: 'api' }, /needs replicas/],
    ['admitTraffic', { system: 'shop', percent: 101 }, /percent is 101, allowed: .* 0 to 100/],
    ['stopTraffic', { system: 'shop', percent: 5 }, /no field "percent"/],
    ['verifyBackup', { system: 'shop' }, /needs datastore or backup, and has none; send one JSON/],
    [
      'verifyBackup',
      { system: 'shop', datastore: 'orders', backup: 'shop/orders/20261122T085126.123Z' },
      /needs datastore or backup, and has both/,
    ],
    ['rollback', { system: 'shop', service: 'api', to: 3 }, /to is 3/],
    [
      'canaryDeploy',
      { system: 7, versoin: 'v2', dryRun: 'yes' },
      /^canaryDeploy: \(1\) system is 7, allowed: [^;]*; \(2\) has no field "versoin" \(did you mean version\?\); it takes [^;]*; \(3\) dryRun is "yes", allowed: true or false; \(4\) needs service \([^)]*\); \(5\) needs version \([^)]*\); send one JSON object, for example \{/,
    ],
  ];
  for (const [kind, raw, message] of table) {
    test(`${kind} with ${raw === undefined ? 'nothing' : JSON.stringify(raw).slice(0, 70)}`, () => {
      assert.throws(() => parseRequest(RUNBOOKS[kind], raw), bad(message));
    });
  }

  test('as its own example says is accepted, for every kind', () => {
    for (const runbook of Object.values(RUNBOOKS)) {
      const example: unknown = JSON.parse(exampleOf(runbook));
      assert.deepEqual(parseRequest(runbook, example), example);
    }
  });

  test('keeps what was sent, and nothing that was not', () => {
    const sent = { ...deploy, dryRun: true, initialWeight: 2.5, requestedBy: 'ci@build/7' };
    assert.deepEqual(parseRequest(RUNBOOKS.canaryDeploy, sent), sent);
  });
});

describe('a message', () => {
  const table: [string, unknown, RegExp][] = [
    ['approve', 'yes', /approve takes one JSON object, not "yes"; for example {"actor"/],
    ['approve', [], /approve takes one JSON object/],
    ['approve', { $undecodable: 'x' }, /approve takes one JSON object/],
    ['approve', { actor: '' }, /actor is an empty text, allowed: the name of a person/],
    [
      'approve',
      { actor: 'ana', gates: 'x' },
      /no field "gates" \(did you mean gate\?\); it takes actor, gate, digest/,
    ],
    ['approve', { actor: 'ana', digest: 'abc' }, /digest is "abc", allowed: the 64 hex digits/],
    ['approve', { actor: 'ana', gate: 'a b' }, /gate is "a b"/],
    ['promote', { actor: 'ana', full: 'yes' }, /full is "yes", allowed: true or false/],
    ['abort', { actor: 'ana', keep: 1 }, /keep is 1/],
    ['pause', { actor: 'ana', reason: 'x'.repeat(2001) }, /at most 2000 characters/],
  ];
  for (const [name, raw, message] of table) {
    test(`${name} with ${JSON.stringify(raw).slice(0, 70)}`, () => {
      assert.throws(() => parseMessage(name, raw), bad(message));
    });
  }

  test('with nothing in it is an empty one', () => {
    for (const name of MESSAGES) {
      for (const nothing of [undefined, null, {}]) {
        assert.deepEqual(parseMessage(name, nothing), {});
      }
    }
  });
});

test('whatever is sent, it is taken or answered by a sentence: nothing else is thrown', () => {
  const kind = fc.constantFrom(...Object.values(RUNBOOKS));
  const name = fc.constantFrom(...MESSAGES);
  fc.assert(
    fc.property(kind, name, fc.anything(), (operation, message, raw) => {
      for (const parse of [() => parseRequest(operation, raw), () => parseMessage(message, raw)]) {
        try {
          parse();
        } catch (error) {
          bad(/./)(error);
        }
      }
    }),
  );
});

test('a time on a day that the calendar does not have is refused', () => {
  for (const [moment, is] of [
    ['2028-02-29T08:00:00Z', true],
    ['2026-02-29T08:00:00Z', false],
    ['2026-02-30T08:00:00+01:00', false],
    ['2026-06-31T08:00:00Z', false],
    ['2026-13-01T08:00:00Z', false],
    ['2026-12-31T23:30:00-05:00', true],
  ] as const) {
    assert.equal(isMoment(moment), is, moment);
  }
});
