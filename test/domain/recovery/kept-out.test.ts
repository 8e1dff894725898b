// What an end of a recovery says of users: kept out, in part, or nothing once all of them are in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanStep, StepAction } from '../../../src/domain/operation/plan.ts';
import { keptOut, keptOutAfter } from '../../../src/domain/recovery/live/kept-out.ts';

const step = (id: string, action: StepAction): PlanStep => ({
  ...{ id, title: id, undo: 'none', action },
});
const admit = (service: string, percent: number): PlanStep =>
  step(`admit-${percent}-${service}`, { kind: 'admit', service, percent });
const exchange = step('exchange-orders', { kind: 'exchange', datastore: 'orders', copy: 'c' });
const admits = [admit('api', 50), admit('web', 50), admit('api', 100), admit('web', 100)];
const plan = {
  system: 'shop',
  steps: [step('stop-api', { kind: 'stop', service: 'api' }), exchange, ...admits],
};

test('users are kept out from the exchange on, in part while shares come, and not at all after the last', () => {
  assert.match(keptOut(plan, 'orders'), /^orders was exchanged, and users of api are kept out:/);
  const said = admits.map((one) => keptOutAfter(plan, one));
  assert.match(said[0] ?? '', /^orders was exchanged, and not all users of web, api are in: /);
  assert.match(said[2] ?? '', /not all users of web are in: "fairlead admit shop"/);
  assert.equal(said[3], '');
});

test('an admit that exchanges nothing says nothing of it', () => {
  const [one = exchange] = admits;
  assert.equal(keptOutAfter({ ...plan, steps: admits }, one), undefined);
});
