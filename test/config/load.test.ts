// What loading a system comes to: the real ones, bases, names, ports of others, and any nonsense.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadSystem } from '../../src/config/load.ts';
import { systemNames } from '../../src/config/system-names.ts';
import { Failure } from '../../src/domain/failure.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { mistakesOf, SHOP, shopWith, systemsWith } from '../support/system-files.ts';

const named = (name: string, base?: string): string =>
  base === undefined ? SHOP.replace('shop', name) : `system: ${name}\nbase: ${base}\n`;

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => assert.fail('it loaded'),
    (error: unknown) => (error instanceof Failure ? error : Promise.reject(error as Error)),
  );

test('loads every system of the repository', async () => {
  const { names, unusable } = await systemNames('systems');
  assert.deepEqual(unusable, []);
  assert.ok(names.includes('commercial-view') && names.includes('commercial-view-production'));
  for (const name of names) assert.deepEqual(await mistakesOf('systems', name), []);
});

test('runs the production environment on the program of its base, by its own timings', async () => {
  const demo = await loadSystem('systems', 'commercial-view');
  const production = await loadSystem('systems', 'commercial-view-production');
  assert.equal(basename(production.directory), 'commercial-view');
  assert.equal(production.directory, demo.directory);
  assert.notEqual(production.digest, demo.digest);
  const { api } = production.system.services;
  assert.equal(api?.port, 8010);
  assert.equal(api.rollout.canary?.watch, 15 * 60_000);
  assert.deepEqual(api.rollout.canary.analysis, ['errors', 'latency']);
  assert.equal(revisionSpec(production, 'api', 'v1').id, revisionSpec(demo, 'api', 'v1').id);
});

test('gives the same digest to the same system, however it is written', async (t) => {
  const rewritten = SHOP.replace('bake: 3s', 'bake: 3000ms').replace('    port: 8000\n', '');
  const dir = await systemsWith(t, {
    'shop/system.yaml': SHOP,
    'two/shop/system.yaml': rewritten.replace(
      '    platform',
      '    port: 8000 # here\n    platform',
    ),
  });
  const one = await loadSystem(dir, 'shop');
  const two = await loadSystem(`${dir}/two`, 'shop');
  assert.match(one.digest, /^[0-9a-f]{64}$/);
  assert.equal(one.digest, two.digest);
});

test('merges maps, replaces lists, through two bases', async (t) => {
  const dir = await systemsWith(t, {
    'a/system.yaml': named('a'),
    'b/system.yaml': `${named('b', 'a')}services: { api: { replicas: 4 } }\n`,
    'c/system.yaml': `${named('c', 'b')}services: { api: { command: [other], port: 8001 } }\n`,
  });
  const { system, directory } = await loadSystem(dir, 'c');
  assert.equal(system.services['api']?.replicas, 4);
  assert.deepEqual(system.services['api'].command, ['other']);
  assert.equal(system.services['api'].rollout.canary?.steps.length, 2);
  assert.equal(basename(directory), 'a');
});

test('points into the file where the mistake stands', async (t) => {
  const dir = await systemsWith(t, {
    'a/system.yaml': shopWith(1, 'system: a').replace('bake: 3s', 'bake: 3'),
    'b/system.yaml': `${named('b', 'a')}services:\n  api:\n    replicas: none\n`,
  });
  const duration = 'a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d)';
  assert.deepEqual((await mistakesOf(dir, 'b')).sort(), [
    `systems/a/system.yaml:10: services.api.rollout.canary.steps.0.bake: 3 is not allowed; write ${duration}`,
    'systems/b/system.yaml:5: services.api.replicas: "none" is not allowed; write a whole number from 1 to 64',
  ]);
});

test('names a circle of bases', async (t) => {
  const dir = await systemsWith(t, {
    'a/system.yaml': named('a', 'b'),
    'b/system.yaml': named('b', 'a'),
  });
  assert.deepEqual(await mistakesOf(dir, 'a'), [
    'systems/b/system.yaml:2: base: the bases go round in a circle (a -> b -> a); remove one base',
  ]);
});

test('finds a port that another system has, unless they share a base, and loads all the same', async (t) => {
  const dir = await systemsWith(t, {
    'shop/system.yaml': SHOP,
    'shop-staging/system.yaml': named('shop-staging', 'shop'),
    'store/system.yaml': named('store'),
  });
  const from = (file: string, other: string): string =>
    `systems/${file}/system.yaml:6: services.api.port: the port 8000 is that of ${other}/api too; give each service its own`;
  assert.deepEqual(await mistakesOf(dir, 'shop'), [from('shop', 'store')]);
  assert.deepEqual(await mistakesOf(dir, 'store'), [
    from('store', 'shop'),
    from('store', 'shop-staging'),
  ]);
  assert.equal((await loadSystem(dir, 'shop')).name, 'shop');
});

test('names the systems that there are when one is missing', async (t) => {
  const dir = await systemsWith(t, { 'b/system.yaml': named('b'), 'a/system.yaml': named('a') });
  for (const name of ['shop', '../systems/a', '', 'a/../b', 'A', 'a\0', '.']) {
    const failure = await failureOf(loadSystem(dir, name));
    assert.equal(failure.kind, 'NotFound');
    const near = name === 'A' ? ' (did you mean a?)' : '';
    const shown = `no system ${JSON.stringify(name)}${near}`;
    assert.equal(failure.message, `${shown} in ${dir}; there are: a, b`);
  }
});

test('says which folder cannot be read', async (t) => {
  const dir = `${await systemsWith(t, {})}/nowhere`;
  const failure = await failureOf(loadSystem(dir, 'shop'));
  assert.equal(failure.kind, 'NotFound');
  assert.match(failure.message, /^cannot read the systems folder .*nowhere .*--systems$/);
});

test('refuses the names of operations', async (t) => {
  const dir = await systemsWith(t, { 'deploy/system.yaml': named('deploy') });
  assert.deepEqual(await mistakesOf(dir, 'deploy'), [
    `systems/deploy/system.yaml:1: system: "deploy" is the name of an operation and cannot be a system's; rename the folder and the field`,
  ]);
});

test('fails with every mistake, one a line', async (t) => {
  const yaml = shopWith(6, '    prt: 8000').replace('quorum: 1', 'quorum: 9');
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
  const failure = await failureOf(loadSystem(dir, 'shop'));
  assert.equal(failure.kind, 'BadInput');
  assert.deepEqual(failure.message.split('\n'), await mistakesOf(dir, 'shop'));
});

test('answers any JSON as a system file with a Failure and nothing else', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 6 }), async (json) => {
      const dir = await systemsWith(t, { 'shop/system.yaml': json });
      const failure = await failureOf(loadSystem(dir, 'shop'));
      assert.equal(failure.kind, 'BadInput');
      assert.match(failure.message, /^systems\/shop\/system\.yaml:\d+: /);
      assert.doesNotMatch(failure.message, /\[object|undefined/);
    }),
    { numRuns: 150 },
  );
});
