// What `check` says of a service that asks more of its platform than that can do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLATFORMS } from '../../src/config/kinds.ts';
import { capabilityRemarks, whyNotIsolated } from '../../src/config/platform-rules.ts';
import type { PlatformCapabilities } from '../../src/domain/capabilities.ts';

const PLAIN: PlatformCapabilities = PLATFORMS.local.capabilities;
const ASKING = {
  platform: 'cloud',
  command: ['node', 'server.mjs'],
  replicas: 2,
  checks: { smoke: [{ name: 'health' }], preview: [] },
  rollout: {
    canary: { steps: [{ weight: 2.5 }, { weight: 25 }] },
    blueGreen: { preview: { bake: 1000 } },
  },
};

function saidOf(service: typeof ASKING, more: Partial<PlatformCapabilities>): string[] {
  return capabilityRemarks(service, { ...PLAIN, ...more }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

test('a platform that can do everything is asked for anything', () => {
  assert.deepEqual(saidOf(ASKING, {}), []);
});

test('a platform with whole percents takes no half of one', () => {
  assert.deepEqual(saidOf(ASKING, { weights: 'whole' }), [
    'rollout.canary.steps.0.weight: 2.5 is not allowed; the platform cloud shares traffic by whole percents',
  ]);
});

test('a platform that counts no replicas is told no number of them', () => {
  assert.deepEqual(saidOf(ASKING, { replicas: 'elastic' }), [
    'replicas: 2 is not allowed; the platform cloud has as many replicas as it finds right; remove it',
  ]);
  assert.deepEqual(saidOf({ ...ASKING, replicas: 1 }, { replicas: 'elastic' }), []);
});

test('a platform without previews runs no check on a revision without traffic', () => {
  const message =
    'cannot be done: on the platform cloud nobody reaches a revision that has no traffic; remove it';
  assert.deepEqual(saidOf(ASKING, { preview: 'none' }), [
    `checks.smoke: ${message}`,
    `rollout.blueGreen.preview: ${message}`,
  ]);
  const silent = {
    ...ASKING,
    checks: { smoke: [], preview: [] },
    rollout: { ...ASKING.rollout, blueGreen: { preview: { bake: 0 } } },
  };
  assert.deepEqual(saidOf(silent, { preview: 'none' }), []);
});

test('services are drilled on one platform that can isolate', () => {
  const placed = (name: string, platform: string, isolation = true) => ({
    ...{ name, platform, capabilities: { isolation } },
  });
  assert.equal(whyNotIsolated([placed('api', 'local'), placed('web', 'local')]), undefined);
  assert.match(
    whyNotIsolated([placed('api', 'cloud', false)]) ?? '',
    /^the service api cannot be started on a copy: the platform cloud starts nothing apart/,
  );
  assert.match(
    whyNotIsolated([placed('api', 'local'), placed('web', 'cloud')]) ?? '',
    /^api, web run on the platforms local, cloud, and an isolated target is on one/,
  );
});

test('a platform of images runs no command', () => {
  assert.deepEqual(saidOf(ASKING, { program: 'image' }), [
    'command: the platform cloud runs an image, not a command; write image: REFERENCE',
  ]);
});
