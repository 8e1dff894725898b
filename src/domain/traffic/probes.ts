// Reads weights back through the data plane: do the answers to marked probes look like the weights?
import type { ProbeAnswer, Weights } from '../rollout/model.ts';
import { normalised, percentOf } from './weights.ts';

const FEWEST = 20;
const MOST = 500;
/** Standard deviations that a share may be off: about one false alarm in three million. */
const SIGMAS = 5;
/** How likely it may be that a revision with weight is not seen although all is well. */
const MISS = 1e-6;

/** How many probes tell these weights from others. */
export function probesFor(weights: Weights): number {
  const smallest = Math.min(...normalised(weights).map((one) => one.percent / 100));
  if (!Number.isFinite(smallest) || smallest >= 1) return FEWEST;
  const needed = Math.ceil(Math.log(MISS) / Math.log(1 - smallest));
  return Math.min(MOST, Math.max(FEWEST, needed));
}

/** A sentence with the numbers when the answers do not fit the weights; `undefined` when they do. */
export function misread(weights: Weights, answers: ProbeAnswer[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { revision } of answers) counts.set(revision, (counts.get(revision) ?? 0) + 1);
  const stranger = [...counts.keys()].find((revision) => percentOf(weights, revision) === 0);
  if (stranger !== undefined) {
    return `${counts.get(stranger) ?? 0} of ${answers.length} probes were answered by ${stranger || 'no known revision'}, which has no weight`;
  }
  const enough = answers.length >= probesFor(weights);
  const off = normalised(weights).find(({ revision, percent }) =>
    isOff(counts.get(revision) ?? 0, answers.length, percent / 100, enough),
  );
  if (off === undefined) return undefined;
  const seen = counts.get(off.revision) ?? 0;
  return `${off.version} answered ${seen} of ${answers.length} probes, where ${off.percent} % of them were expected`;
}

function isOff(seen: number, asked: number, share: number, enough: boolean): boolean {
  const expected = asked * share;
  const bound = SIGMAS * Math.sqrt(asked * share * (1 - share)) + 1;
  const unseen = seen === 0 && enough && expected >= 1;
  return unseen || Math.abs(seen - expected) > bound;
}
