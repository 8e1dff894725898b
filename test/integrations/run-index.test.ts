// Whoever writes to the object store and has no key is found out: a record that was removed, changed or put there, an entry of
// the index that was changed or taken away, a manifest that was altered, a foreign key.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { chain, keyFingerprint } from '../../src/domain/record/evidence-chain.ts';
import type { EvidenceEntry } from '../../src/domain/record/evidence.ts';
import { createEarlierEvidence } from '../../src/integrations/earlier-evidence.ts';
import { encodeName } from '../../src/integrations/encode-name.ts';
import { createEvidence } from '../../src/integrations/evidence.ts';
import { jsonBytes } from '../../src/integrations/json-objects.ts';
import { createRunIndex } from '../../src/integrations/records/run-index.ts';
import { withSignatures } from '../../src/integrations/records/signed-objects.ts';
import { verifyStore } from '../../src/integrations/records/verify-store.ts';
import { createSigner } from '../../src/integrations/signing.ts';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import type { SignerPort } from '../../src/ports/signer.ts';
import { waiting } from '../support/local-daemon.ts';
import { storeIn } from '../support/record/evidence-in.ts';
import { entriesOf, ROLLED_BACK } from '../support/record/evidence.ts';

const MANIFEST = 'shop/orders/2026/11/20261122T085126.123Z/manifest.json';
const MARK = 'shop/orders/2026/11/20261122T085126.123Z/verified/20261122T095126.123Z.json';
const WHOLE = entriesOf(ROLLED_BACK);

interface World {
  root: string;
  key: string;
  verify: (
    more?: Partial<Parameters<typeof verifyStore>[1]>,
  ) => Promise<Awaited<ReturnType<typeof verifyStore>>>;
  /** Begins, writes and seals a run as a worker does. */
  write: (workflowId: string, entries?: EvidenceEntry[]) => Promise<void>;
}

async function world(t: TestContext): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-index-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const signer = createSigner(join(root, 'keys'));
  const store = storeIn(join(root, 'objects'));
  const objects = { ...store, ...withSignatures(store, signer) };
  const write = writer(root, signer);
  for (const id of ['deploy/shop/api/v1', 'deploy/shop/api/v2', 'deploy/shop/api/v3']) {
    await write(id);
  }
  await objects.put({ key: MANIFEST, body: jsonBytes({ id: 'a manifest' }) }, waiting());
  await objects.put({ key: MARK, body: jsonBytes({ kind: 'verified' }) }, waiting());
  const { publicKey } = await signer.sign('0'.repeat(64));
  const key = keyFingerprint(publicKey) ?? '';
  const verify: World['verify'] = (more) => verifyStore(store, { trusted: [key], ...more });
  return { root, key, write, verify };
}

function writer(root: string, signer: SignerPort): World['write'] {
  const store = storeIn(join(root, 'objects'));
  const earlier = createEarlierEvidence(join(root, 'evidence'));
  const index = createRunIndex(store, signer, () => Date.parse('2026-01-01T00:00:00Z'));
  const evidence = createEvidence(store, earlier, index);
  return async (workflowId, entries = WHOLE) => {
    const run = { workflowId, runId: 'run-1' };
    await evidence.append(run, entries.slice(0, 3));
    await evidence.append(run, entries);
    await evidence.keepSignature(run, await signer.sign(entries.at(-1)?.hash ?? ''));
  };
}

const recordIn = (root: string, id: string): string =>
  join(root, 'objects', '_evidence', encodeName(id), 'run-1.jsonl');

test('a store that nobody touched is as it was written, and its head can be kept elsewhere', async (t) => {
  const it = await world(t);
  const { head, ...found } = await it.verify();
  assert.deepEqual(found, { problems: [], unsure: [], runs: 3, manifests: 2, keys: [it.key] });
  assert.equal(head?.number, 6);
  const after = await it.verify({ anchor: head });
  assert.deepEqual(after.problems, []);
});

for (const [what, attack, says] of [
  [
    'a record that was removed',
    (root: string) =>
      rm(join(root, 'objects', '_evidence', encodeName('deploy/shop/api/v2')), { recursive: true }),
    /^deploy\/shop\/api\/v2, run run-1: its record was removed/,
  ],
  [
    'an entry of a record that was changed',
    async (root: string) => {
      const file = recordIn(root, 'deploy/shop/api/v2');
      await rewrite(
        file,
        (await readFile(file, 'utf8')).replace('"ben"', '"eve"').replace('v2', 'v9'),
      );
    },
    /^deploy\/shop\/api\/v2, run run-1: .*(altered|missing)/,
  ],
  [
    'a record that was made up anew as a whole',
    async (root: string) => {
      const entries: EvidenceEntry[] = [];
      for (const { seq: _s, prev: _p, hash: _h, at, ...body } of WHOLE) {
        entries.push(chain(entries.at(-1), at.replace('2026', '2027'), body));
      }
      const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      await rewrite(recordIn(root, 'deploy/shop/api/v2'), text);
    },
    /^deploy\/shop\/api\/v2, run run-1: its record is not the one that was sealed \(entry 4 of the index\)/,
  ],
  [
    'a signature that was removed',
    (root: string) => rm(recordIn(root, 'deploy/shop/api/v2').replace('.jsonl', '.sig.json')),
    /the signature of its record was removed/,
  ],
  [
    'a record that nobody ran',
    async (root: string) => {
      const file = recordIn(root, 'stop/shop');
      await mkdir(join(file, '..'));
      const text = WHOLE.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      await writeFile(file, text);
    },
    /^stop\/shop, run run-1: its record is not in the index: it was put there/,
  ],
  [
    'an entry of the index that was removed',
    (root: string) => rm(join(root, 'objects', '_index', '000000003.json')),
    /^entry 3 of the index is missing/,
  ],
  [
    'an entry of the index that was changed',
    async (root: string) => {
      const file = join(root, 'objects', '_index', '000000003.json');
      await rewrite(file, (await readFile(file, 'utf8')).replace('api/v2', 'api/v7'));
    },
    /^entry 3 of the index .* was changed/,
  ],
  [
    'a manifest that was changed',
    (root: string) => rewrite(join(root, 'objects', MANIFEST), '{"id": "another"}'),
    /manifest.json is not the one that was signed/,
  ],
  [
    'a mark whose signature is another object’s',
    async (root: string) => {
      const of = (key: string) => join(root, 'objects', `${key}.sig`);
      const [mine = ''] = await readdir(of(MARK));
      const [theirs = ''] = await readdir(of(MANIFEST));
      await rewrite(join(of(MARK), mine), await readFile(join(of(MANIFEST), theirs), 'utf8'));
    },
    /verified\/20261122T095126.123Z.json is not the one that was signed/,
  ],
] as const) {
  test(`${what} is named`, async (t) => {
    const it = await world(t);
    await attack(it.root);
    const { problems } = await it.verify();
    assert.ok(
      problems.some((one) => says.test(one)),
      problems.join('\n'),
    );
  });
}

test('a run that begins or ends beside the look is neither put there nor removed', async (t) => {
  const it = await world(t);
  const objects = storeIn(join(it.root, 'objects'));
  for (const moment of ['_evidence/', '_index/']) {
    let isDone = false;
    const beside: ObjectsPort = {
      ...objects,
      list: async (prefix) => {
        const before = await objects.list(prefix);
        if (prefix === moment && !isDone) {
          isDone = true;
          await it.write(`restart/shop/${moment}`);
        }
        return before;
      },
    };
    const { problems } = await verifyStore(beside, { trusted: [it.key] });
    assert.deepEqual(problems, [], moment);
    assert.ok(isDone);
  }
});

test('a manifest that was removed, or put there without a signature, is told', async (t) => {
  const it = await world(t);
  await rm(join(it.root, 'objects', MANIFEST));
  const folder = join(it.root, 'objects', 'shop/orders/2026/11/20261123T085126.123Z');
  const old = join(it.root, 'objects', 'shop/orders/2025/11/20251123T085126.123Z');
  for (const at of [folder, old]) {
    await mkdir(at, { recursive: true });
    await writeFile(join(at, 'manifest.json'), '{}');
  }
  const { problems, unsure } = await it.verify();
  assert.deepEqual(problems, [
    'shop/orders/2026/11/20261123T085126.123Z/manifest.json is not signed',
  ]);
  assert.deepEqual(unsure, [
    `${MANIFEST} is not there, and was signed: it was removed, or its writing was cut off`,
    'shop/orders/2025/11/20251123T085126.123Z/manifest.json is not signed',
  ]);
  const free = await it.verify({ trusted: [] });
  assert.deepEqual([free.problems, free.unsure.length], [[], 3]);
});

test('whoever signed a manifest is among the keys', async (t) => {
  const it = await world(t);
  const store = storeIn(join(it.root, 'objects'));
  const foreign = createSigner(join(it.root, 'foreign'));
  const key = 'shop/orders/2026/11/20261124T085126.123Z/manifest.json';
  await withSignatures(store, foreign).put({ key, body: jsonBytes({}) }, waiting());
  const { publicKey } = await foreign.sign('0'.repeat(64));
  const { keys } = await it.verify();
  assert.deepEqual(keys, [it.key, keyFingerprint(publicKey)]);
});

test('the index takes a next entry after very many', async (t) => {
  const it = await world(t);
  const objects = storeIn(join(it.root, 'objects'));
  const [one] = await objects.list('_index/');
  assert.ok(one !== undefined);
  const many = Array.from({ length: 200_000 }, (_, index) => {
    return { ...one, key: `_index/${String(index + 1).padStart(9, '0')}.json` };
  });
  const crowded: ObjectsPort = { ...objects, list: async () => many };
  const index = createRunIndex(crowded, createSigner(join(it.root, 'keys')), () => 0);
  await index.add({ what: 'opened', workflowId: 'stop/shop', runId: 'run-1', head: null });
  const { info } = await objects.get('_index/000200001.json', waiting());
  assert.ok(info.size > 0);
});

test('a run that is written with another key is named by that key', async (t) => {
  const it = await world(t);
  const foreign = createSigner(join(it.root, 'foreign'));
  await writer(it.root, foreign)('stop/shop');
  const { publicKey } = await foreign.sign('0'.repeat(64));
  const { problems } = await it.verify();
  const words = `is signed by the foreign key ${keyFingerprint(publicKey) ?? ''}`;
  assert.equal(problems.filter((one) => one.includes(words)).length, 3, problems.join('\n'));
});

test('an index that was cut at its end does not have the head that was kept elsewhere', async (t) => {
  const it = await world(t);
  const { head } = await it.verify();
  assert.ok(head !== null);
  for (const number of ['000000005', '000000006']) {
    await rm(join(it.root, 'objects', '_index', `${number}.json`));
  }
  await rm(join(it.root, 'objects', '_evidence', encodeName('deploy/shop/api/v3')), {
    recursive: true,
  });
  assert.deepEqual((await it.verify()).problems, []);
  const { problems } = await it.verify({ anchor: head });
  assert.match(
    problems.join('\n'),
    /entry 6 of the index is not there any more: the index was cut/,
  );
});

test('two workers at once leave an index without a gap', async (t) => {
  const it = await world(t);
  const one = writer(it.root, createSigner(join(it.root, 'keys')));
  const ids = Array.from({ length: 10 }, (_, index) => `restart/shop/api/${index}`);
  await Promise.all(ids.map((id, index) => (index % 2 === 0 ? it.write(id) : one(id))));
  const { problems, head } = await it.verify();
  assert.deepEqual(problems, []);
  assert.equal(head?.number, 26);
});

async function rewrite(file: string, text: string): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, text);
  await rename(draft, file);
}
