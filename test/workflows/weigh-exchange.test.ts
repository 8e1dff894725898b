// What the question before an exchange says of what was adopted, and of runbooks that were not carried out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepResult } from '../../src/domain/operation/step-result.ts';
import { weighExchange } from '../../src/workflows/step-kinds/weigh-exchange.ts';

function reasonsOf(backup: string, leftOut: object[] = []): string {
  const action = { kind: 'rung', rung: 'loads', datastore: 'stock', backup, copy: 'copy' };
  const asked = {
    ...{ action: { kind: 'weighExchange', leftOut }, results: [], now: '2026-11-22T08:00:00Z' },
    plan: { steps: [{ id: 'loads-stock', title: 'Adopt', undo: 'none', action }] },
  };
  const { findings } = weighExchange.begin(asked as never) as StepResult;
  return findings.map(({ verdict, reason }) => `${verdict}: ${reason}`).join('\n');
}

test('whose the copy is, and of when', () => {
  const manifest = 'no manifest says what it has to hold, and its recovery point is';
  assert.equal(
    reasonsOf('place:yesterday'),
    `pass: yesterday, which somebody else restored: ${manifest} not known`,
  );
  assert.equal(
    reasonsOf('place:at:2026-11-22T07:55Z'),
    `pass: what was there at 2026-11-22T07:55Z, cloned by the datastore's own service: ${manifest} 2026-11-22T07:55Z`,
  );
  assert.match(reasonsOf('place:backup:b1'), /the backup b1 of the datastore's own service/);
});

test('which runbooks were not carried out, as a doubt', () => {
  const leftOut = [{ datastore: 'stock', runbooks: ['carry'], why: 'nobody may' }];
  assert.match(
    reasonsOf('place:yesterday', leftOut),
    /^inconclusive: carry is not carried out on stock: nobody may; do by hand/m,
  );
});
