// What the requests saw, counted: by version and status, and by the weights that were set meanwhile. Pure.
import type { Report } from '../src/domain/record/report.ts';
import type { LoadAnswer } from './load.ts';

export interface VersionTally {
  version: string;
  answers: number;
  ok: number;
  /** By status; 0 is a connection that broke. */
  failed: Record<number, number>;
}

/** In the order in which the versions were first seen. */
export function byVersion(answers: readonly LoadAnswer[]): VersionTally[] {
  const tallies = new Map<string, VersionTally>();
  for (const { version, status } of answers) {
    const tally = tallies.get(version) ?? { version, answers: 0, ok: 0, failed: {} };
    tally.answers += 1;
    if (status === 200) tally.ok += 1;
    else tally.failed[status] = (tally.failed[status] ?? 0) + 1;
    tallies.set(version, tally);
  }
  return [...tallies.values()];
}

/** How many requests met the new version while its weight was in force. */
export interface Share {
  version: string;
  /** In percent. */
  weight: number;
  answers: number;
  met: number;
  failed: number;
}

/** One for each weight between 0 and 100; only requests that lie wholly within its time count. */
export function sharesOf(report: Report, answers: readonly LoadAnswer[]): Share[] {
  const version = report.plan?.to ?? '';
  return report.weights.flatMap(({ at, versions }) => {
    const weight = versions.find((one) => one.version === version)?.percent ?? 0;
    const until = report.steps.find(
      (step) => step.startedAt <= at && step.endedAt !== null && at <= step.endedAt,
    )?.endedAt;
    if (weight === 0 || weight === 100 || until === null || until === undefined) return [];
    const within = between(answers, Date.parse(at), Date.parse(until));
    const met = within.filter((one) => one.version === version);
    const failed = met.filter((one) => one.status !== 200).length;
    return [{ version, weight, answers: within.length, met: met.length, failed }];
  });
}

export function between(answers: readonly LoadAnswer[], from: number, to: number): LoadAnswer[] {
  return answers.filter((one) => one.startedAt >= from && one.endedAt <= to);
}

/** Five standard deviations: about one false alarm in three million, and one request for the edges. */
const SIGMAS = 5;
const ONE_IN_THREE_MILLION = 3e-7;

export function atItsWeight({ weight, answers, met }: Share): boolean {
  const share = weight / 100;
  const bound = SIGMAS * Math.sqrt(answers * share * (1 - share)) + 1;
  // Of few requests, none may have met it by chance.
  const isMet = met > 0 || (1 - share) ** answers > ONE_IN_THREE_MILLION;
  return answers > 0 && isMet && Math.abs(met - answers * share) <= bound;
}

export function describeShare(share: Share): string {
  const seen = share.answers === 0 ? 0 : (share.met / share.answers) * 100;
  return `${share.version} at ${share.weight} %: ${share.met} of ${share.answers} requests met it (${seen.toFixed(1)} %)`;
}
