import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadSystem } from '../../../src/config/load.ts';
import { revisionSpec, versionProblem } from '../../../src/domain/rollout/revision.ts';
import { SHOP, shopWith, systemsWith } from '../../support/system-files.ts';

const WITH_ALL = shopWith(
  6,
  `    port: 8000
    directory: ./app/../app
    files: ['data/{version}.csv']
    configuration: { A: 1, KEY: { file: secrets/key }, TOKEN: { env: TOKEN } }`,
);

test('fills the version in and makes paths absolute', async (t) => {
  const dir = await systemsWith(t, { 'shop/system.yaml': WITH_ALL });
  const spec = revisionSpec(await loadSystem(dir, 'shop'), 'api', 'V1.2_rc');
  assert.deepEqual(spec.program, {
    kind: 'process',
    command: ['node', 'versions/V1.2_rc.mjs'],
    directory: `${dir}/shop/app`,
    files: [`${dir}/shop/data/V1.2_rc.csv`],
    host: '127.0.0.1',
    port: 8000,
  });
  assert.deepEqual(spec.configuration, {
    A: 1,
    KEY: { file: `${dir}/shop/secrets/key` },
    TOKEN: { env: 'TOKEN' },
  });
  assert.match(spec.id, /^v1-2-rc-[0-9a-f]{10}$/);
});

test('gives another id to another command, configuration or folder, and the same one anywhere', async (t) => {
  const files = [
    SHOP,
    SHOP.replace('[node,', '[deno,'),
    shopWith(6, '    port: 8000\n    directory: x'),
  ];
  const more = shopWith(6, '    port: 8000\n    configuration: { A: 1 }');
  const ids = await Promise.all(
    [...files, more, SHOP, SHOP.replace('8000', '9000')].map(async (yaml) => {
      const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
      return revisionSpec(await loadSystem(dir, 'shop'), 'api', 'v1').id;
    }),
  );
  assert.equal(new Set(ids.slice(0, 4)).size, 4);
  assert.equal(ids[4], ids[0]);
  assert.equal(ids[5], ids[0]);
});

test('refuses versions that would break ids or shells, and services that are not there', async (t) => {
  for (const version of ['', '-rf', 'a/b', 'a b', '$(x)', '../v1', 'ä', 'a'.repeat(129), 'v1\n']) {
    assert.match(versionProblem(version) ?? '', /^the version .* cannot be used: write 1 to 128/);
  }
  const loaded = await loadSystem(await systemsWith(t, { 'shop/system.yaml': SHOP }), 'shop');
  assert.throws(() => revisionSpec(loaded, 'api', 'a b'), { kind: 'BadInput' });
  assert.throws(() => revisionSpec(loaded, 'toString', 'v1'), {
    kind: 'NotFound',
    message: 'the system shop has no service toString; it has: api',
  });
});

test('makes ids of a plain form from every right version', async (t) => {
  const loaded = await loadSystem(await systemsWith(t, { 'shop/system.yaml': SHOP }), 'shop');
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/), (version) => {
      assert.equal(versionProblem(version), undefined);
      assert.match(
        revisionSpec(loaded, 'api', version).id,
        /^[a-z0-9][a-z0-9-]{0,39}-[0-9a-f]{10}$/,
      );
    }),
  );
});

test('gives two versions two ids, also where their labels are the same and nothing else tells them apart', async (t) => {
  const yaml = SHOP.replace('{version}', 'any');
  const loaded = await loadSystem(await systemsWith(t, { 'shop/system.yaml': yaml }), 'shop');
  const version = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/);
  const alike = fc.constantFrom('V1.2', 'v1.2', 'v1-2', 'v1_2', 'v1..2', 'v1.2.');
  const either = fc.oneof(version, alike);
  fc.assert(
    fc.property(either, either, (one, other) => {
      const [a, b] = [one, other].map((name) => revisionSpec(loaded, 'api', name).id);
      assert.equal(a === b, one === other);
    }),
  );
});
