// The bake of a first deploy: no other revision has users, so the absolute limits of its analyses judge, and nothing else does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BakeInput } from '../../src/activities/judging/bake-input.ts';
import type { Analysis } from '../../src/config/system.ts';
import { prepareAnalysis } from '../../src/domain/analysis/analysis.ts';
import { observeAnswers, startQueries } from '../../src/domain/analysis/query-analysis.ts';
import { boundsAlone, isUnused } from '../../src/domain/analysis/standing-alone.ts';
import { Failure } from '../../src/domain/failure.ts';
import { hasJudged, type Finding } from '../../src/domain/analysis/finding.ts';
import { analysisOf, ERRORS, samplesOf, scraped } from '../support/analysis-samples.ts';
import { bakeInput, createBakeWorld, type Behaviour } from '../support/bake-world.ts';

const waiting = { signal: new AbortController().signal, beat: () => undefined };
const errors = analysisOf(scraped({ ...ERRORS, max: 0.02 }));
const many = analysisOf(scraped({ ...ERRORS, max: 0.02 }, { minimumSamples: 1000 }));

const load =
  ({ failing = 0, until = Infinity }) =>
  (ms: number) => {
    const requests = Math.floor(Math.min(ms, until) / 100);
    const bad = Math.floor(requests * failing);
    return samplesOf('new', { ok: requests - bad, errors: bad });
  };

async function alone(
  behaviour: Behaviour,
  asked: Record<string, Analysis> = { errors },
  more: Partial<BakeInput> = {},
): Promise<{ verdict: string; found: Finding; judged: boolean }> {
  const input = bakeInput({ analyses: asked, alone: true, ...more });
  const { verdict, findings } = await createBakeWorld(behaviour).bake(input, waiting);
  const [found] = findings;
  assert.ok(found);
  return { verdict, found, judged: hasJudged(findings) };
}

test('a first version that answers well passes, one that answers badly fails', async () => {
  const good = await alone({ samples: load({}) });
  assert.deepEqual([good.verdict, good.found.name, good.judged], ['pass', 'errors', true]);
  const bad = await alone({ samples: load({ failing: 0.5 }) });
  assert.deepEqual([bad.verdict, bad.found.name], ['fail', 'errors']);
  assert.match(bad.found.reason, /over max 0\.02/);
});

test('a first version that nobody used yet is not judged, which is told and is no pass of the analysis', async () => {
  const table: [string, Behaviour, Record<string, Analysis>, RegExp][] = [
    ['no request', {}, { errors }, /^analysis errors: no measurement passed: errors: no data/],
    ['too few', { samples: load({}) }, { many }, /^analysis many: .*of the 1000 requests needed/],
    ['they ended', { samples: load({ until: 2000 }) }, { errors }, /^analysis errors: the last /],
  ];
  for (const [what, behaviour, analyses, says] of table) {
    const { verdict, found, judged } = await alone(behaviour, analyses);
    assert.deepEqual([verdict, found.name, judged], ['pass', 'not judged', false], what);
    assert.match(found.reason, says, what);
  }
});

test('what could not be read is inconclusive in a first deploy too, and so is a preview that nobody asked', async () => {
  const samples = () => {
    throw new Failure('Unavailable', 'connection refused');
  };
  assert.equal((await alone({ samples })).verdict, 'inconclusive');
  assert.equal((await alone({}, { errors }, { preview: true })).verdict, 'inconclusive');
});

test('a metric that is not there although users came is inconclusive in a first deploy too', async () => {
  const both = analysisOf({
    ...scraped({ ...ERRORS, max: 0.02 }),
    metrics: {
      errors: { ...ERRORS, max: 0.02 },
      latency: { quantile: { q: 0.9, of: 'shop_seconds' }, max: 1 },
    },
  });
  const used = await alone({ samples: load({}) }, { both });
  assert.deepEqual([used.verdict, used.found.name], ['inconclusive', 'both']);
  assert.match(used.found.reason, /latency: no data: .*the source has no metric shop_seconds/);
  const unused = await alone({}, { both });
  assert.deepEqual([unused.verdict, unused.found.name], ['pass', 'not judged']);
});

test('of a server that is asked too, a metric without a series is no want of users where another counted some', () => {
  const bounded = { query: 'q', requests: 'n', max: 1 };
  const both = analysisOf({ source: 'prometheus', metrics: { errors: bounded, latency: bounded } });
  const prepared = prepareAnalysis('both', both, { revision: 'new' });
  const none = { kind: 'none', why: 'no data: the query found no series' } as const;
  const after = (requests: number) => {
    const counted = { kind: 'value', value: requests } as const;
    const errors = { judged: { value: { kind: 'value', value: 0 } as const, requests: counted } };
    const answers = { errors, latency: { judged: { value: none, requests: none } } };
    return observeAnswers(prepared, startQueries(0), { at: 1000, answers });
  };
  assert.deepEqual([isUnused(after(5)), isUnused(after(0))], [false, true]);
});

test('of an analysis its max and min are left, without comparisons and score', () => {
  const both = analysisOf({
    ...scraped({ ...ERRORS, max: 0.02, maxOverStable: { difference: 0.1 } }),
    metrics: {
      bound: { ...ERRORS, max: 0.02, min: 0, maxOverStable: { ratio: 2 } },
      over: { ...ERRORS, maxOverStable: { ratio: 2 } },
    },
  });
  const { metrics, ...rest } = boundsAlone({ both })['both'] ?? {};
  assert.deepEqual(Object.keys(metrics ?? {}), ['bound']);
  assert.deepEqual(
    [metrics?.['bound']?.max, metrics?.['bound']?.min, metrics?.['bound']?.maxOverStable],
    [0.02, 0, undefined],
  );
  const { metrics: _, ...before } = both;
  assert.deepEqual(rest, before);
});
