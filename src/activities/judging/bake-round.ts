// One round of a bake: looks at the replicas, then at the metrics and checks that are due, side by side.
import type { Check } from '../../config/system.ts';
import { observe, type PreparedAnalysis } from '../../domain/analysis/analysis.ts';
import { startAnalysis, type AnalysisState } from '../../domain/analysis/analysis-state.ts';
import {
  ranCheck,
  sawNothing,
  sawRevisions,
  type BakeProgress,
} from '../../domain/analysis/bake-progress.ts';
import {
  dueAnalyses,
  dueChecks,
  dueRanges,
  type BakePlan,
} from '../../domain/analysis/bake-verdict.ts';
import { Failure } from '../../domain/failure.ts';
import type { RevisionState } from '../../domain/rollout/model.ts';
import {
  observeAnswers,
  observeRanges,
  startQueries,
} from '../../domain/analysis/query-analysis.ts';
import { askRanges, askValues } from './bake-queries.ts';
import { createScraper, scrapeBoth, type Scraper } from './bake-scrapes.ts';
import type { BakeInput, BakePorts } from './bake-input.ts';
import { reachedBy, runCheck, type CheckResult } from './checks.ts';
import type { Waiting } from '../../ports/waiting.ts';

const LOOK_EVERY_MS = 1000;

/** What a round found out, to be put into the progress as it is by then. */
export type Change = (progress: BakeProgress) => BakeProgress;

export function createBakeRounds(ports: BakePorts, input: BakeInput, plan: BakePlan) {
  let revisions: RevisionState[] = [];
  let lookedAt = -Infinity;

  return async (progress: BakeProgress, waiting: Waiting): Promise<Change> => {
    const changes: Change[] = [];
    const isLast = progress.observedMs >= plan.ms;
    if (isLast || progress.lastAt - lookedAt >= LOOK_EVERY_MS) {
      const seen = await look(ports, input, waiting);
      if (seen.revisions !== undefined) revisions = seen.revisions;
      lookedAt = progress.lastAt;
      changes.push(seen.change);
    }
    const scrape = createScraper(ports.metrics, revisions, waiting);
    const address = addressOf(ports, input, revisions, waiting);
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

/** An address of the service, and what is sent there with a request of Fairlead's own. */
interface Address {
  url: string;
  headers: () => Promise<Record<string, string>>;
}

/** Where users go; the preview address when that is not known, or empty before a first deploy. */
function addressOf(
  { traffic }: BakePorts,
  { service, url, revision }: BakeInput,
  states: RevisionState[],
  waiting: Waiting,
): Address | undefined {
  const mark = () => traffic.mark(service, waiting);
  if (url !== undefined && url !== '') return { url, headers: mark };
  const found = states.find(({ spec }) => spec.id === revision);
  if (found === undefined) return undefined;
  const headers = async () => ({ ...(await mark()), ...found.previewHeaders });
  return { url: found.previewUrl, headers };
}

async function look(
  { workload, clock }: BakePorts,
  { service, revision }: BakeInput,
  waiting: Waiting,
): Promise<{ revisions?: RevisionState[]; change: Change }> {
  try {
    const revisions = await workload.revisions(service, waiting);
    const at = clock.now();
    return { revisions, change: (now) => sawRevisions(now, revision, { at, revisions }) };
  } catch (error) {
    // A platform that restarts is waited for; everything else is not ours to judge.
    if (!(error instanceof Failure) || !error.retryable) throw error;
    const at = clock.now();
    return { change: (now) => sawNothing(now, at, error.message) };
  }
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

async function check(
  ports: BakePorts,
  { version, directory, revision }: BakeInput,
  one: Check,
  address: Address | undefined,
  waiting: Waiting,
): Promise<Change> {
  const ranAt = ports.clock.now();
  const reached = reachedBy(ports.traffic, revision);
  const ran: CheckResult =
    address === undefined
      ? { verdict: 'inconclusive', reason: 'the platform names no address of the revision' }
      : await runCheck(
          ports.checks,
          {
            ...{ check: one, address: address.url, ...address, version, directory },
            ...(reached && { reached }),
          },
          waiting,
        );
  return (now) => ranCheck(now, one.name, ranAt, ran);
}
