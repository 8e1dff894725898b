// Reads the text endpoints that analyses of a bake look at: in each round of it, and once before the weights change.
import {
  baselineOf,
  prepareAnalysis,
  type PreparedAnalysis,
  type Scrape,
  type Subject,
} from '../../domain/analysis/analysis.ts';
import type { AnalysisState } from '../../domain/analysis/analysis-state.ts';
import { startBake, type BakeProgress } from '../../domain/analysis/bake-progress.ts';
import type { Exposition } from '../../domain/analysis/prometheus-text.ts';
import { Failure } from '../../domain/failure.ts';
import type { RevisionState } from '../../domain/rollout/model.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsPort } from '../../ports/metrics.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { BakeInput, BakePorts } from './bake-input.ts';

export type Scraper = (revision: string, own: string | undefined) => Promise<Exposition>;

type Judging = Pick<BakeInput, 'service' | 'revision' | 'stable' | 'preview' | 'analyses'>;

/** The analyses of a bake, made ready. Throws `Failure('BadInput', ...)` for one that cannot be read. */
export function preparedOf({
  service: { system, service },
  revision,
  stable,
  preview,
  analyses,
}: Judging): PreparedAnalysis[] {
  const subject: Subject = {
    service: { system, service },
    revision,
    ...(stable !== undefined && { stable }),
    ...(preview === true && { preview: true }),
  };
  return Object.entries(analyses).map(([name, one]) => prepareAnalysis(name, one, subject));
}

/** Scrapes each address once for all that ask: two revisions often share an address. */
export function createScraper(
  metrics: MetricsPort,
  states: RevisionState[],
  waiting: Waiting,
): Scraper {
  const scrapes = new Map<string, Promise<Exposition>>();
  return async (revision, own) => {
    const url = own ?? states.find(({ spec }) => spec.id === revision)?.metricsUrl;
    if (url === undefined) {
      throw new Failure(
        'Unavailable',
        `the platform names no address with metrics of revision ${revision}`,
      );
    }
    const scrape = scrapes.get(url) ?? metrics.scrape(url, waiting);
    scrapes.set(url, scrape);
    return scrape;
  };
}

export async function scrapeBoth(
  clock: Clock,
  { revision, stable: other }: Pick<BakeInput, 'revision' | 'stable'>,
  { analysis, compares }: PreparedAnalysis,
  scrape: Scraper,
): Promise<Scrape> {
  try {
    const [judged, stable] = await Promise.all([
      scrape(revision, analysis.url),
      compares && other !== undefined ? scrape(other, analysis.url) : undefined,
    ]);
    const at = clock.now();
    return stable === undefined ? { at, judged } : { at, judged, stable };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { at: clock.now(), error: error.message };
  }
}

/**
 * Reads what a bake counts from before the weights change: what comes between the change and the first read of the bake,
 * the first requests of a revision, would be lost otherwise. Called once before room is made; what it gives is called right
 * before the change, and gives the progress with which the bake begins.
 */
export async function readBaseline(
  input: Pick<BakeInput, 'service'> & Judging,
  waiting: Waiting,
  { metrics, workload, clock }: Pick<BakePorts, 'metrics' | 'workload' | 'clock'>,
): Promise<() => Promise<BakeProgress>> {
  const scraped = preparedOf(input).filter(({ analysis }) => analysis.source === 'scrape');
  const readAll = async (): Promise<Scrape[]> => {
    const revisions = await workload.revisions(input.service, waiting);
    const scraper = createScraper(metrics, revisions, waiting);
    return Promise.all(scraped.map((one) => scrapeBoth(clock, input, one, scraper)));
  };
  const first = await readAll();
  return async () => {
    const second = await readAll();
    const states = scraped.flatMap((prepared, index): [string, AnalysisState][] => {
      const [before, now] = [first[index], second[index]];
      if (before === undefined || now === undefined) return [];
      return [[prepared.name, baselineOf(prepared, before, now)]];
    });
    return { ...startBake(clock.now()), analyses: Object.fromEntries(states) };
  };
}
