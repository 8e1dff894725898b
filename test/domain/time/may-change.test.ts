// Whether an operation may change something now, and what a freeze may be asked with.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import {
  freezeId,
  freezeNamed,
  freezeOf,
  freezesAbout,
  freezeWords,
  parseFreeze,
  timeWithZone,
  type Freeze,
} from '../../../src/domain/time/freeze.ts';
import { mayChange } from '../../../src/domain/time/may-change.ts';

const NOW = Date.parse('2026-12-20T12:00:00Z');
const LATER = '2026-12-24T18:00:00.000Z';
const deploy = { goesForward: true, runs: ['run-1'] };

function freeze(more: Partial<Freeze> = {}): Freeze {
  return {
    ...{ scope: 'shop', takenBy: 'people', owner: 'ana', reason: 'holidays' },
    ...{ until: LATER, since: '2026-12-19T12:00:00.000Z' },
    ...more,
  };
}

const recovery = freeze({
  ...{ takenBy: 'operation', owner: 'recover/shop', reason: null, until: null },
  operation: { workflowId: 'recover/shop', runId: 'run-9' },
});

function heldBy(changer: typeof deploy, freezes: Freeze[], now = NOW): string | null {
  const answer = mayChange(changer, now, undefined, freezes);
  return answer.may ? null : (answer.freeze?.owner ?? 'a window');
}

describe('what goes forward', () => {
  test('is held by a freeze, with whose it is, until when and why', () => {
    assert.deepEqual(mayChange(deploy, NOW, undefined, [freeze()]), {
      may: false,
      freeze: freeze(),
      why: `shop is frozen by ana until ${LATER}: holidays`,
      until: LATER,
    });
  });

  test('passes where there is none, and from the moment on that it ends', () => {
    const end = Date.parse(LATER);
    assert.equal(heldBy(deploy, []), null);
    assert.equal(heldBy(deploy, [freeze()], end - 1), 'ana');
    assert.equal(heldBy(deploy, [freeze()], end), null);
  });

  test('is held by the freeze of an operation before one of people, and by the longest of these', () => {
    const longer = freeze({ scope: '*', owner: 'ben', until: '2027-01-04T08:00:00.000Z' });
    assert.equal(heldBy(deploy, [freeze(), longer]), 'ben');
    assert.equal(heldBy(deploy, [freeze(), longer, recovery]), 'recover/shop');
    const unknown = freeze({ owner: 'somebody', until: null });
    assert.equal(heldBy(deploy, [freeze(), longer, unknown]), 'somebody');
  });

  test('passes the freeze of its own operation and of those that started it, and no other', () => {
    assert.equal(heldBy({ ...deploy, runs: ['run-9'] }, [recovery]), null);
    assert.equal(heldBy({ ...deploy, runs: ['run-1', 'run-9'] }, [recovery]), null);
    assert.equal(heldBy({ ...deploy, runs: ['run-9'] }, [recovery, freeze()]), 'ana');
    assert.equal(heldBy(deploy, [recovery]), 'recover/shop');
  });
});

test('what takes back, stops or recovers is held by nothing', () => {
  assert.equal(heldBy({ ...deploy, goesForward: false }, [freeze(), recovery]), null);
});

test('a freeze has one id, and says in a sentence what it is', () => {
  assert.deepEqual(
    freezesAbout('shop').map(({ scope, takenBy }) => freezeId(scope, takenBy)),
    ['freeze/shop/operation', 'freeze/shop', 'freeze/*/operation', 'freeze/*'],
  );
  for (const { scope, takenBy } of freezesAbout('shop')) {
    assert.deepEqual(freezeNamed(freezeId(scope, takenBy)), { scope, takenBy });
  }
  for (const id of ['freeze', 'freeze/', 'freeze/a b', 'freeze/shop/api', 'lease/shop/operation']) {
    assert.equal(freezeNamed(id), undefined, id);
  }
  assert.equal(freezeWords(recovery), 'shop is frozen by recover/shop until that operation ends');
  const all = freeze({ scope: '*', reason: null });
  assert.equal(freezeWords(all), `every system is frozen by ana until ${LATER}`);
});

test('a freeze whose memo is not there yet, or says nothing, holds all the same', () => {
  const found = { scope: 'shop', takenBy: 'people', since: LATER } as const;
  for (const memo of [undefined, {}, { freeze: 7 }]) {
    const seen = freezeOf(found, memo);
    assert.deepEqual([seen.owner, seen.until], ['somebody', null]);
    assert.equal(heldBy(deploy, [seen]), 'somebody');
  }
});

describe('a request', () => {
  const asked = { system: 'shop', until: '2026-12-24T19:00+01:00', reason: ' holidays ' };

  test('is taken with its zone and its person', () => {
    assert.deepEqual(parseFreeze({ ...asked, requestedBy: ' ana ' }, NOW), {
      ...{ scope: 'shop', until: LATER, reason: 'holidays', requestedBy: 'ana' },
    });
    assert.equal(parseFreeze({ ...asked, system: undefined, all: true }, NOW).scope, '*');
  });

  const nonsense: [string, unknown, RegExp][] = [
    ['nothing', undefined, /^freeze needs one JSON object, not nothing/],
    ['no system', { ...asked, system: undefined }, /needs either system or all: true/],
    ['both', { ...asked, all: true }, /needs either system or all: true/],
    ['a system of two', { ...asked, system: 'shop/api' }, /system is "shop\/api", allowed/],
    ['no end', { ...asked, until: undefined }, /until is nothing, allowed: a time with its zone/],
    ['a past end', { ...asked, until: '2026-12-20T12:00:00Z' }, /until is .* yet to come/],
    ['no zone', { ...asked, until: '2026-12-24T18:00' }, /until is .* with its zone/],
    ['no such day', { ...asked, until: '2027-02-30T08:00:00Z' }, /until is/],
    ['no reason', { ...asked, reason: '  ' }, /reason is .*, allowed: why/],
    ['a field more', { ...asked, scope: '*' }, /has no field "scope"; it takes system, all/],
    ['two mistakes', { ...asked, all: 1, requestedBy: 'a b' }, /\(1\) all is 1.*\(2\) requestedBy/],
  ];
  for (const [what, raw, said] of nonsense) {
    test(`with ${what} is refused with what is allowed`, () => {
      assert.throws(
        () => parseFreeze(raw, NOW),
        (error) =>
          error instanceof Failure && error.kind === 'BadInput' && said.test(error.message),
      );
    });
  }

  test('tells times as they are', () => {
    assert.equal(timeWithZone('2027-01-04T09:00+01:00'), Date.parse('2027-01-04T08:00:00Z'));
    for (const text of ['tomorrow', '2027-01-04', '1', '2027-13-01T00:00:00Z', '2027-01-04T25:00Z'])
      assert.equal(timeWithZone(text), undefined, text);
  });
});
