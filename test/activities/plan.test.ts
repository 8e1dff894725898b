// A deploy that cannot start its version ends with its plan, before anything is changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from '../../src/activities/plan.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { fails } from '../support/fails.ts';
import { sampleSystem } from '../support/samples.ts';

const files = ['data/trips.csv', 'data/zones.csv'];
const loaded = sampleSystem({ files });
const input = {
  operation: 'deploy/shop/api/v2',
  kind: 'canaryDeploy',
  loaded,
  request: { system: 'shop', service: 'api', version: 'v2' },
} as const;

test('a plan names every file that the new version lacks, and changes nothing', async () => {
  const { world, ports } = createActivityWorld();
  for (const file of files) world.missingFiles.add(`${loaded.directory}/${file}`);
  const failure = await fails('Refused', makePlan(input, ports.platforms));
  assert.match(failure.message, /v2 of shop\/api cannot be started: .*trips\.csv.*zones\.csv/);
  assert.deepEqual(world.changes, []);
});

test('with everything there the plan is made', async () => {
  const { ports } = createActivityWorld();
  assert.equal((await makePlan(input, ports.platforms)).steps[0]?.id, 'preflight');
});
