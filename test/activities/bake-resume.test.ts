// A bake that is lost, stands still or is told to stop goes on where it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BakeInput } from '../../src/activities/judging/bake-input.ts';
import { isBakeProgress, type BakeProgress } from '../../src/domain/analysis/bake-progress.ts';
import { Failure } from '../../src/domain/failure.ts';
import { analysisOf, ERRORS, samplesOf, scraped } from '../support/analysis-samples.ts';
import { bakeInput, CHECK, createBakeWorld, type Behaviour } from '../support/bake-world.ts';
const never = new AbortController().signal;
const waiting = { signal: never, beat: () => undefined };
const analyses = { errors: analysisOf(scraped({ ...ERRORS, max: 0.02 })) };

const load =
  (failing = 0) =>
  (ms: number) => {
    const bad = Math.floor((ms / 100) * failing);
    return samplesOf('new', { ok: Math.floor(ms / 100) - bad, errors: bad });
  };

const refusingFrom = (from: number) => (ms: number) => {
  if (ms < from) return 'fine';
  throw new Failure('CheckFailed', 'GET /health answered 500');
};

/** Runs a bake that loses its worker at each beat so numbered, and is taken up after `gap` ms. */
async function interrupted(behaviour: Behaviour, input: BakeInput, atBeats: number[], gap: number) {
  const world = createBakeWorld(behaviour);
  let previous: BakeProgress | undefined;
  for (const last of [...atBeats, Infinity]) {
    let beats = 0;
    const killed = new Error('the worker was killed');
    const beat = (progress?: unknown) => {
      assert.ok(isBakeProgress(progress));
      // Through text, as a heartbeat travels.
      previous = JSON.parse(JSON.stringify(progress)) as BakeProgress;
      beats += 1;
      if (beats === last) throw killed;
    };
    const begun = world.bake(input, {
      signal: never,
      beat,
      ...(previous === undefined ? {} : { previous }),
    });
    const result = await begun.catch((error: unknown) => {
      if (error !== killed) throw error;
    });
    if (result !== undefined) return result;
    world.clock.jump(gap);
  }
  throw new Error('the bake never ended');
}

test('a bake that was lost at any beat comes to what an undisturbed one comes to', async () => {
  const whole = bakeInput({ analyses, checks: [CHECK], ms: 6000 });
  for (const behaviour of [
    { samples: load() },
    { samples: load(0.5), check: refusingFrom(3000) },
  ]) {
    const undisturbed = await createBakeWorld(behaviour).bake(whole, waiting);
    for (let beat = 1; beat < 12; beat += 1) {
      const resumed = await interrupted(behaviour, whole, [beat, 2], 0);
      // Whoever takes it up looks at the replicas at once.
      const { looks, lookedAt } = undisturbed.progress.sight;
      Object.assign(resumed.progress.sight, { looks, lookedAt });
      assert.deepEqual(resumed, undisturbed);
    }
  }
});

test('the time that nobody looked is not observed, and is told when it was long', async () => {
  const short = await interrupted({ samples: load() }, bakeInput({ analyses }), [5, 5], 4000);
  assert.equal(short.gapMs, 4000);
  assert.equal(short.observedMs, 10_000);
  assert.deepEqual(
    short.findings.map(({ name }) => name),
    ['errors'],
  );
  const long = await interrupted({ samples: load() }, bakeInput({ analyses }), [5, 5], 15_000);
  assert.equal(long.gapMs, 15_000);
  assert.equal(long.observedMs, 10_000);
  assert.deepEqual(long.findings.at(-1), {
    name: 'gap',
    verdict: 'pass',
    reason: 'nobody looked for up to 15 s; that time is not counted as observed',
    samples: 0,
  });
});

test('a process that stood still has a gap too', async () => {
  const world = createBakeWorld({ samples: load() });
  let beats = 0;
  const beat = () => {
    beats += 1;
    if (beats === 5) world.clock.jump(60_000);
  };
  const result = await world.bake(bakeInput({ analyses }), { signal: never, beat });
  assert.ok(result.gapMs >= 60_000 && result.gapMs < 61_000);
  assert.ok(result.observedMs >= 10_000 && result.observedMs < 11_000);
});

test('an abort returns what is known, and the bake goes on from there', async () => {
  const world = createBakeWorld({ samples: load() });
  const pause = new AbortController();
  const first = await world.bake(bakeInput({ analyses }), {
    signal: pause.signal,
    beat: () => {
      if (world.elapsed() >= 4000) pause.abort(new Error('pause'));
    },
  });
  assert.equal(first.ended, 'interrupted');
  assert.equal(first.verdict, 'pass');
  assert.equal(first.observedMs, 4000);
  const second = await world.bake(bakeInput({ analyses }), {
    ...waiting,
    previous: first.progress,
  });
  assert.deepEqual([second.ended, second.verdict], ['complete', 'pass']);
  assert.equal(world.elapsed(), 10_000);
});

test('an abort before the beginning returns at once and passes nothing that was asked for', async () => {
  const world = createBakeWorld({ samples: load() });
  const result = await world.bake(bakeInput({ analyses }), {
    ...waiting,
    signal: AbortSignal.abort(),
  });
  assert.deepEqual(
    [result.ended, result.verdict, world.elapsed()],
    ['interrupted', 'inconclusive', 0],
  );
});

test('a heartbeat of another shape is not gone on from', () => {
  for (const value of [undefined, null, 'x', {}, { schema: 'fairlead/bake/v0' }]) {
    assert.equal(isBakeProgress(value), false);
  }
});
