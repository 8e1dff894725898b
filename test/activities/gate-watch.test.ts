// A gate watch under a virtual clock: its bakes follow each other without a gap, and only a whole one gives a verdict.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchWhileWaiting } from '../../src/activities/judging/gate-watch.ts';
import { bakeAt, type BakeAtInput } from '../../src/activities/judging/on-platform.ts';
import { nextBake } from '../../src/domain/analysis/bake-progress.ts';
import {
  endOfLostWatch,
  isGateWatchProgress,
  lastWordOf,
  startGateWatch,
  type GateWatchProgress,
} from '../../src/domain/analysis/gate-watch.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import {
  analysisOf,
  ERRORS,
  samplesOf,
  scraped,
  scraping,
  type AnalysisFile,
} from '../support/analysis-samples.ts';

/** A version under a canary's share: each revision answers ten requests a second well, and `errors` of the new one badly. */
async function canary(metric: AnalysisFile['metrics'][string] = { ...ERRORS, max: 0.05 }) {
  const world = createActivityWorld();
  const [v1, v2] = [await world.revision('v1'), await world.revision('v2')];
  const traffic = { errors: 0 };
  const began = world.clock.now();
  const metrics = scraping(() => {
    const ok = Math.floor((world.clock.now() - began) / 100);
    return [...samplesOf(v1.id, { ok }), ...samplesOf(v2.id, { ok, ...traffic })];
  });
  const checks = { run: () => Promise.reject(new Error('there is none')) };
  const ports = { ...world.ports, metrics, checks };
  const input: BakeAtInput = {
    ...{ place: PLACE, version: 'v2', revision: v2.id, stable: v1.id, ms: 5000, resume: null },
    ...{ analyses: { errors: analysisOf(scraped(metric)) }, checks: [], directory: '/' },
  };
  const cancel = new AbortController();
  /** Watches until `onBeat` cancels it, or it fails. */
  const watch = (
    resume: BakeAtInput['resume'],
    onBeat: (progress: GateWatchProgress) => void = () => undefined,
  ) =>
    watchWhileWaiting(
      { ...input, resume },
      {
        ...world.call(),
        signal: cancel.signal,
        givenUp: () => true,
        beat: (progress) => {
          if (isGateWatchProgress(progress)) onBeat(progress);
        },
      },
      ports,
    );
  const bake = () => bakeAt(input, world.call(), ports);
  return {
    watch,
    bake,
    traffic,
    clock: world.clock,
    cancel: () => {
      cancel.abort();
    },
  };
}

test('what comes between the bake of a step and the first bake of its watch is judged', async () => {
  const { watch, bake, traffic, clock } = await canary();
  const own = await bake();
  assert.equal(own.verdict, 'pass');
  traffic.errors = 100;
  clock.jump(2000);
  const { failed, bakes } = await watch(nextBake(own.progress, clock.now()));
  assert.equal(bakes, 1);
  assert.match(failed?.[0]?.reason ?? '', /^errors 0\.\d+ \(100 of \d+ requests\): over max/);
});

test('what comes between two bakes of a watch is judged in the later one', async () => {
  const { watch, traffic, clock } = await canary();
  const { failed, bakes } = await watch(null, (progress) => {
    const isBetween = progress.bakes === 1 && progress.bake?.sight.looks === 0;
    if (isBetween && traffic.errors === 0) {
      traffic.errors = 100;
      clock.jump(500);
    }
  });
  assert.equal(bakes, 2);
  assert.match(failed?.[0]?.reason ?? '', /^errors 0\.\d+ \(100 of \d+ requests\): over max/);
});

test('a bake that counts on from what a worker with a clock ahead read goes on all the same', async () => {
  const { watch, bake, traffic, clock } = await canary();
  clock.jump(7_200_000);
  const own = await bake();
  clock.jump(-7_200_000);
  traffic.errors = 100;
  const { failed } = await watch(nextBake(own.progress, clock.now()));
  assert.match(failed?.[0]?.reason ?? '', /\(100 of \d+ requests\): over max/);
});

test('of a watch whose worker was lost the last heartbeat is told, with its age, and nothing since', () => {
  const began = Date.parse('2026-03-02T09:00:00.000Z');
  const findings = [{ name: 'errors', verdict: 'pass' as const, reason: 'error-ratio 0' }];
  const judged = { at: began + 60_000, verdict: 'pass' as const, findings };
  const progress = { ...startGateWatch('weight-5', began, null), bakes: 1, judged };
  const end = endOfLostWatch({ lastAt: began + 90_000, progress }, 'it was lost');
  assert.equal(end?.failed, undefined);
  assert.equal(
    end && lastWordOf(end, began + 100_000),
    'last judged 40 s ago: pass, errors: error-ratio 0; not observed since 2026-03-02T09:01:30.000Z (it was lost)',
  );
  assert.equal(endOfLostWatch(undefined, 'it was lost'), undefined);
});

test('a bake that is cut off is no verdict, whatever the half of it looks like', async () => {
  const { watch, traffic, cancel } = await canary({
    ...{ ...ERRORS, max: 1 },
    compare: { direction: 'increase', minSamples: 3 },
  });
  const end = await watch(null, ({ bakes, bake }) => {
    traffic.errors += 1;
    // Enough for the comparison to be sure, and not the whole.
    if (bakes === 0 && (bake?.observedMs ?? 0) >= 4500) cancel();
  });
  assert.deepEqual([end.bakes, end.judged, end.failed], [0, null, undefined]);
});
