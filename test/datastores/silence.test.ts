// Whoever says nothing for a while is asked whether it is there: a dump is waited for as long as its server answers.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { drain, heardOf } from '../../src/datastores/byte-streams.ts';
import { copiesFolder } from '../../src/machine/copies-folder.ts';
import { Failure } from '../../src/domain/failure.ts';
import { fails } from '../support/fails.ts';

/** A tool that prints one chunk, and the next when it is told to; ended by the signal. */
async function* printing(more: Promise<unknown>, signal: AbortSignal) {
  yield Buffer.from('one');
  const ended = new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  await Promise.race([more, ended]);
  yield Buffer.from('two');
}

test('one that says nothing and answers is waited for', async () => {
  const stop = new AbortController();
  let asked = 0;
  let go = (): void => undefined;
  const more = new Promise<void>((resolve) => (go = resolve));
  const ask = async (): Promise<void> => {
    asked += 1;
    if (asked === 3) go();
  };
  assert.equal(await drain(heardOf(printing(more, stop.signal), { ask, stop, everyMs: 5 })), 6);
  assert.ok(asked >= 3);
  await sleep(20);
});

test('one that says nothing and does not answer is ended, with what was asked', async () => {
  const stop = new AbortController();
  const never = new Promise<void>(() => undefined);
  const gone = new Failure('Unavailable', 'waited 30 s for an answer to PING. Is it stopped?');
  const ask = () => Promise.reject(gone);
  const failure = await fails(
    'Unavailable',
    drain(heardOf(printing(never, stop.signal), { ask, stop, everyMs: 5 })),
  );
  assert.match(failure.message, /answer to PING/);
});

test('copies lie in the data folder, but for those of root whose servers could not pass through it', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'fairlead-data-'));
  const isRoot = process.getuid?.() === 0;
  await chmod(data, 0o700);
  const elsewhere = copiesFolder(data);
  if (!isRoot) {
    assert.equal(elsewhere, join(data, 'copies'));
    t.diagnostic('not root: servers run as the worker does');
    return;
  }
  assert.match(elsewhere, /^\/var\/lib\/fairlead\/copies-[0-9a-f]{12}$/);
  assert.equal(copiesFolder(data), elsewhere);
  await chmod(data, 0o711);
  assert.equal(copiesFolder(data), join(data, 'copies'));
  mkdirSync(join(data, 'copies'), { mode: 0o700 });
  assert.equal(copiesFolder(data), elsewhere);
});
