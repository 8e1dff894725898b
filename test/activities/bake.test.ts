import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BakeInput } from '../../src/activities/judging/bake-input.ts';
import type { BakeResult } from '../../src/activities/judging/bake.ts';
import { hasJudged } from '../../src/domain/analysis/finding.ts';
import { Failure } from '../../src/domain/failure.ts';
import { analysisOf, ERRORS, samplesOf, scraped } from '../support/analysis-samples.ts';
import {
  bakeInput,
  CHECK,
  createBakeWorld,
  revisionState,
  type Behaviour,
} from '../support/bake-world.ts';
const never = new AbortController().signal;
const waiting = { signal: never, beat: () => undefined };
const errors = analysisOf(scraped({ ...ERRORS, max: 0.02 }));
const analyses = { errors };

/** Ten requests a second reach the judged revision, of which so many fail. */
const load =
  (failing = 0) =>
  (ms: number) => {
    const requests = Math.floor(ms / 100);
    const bad = Math.floor(requests * failing);
    return samplesOf('new', { ok: requests - bad, errors: bad });
  };

function run(behaviour: Behaviour, more: Partial<BakeInput> = {}): Promise<BakeResult> {
  return createBakeWorld(behaviour).bake(bakeInput(more), waiting);
}

test('waiting alone passes without a finding', async () => {
  const result = await run({}, { ms: 3000 });
  assert.deepEqual([result.ended, result.verdict, result.findings], ['complete', 'pass', []]);
  assert.equal(result.observedMs, 3000);
  assert.equal(result.gapMs, 0);
});

test('what is told beside a verdict judges nothing', async () => {
  const { verdict, findings } = await run(
    {},
    { ms: 1000, told: ['analysis errors was not asked'] },
  );
  assert.deepEqual(
    [verdict, findings.map(({ name, reason }) => `${name}: ${reason}`)],
    ['pass', ['not asked: analysis errors was not asked']],
  );
  assert.ok(!hasJudged(findings));
  const checked = await run({}, { ms: 1000, checks: [CHECK] });
  assert.ok(hasJudged(checked.findings));
});

test('a revision that answers well passes after the whole time', async () => {
  const result = await run({ samples: load() }, { analyses, checks: [CHECK] });
  assert.equal(result.ended, 'complete');
  assert.equal(result.verdict, 'pass');
  assert.equal(result.observedMs, 10_000);
  assert.deepEqual(
    result.findings.map(({ name, verdict }) => [name, verdict]),
    [
      ['errors', 'pass'],
      ['health', 'pass'],
    ],
  );
  assert.match(result.findings[0]?.reason ?? '', /10 of 10 measurements passed/);
  assert.equal(result.findings[0]?.samples, 100);
});

test('a revision that answers badly fails long before the time is up', async () => {
  const result = await run({ samples: load(0.5) }, { analyses, ms: 60_000 });
  assert.deepEqual([result.ended, result.verdict], ['decided', 'fail']);
  assert.ok(result.observedMs < 3000);
  assert.match(
    result.findings[0]?.reason ?? '',
    /errors 0\.5 \(5 of 10 requests\): over max 0\.02/,
  );
});

test('a revision without requests is inconclusive at the end, not before', async () => {
  const result = await run({}, { analyses });
  assert.deepEqual([result.ended, result.verdict], ['complete', 'inconclusive']);
});

test('metrics that cannot be read end the bake as inconclusive', async () => {
  const samples = () => {
    throw new Failure('Unavailable', 'connection refused');
  };
  const result = await run({ samples }, { analyses, ms: 60_000 });
  assert.deepEqual([result.ended, result.verdict], ['decided', 'inconclusive']);
  assert.match(result.findings[0]?.reason ?? '', /5 scrapes in a row failed.*connection refused/);
});

test('no time at all still takes one measurement of each analysis and one run of each check', async () => {
  const world = createBakeWorld({ samples: load() });
  const slow = analysisOf(scraped({ ...ERRORS, max: 0.02 }, { interval: '7s' }));
  const input = bakeInput({ ms: 0, analyses: { errors, slow }, checks: [CHECK] });
  const result = await world.bake(input, waiting);
  assert.deepEqual([result.ended, result.verdict], ['complete', 'pass']);
  assert.equal(world.elapsed(), 7000);
});

test('the end of the time is measured too', async () => {
  const slow = analysisOf(scraped({ ...ERRORS, max: 0.02 }, { interval: '4s' }));
  const breaksLate = (ms: number) =>
    samplesOf('new', { ok: Math.floor(ms / 100), errors: ms > 8500 ? 50 : 0 });
  const result = await run({ samples: breaksLate }, { analyses: { slow } });
  assert.equal(result.verdict, 'fail');
});

test('two revisions that share an address are scraped once', async () => {
  const compared = analysisOf(scraped({ ...ERRORS, maxOverStable: { difference: 0.1 } }));
  const samples = (ms: number) => [...load()(ms), ...samplesOf('old', { ok: ms })];
  const world = createBakeWorld({ samples });
  const input = bakeInput({ stable: 'old', ms: 3000, analyses: { compared, errors } });
  const result = await world.bake(input, waiting);
  assert.equal(result.verdict, 'pass');
  assert.equal(world.scraped.length, 4);
});

const lost: [string, Parameters<typeof revisionState>[1] | undefined, RegExp][] = [
  [
    'keeps crashing',
    { condition: 'crashLoop', crashes: 5, problem: 'exit 1' },
    /keeps crashing, 5 exits so far: exit 1/,
  ],
  ['loses all its replicas', { condition: 'degraded', ready: 0 }, /none of its 2 replicas ready/],
  ['is removed', undefined, /new is gone/],
];
for (const [what, state, says] of lost) {
  test(`a judged revision that ${what} fails the bake at once`, async () => {
    const revisions = (ms: number) => {
      if (ms < 5000) return [revisionState('new')];
      return state === undefined ? [] : [revisionState('new', state)];
    };
    const result = await run({ revisions, samples: load() }, { analyses, ms: 60_000 });
    assert.deepEqual([result.ended, result.verdict], ['decided', 'fail']);
    assert.equal(result.findings[0]?.name, 'replicas');
    assert.match(result.findings[0].reason, says);
    assert.ok(result.observedMs < 7000);
  });
}

test('a replica that died while others stayed ready is told, and does not fail the bake', async () => {
  const revisions = (ms: number) => [revisionState('new', { crashes: ms < 5000 ? 3 : 4 })];
  const result = await run({ revisions });
  assert.equal(result.verdict, 'pass');
  assert.equal(
    result.findings[0]?.reason,
    '1 exits of replicas that nobody asked for; at each of 11 looks, the last 0 s before the end, one was ready',
  );
});

test('replicas that all died between two looks make the bake begin anew, and fail it the second time', async () => {
  const dying =
    (...at: number[]) =>
    (ms: number) => [revisionState('new', { crashes: 2 * at.filter((one) => ms >= one).length })];
  for (const at of [5000, 9400]) {
    const world = createBakeWorld({ revisions: dying(at) });
    const { ended, verdict, findings } = await world.bake(bakeInput(), waiting);
    assert.deepEqual([ended, verdict], ['complete', 'pass']);
    assert.ok(world.elapsed() >= at + 10_000, String(world.elapsed()));
    assert.match(
      findings[0]?.reason ?? '',
      /^2 exits .* the bake began anew; at each of 1\d looks/,
    );
  }
  const twice = await run({ revisions: dying(5000, 9400) });
  assert.deepEqual([twice.ended, twice.verdict], ['decided', 'fail']);
  assert.match(twice.findings[0]?.reason ?? '', /all 2 replicas of .* ended a second time/);
});

const platformAwayUntil = (until: number) => (ms: number) => {
  if (ms > 4000 && ms < until) throw new Failure('Unavailable', 'the local host is away');
  return [revisionState('new')];
};

test('a platform that comes back is waited for, beyond the time of the bake too', async () => {
  const world = createBakeWorld({ revisions: platformAwayUntil(15_000) });
  const result = await world.bake(bakeInput(), waiting);
  assert.deepEqual([result.ended, result.verdict, result.findings], ['complete', 'pass', []]);
  assert.ok(world.elapsed() >= 15_000);
});

test('a platform that stays away makes the bake inconclusive', async () => {
  const result = await run({ revisions: platformAwayUntil(Infinity) });
  assert.deepEqual([result.ended, result.verdict], ['decided', 'inconclusive']);
  assert.match(result.findings[0]?.reason ?? '', /has not said for .* s .*the local host is away/);
});

test('a failure of the platform that waiting does not mend goes to the caller', async () => {
  const revisions = () => {
    throw new Failure('Broken', 'no such service');
  };
  await assert.rejects(run({ revisions }), /no such service/);
});

const refusing =
  (from: number, until = Infinity, kind: 'CheckFailed' | 'Unavailable' = 'CheckFailed') =>
  (ms: number): string => {
    if (ms < from || ms >= until) return 'fine';
    throw new Failure(kind, 'GET /health answered 500');
  };

test('a check that fails four times in a row fails the bake', async () => {
  const result = await run({ check: refusing(2000) }, { checks: [CHECK], ms: 60_000 });
  assert.deepEqual([result.ended, result.verdict], ['decided', 'fail']);
  assert.match(result.findings[0]?.reason ?? '', /the last 4 of 5 runs did not pass.*answered 500/);
});

test('a check that recovers within its limit passes', async () => {
  const result = await run({ check: refusing(2000, 7000) }, { checks: [CHECK] });
  assert.equal(result.verdict, 'pass');
});

test('a check that cannot be run is inconclusive, never a pass', async () => {
  const result = await run({ check: refusing(0, Infinity, 'Unavailable') }, { checks: [CHECK] });
  assert.deepEqual([result.ended, result.verdict], ['decided', 'inconclusive']);
});

test('a bake does not end while its last check did not pass', async () => {
  const result = await run({ check: refusing(9000) }, { checks: [CHECK] });
  assert.deepEqual([result.ended, result.verdict], ['decided', 'fail']);
  assert.ok(result.observedMs > 10_000);
});

test('checks ask where users go, and the preview address while that is not known', async () => {
  for (const [url, asked] of [
    ['http://users', 'http://users'],
    ['', 'http://preview/new'],
  ] as const) {
    const world = createBakeWorld();
    await world.bake(bakeInput({ ms: 0, checks: [CHECK], url }), waiting);
    assert.deepEqual(
      world.checked.map(({ address, version }) => [address, version]),
      [[asked, 'v2']],
    );
  }
});

test('it beats at least every second, during a slow scrape too', async () => {
  const world = createBakeWorld({ samples: load(), scrapeMs: 4000 });
  const beats: number[] = [world.elapsed()];
  const beat = () => beats.push(world.elapsed());
  await world.bake(bakeInput({ analyses }), { signal: never, beat });
  beats.push(world.elapsed());
  const pauses = beats.slice(1).map((at, index) => at - (beats[index] ?? 0));
  assert.ok(Math.max(...pauses) <= 1000, `the longest pause was ${Math.max(...pauses)} ms`);
});
