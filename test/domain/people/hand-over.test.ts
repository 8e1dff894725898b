// Handing an operation over: until the other one takes it, nobody is relieved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  handOver,
  handOverSentence,
  take,
  takeCommand,
} from '../../../src/domain/people/hand-over.ts';

const T1 = '2026-11-22T03:00:00.000Z';
const T2 = '2026-11-22T03:05:00.000Z';

test('whoever hands over has it until the other one takes it', () => {
  const { accepted, note, handOver: one } = handOver(undefined, { actor: 'ana', to: 'bob' }, T1);
  assert.equal(accepted, true);
  assert.match(note, /ana hands it over to bob, .*until then ana has it/);
  assert.ok(one);
  assert.match(handOverSentence(one), /not taken as yet, ana has it/);
  assert.deepEqual(takeCommand('recover/shop', one), ['fairlead take recover/shop --as bob']);
  const taken = take(one, { actor: 'Bob' }, T2);
  assert.deepEqual(taken.handOver, { from: 'ana', to: 'bob', at: T1, takenAt: T2 });
  assert.equal(handOverSentence({ ...one, takenAt: T2 }), `bob has it, taken from ana at ${T2}`);
  assert.deepEqual(takeCommand('recover/shop', { ...one, takenAt: T2 }), []);
});

test('one that was not taken is replaced by the next one', () => {
  const first = handOver(undefined, { actor: 'ana', to: 'bob' }, T1).handOver;
  const second = handOver(first, { actor: 'ana', to: 'eve' }, T2);
  assert.equal(second.handOver?.to, 'eve');
  assert.match(
    take(second.handOver, { actor: 'bob' }, T2).note,
    /handed it over to eve, and not to bob/,
  );
});

test('what makes no sense is refused with a sentence', () => {
  const open = { from: 'ana', to: 'bob', at: T1 };
  const held = { ...open, takenAt: T2 };
  const cases: [{ accepted: boolean; note: string }, RegExp][] = [
    [handOver(undefined, { to: 'bob' }, T1), /needs an actor.*"to":"bob"/],
    [handOver(undefined, { actor: 'ana' }, T1), /needs to: say who takes it/],
    [handOver(undefined, { actor: 'ana', to: 'ANA' }, T1), /cannot hand it over to themselves/],
    [handOver(open, { actor: 'ana', to: 'bob' }, T2), /already, who has to take it/],
    [handOver(held, { actor: 'ana', to: 'eve' }, T2), /only bob hands it over/],
    [take(undefined, { actor: 'bob' }, T1), /nobody handed it over/],
    [take(open, {}, T1), /needs an actor/],
    [take(held, { actor: 'bob' }, T2), /bob took it at .* already/],
  ];
  for (const [reply, said] of cases) {
    assert.equal(reply.accepted, false);
    assert.match(reply.note, said);
  }
  assert.equal(handOver(held, { actor: 'bob', to: 'eve' }, T2).accepted, true);
});
