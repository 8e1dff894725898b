// Reads weights back through the data plane: do the answers to marked probes look like the weights?
import type { ProbeAnswer, Weights } from './model.ts';
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
  for (const { revision, version, percent } of normalised(weights)) {
    const seen = counts.get(revision) ?? 0;
    const share = percent / 100;
    const expected = answers.length * share;
    const bound = SIGMAS * Math.sqrt(answers.length * share * (1 - share)) + 1;
    const unseen = seen === 0 && answers.length >= probesFor(weights) && expected >= 1;
    if (unseen || Math.abs(seen - expected) > bound) {
      return `${version} answered ${seen} of ${answers.length} probes, where ${percent} % of them were expected`;
    }
  }
  return undefined;
}
