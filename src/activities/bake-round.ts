// One round of a bake: looks at the replicas, then at the metrics and checks that are due, side by side.
import type { Check } from '../config/system.ts';
import { observe, startAnalysis } from '../domain/analysis.ts';
import type { AnalysisState, PreparedAnalysis, Scrape } from '../domain/analysis.ts';
import { ranCheck, sawNothing, sawRevisions } from '../domain/bake-progress.ts';
import type { BakeProgress } from '../domain/bake-progress.ts';
import { dueAnalyses, dueChecks, dueRanges } from '../domain/bake-verdict.ts';
import type { BakePlan } from '../domain/bake-verdict.ts';
import { Failure } from '../domain/failure.ts';
import type { RevisionState } from '../domain/model.ts';
import type { Sample } from '../domain/prometheus-text.ts';
import { observeAnswers, observeRanges, startQueries } from '../domain/query-analysis.ts';
import { askRanges, askValues } from './bake-queries.ts';
import type { BakeInput, BakePorts } from './bake.ts';
import { runCheck } from './checks.ts';
import type { CheckResult } from './checks.ts';
import type { Clock, Waiting } from './ports.ts';

const LOOK_EVERY_MS = 1000;

/** What a round found out, to be put into the progress as it is by then. */
export type Change = (progress: BakeProgress) => BakeProgress;

type Scraper = (revision: string, own: string | undefined) => Promise<Sample[]>;

export function createBakeRounds(ports: BakePorts, input: BakeInput, plan: BakePlan) {
  let revisions: RevisionState[] = [];
  let lookedAt = -Infinity;

  return async (progress: BakeProgress, waiting: Waiting): Promise<Change> => {
    const changes: Change[] = [];
    if (progress.lastAt - lookedAt >= LOOK_EVERY_MS) {
      const seen = await look(ports, input);
      if (seen.revisions !== undefined) revisions = seen.revisions;
      lookedAt = progress.lastAt;
      changes.push(seen.change);
    }
    const scrape = createScraper(ports, revisions, waiting);
    const address = addressOf(input, revisions);
    const found = await Promise.all([
      ...dueAnalyses(plan, progress).map((one) =>
        one.analysis.source === 'prometheus'
          ? query(ports, input, one, progress, waiting)
          : measure(ports, input, one, scrape),
      ),
      ...dueRanges(plan, progress).map((one) => queryRange(ports, input, one, waiting)),
      ...dueChecks(plan, progress).map((one) => check(ports, input, one, address, waiting)),
    ]);
    return (now) => [...changes, ...found].reduce((state, change) => change(state), now);
  };
}

/** Where users go; the preview address when that is not known, or empty before a first deploy. */
function addressOf({ url, revision }: BakeInput, states: RevisionState[]): string | undefined {
  if (url !== undefined && url !== '') return url;
  return states.find(({ spec }) => spec.id === revision)?.previewUrl;
}

async function look(
  { workload, clock }: BakePorts,
  { service, revision }: BakeInput,
): Promise<{ revisions?: RevisionState[]; change: Change }> {
  try {
    const revisions = await workload.revisions(service);
    return { revisions, change: (now) => sawRevisions(now, revision, revisions) };
  } catch (error) {
    // A platform that restarts is waited for; everything else is not ours to judge.
    if (!(error instanceof Failure) || !error.retryable) throw error;
    const at = clock.now();
    return { change: (now) => sawNothing(now, at, error.message) };
  }
}

/** One scrape of an address per round, whoever asks: two revisions often share one. */
function createScraper(ports: BakePorts, states: RevisionState[], waiting: Waiting): Scraper {
  const scrapes = new Map<string, Promise<Sample[]>>();
  return async (revision, own) => {
    const url = own ?? states.find(({ spec }) => spec.id === revision)?.metricsUrl;
    if (url === undefined) {
      throw new Failure(
        'Unavailable',
        `the platform names no address with metrics of revision ${revision}`,
      );
    }
    const scrape = scrapes.get(url) ?? ports.metrics.scrape(url, waiting);
    scrapes.set(url, scrape);
    return scrape;
  };
}

async function measure(
  { clock }: BakePorts,
  input: BakeInput,
  prepared: PreparedAnalysis,
  scrape: Scraper,
): Promise<Change> {
  const began = clock.now();
  const seen = await scrapeBoth(clock, input, prepared, scrape);
  return (now) => {
    const state = now.analyses[prepared.name] ?? startAnalysis(began);
    return withAnalysis(now, prepared.name, observe(prepared, state, seen));
  };
}

async function query(
  ports: BakePorts,
  input: BakeInput,
  prepared: PreparedAnalysis,
  progress: BakeProgress,
  waiting: Waiting,
): Promise<Change> {
  const { name } = prepared;
  if (progress.analyses[name] === undefined) {
    const began = startQueries(ports.clock.now());
    return (now) => withAnalysis(now, name, began);
  }
  const asked = await askValues(ports, input, prepared, waiting);
  return (now) => {
    const state = now.analyses[name];
    return state === undefined
      ? now
      : withAnalysis(now, name, observeAnswers(prepared, state, asked));
  };
}

async function queryRange(
  ports: BakePorts,
  input: BakeInput,
  { prepared, range }: ReturnType<typeof dueRanges>[number],
  waiting: Waiting,
): Promise<Change> {
  const { name } = prepared;
  const found = await askRanges(ports, input, prepared, range, waiting);
  return (now) => {
    const state = now.analyses[name];
    return state === undefined ? now : withAnalysis(now, name, observeRanges(state, found));
  };
}

function withAnalysis(now: BakeProgress, name: string, state: AnalysisState): BakeProgress {
  return { ...now, analyses: { ...now.analyses, [name]: state } };
}

async function scrapeBoth(
  clock: Clock,
  input: BakeInput,
  { analysis, compares }: PreparedAnalysis,
  scrape: Scraper,
): Promise<Scrape> {
  const other = compares ? input.stable : undefined;
  try {
    const [samples, stable] = await Promise.all([
      scrape(input.revision, analysis.url),
      other === undefined ? undefined : scrape(other, analysis.url),
    ]);
    const at = clock.now();
    return stable === undefined ? { at, samples } : { at, samples, stable };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { at: clock.now(), error: error.message };
  }
}

async function check(
  ports: BakePorts,
  { version, directory }: BakeInput,
  one: Check,
  address: string | undefined,
  waiting: Waiting,
): Promise<Change> {
  const ranAt = ports.clock.now();
  const ran: CheckResult =
    address === undefined
      ? { verdict: 'inconclusive', reason: 'the platform names no address of the revision' }
      : await runCheck(
          ports.checks,
          { check: one, address, url: address, version, directory },
          waiting,
        );
  return (now) => ranCheck(now, one.name, ranAt, ran);
}
