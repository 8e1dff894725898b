// Judges groups of metrics: Kayenta's weighted score and its class, and the verdict of Fairlead beside it.
import type { Verdict } from '../verdict.ts';
import { show } from './describe-judgement.ts';
import { judgeMetric, type JudgedMetric, type MetricJudgement } from './judge-metric.ts';
import { groupScore, weightedScore, type Scored } from './score.ts';

export interface JudgedGroups {
  groups: Record<string, { weight?: number; metrics: readonly NamedMetric[] }>;
  /** The lowest score that passes. */
  pass: number;
  /** The lowest score that is marginal. */
  marginal: number;
}

/** A metric of a group. Without a name it is called after its group and its place there: `errors-1`. */
export type NamedMetric = JudgedMetric & { name?: string };

export interface GroupMember extends MetricJudgement {
  group: string;
  name: string;
}

export interface GroupsJudgement {
  /** 0 to 100, two decimals. */
  score: number;
  class: 'Pass' | 'Marginal' | 'Fail';
  verdict: Verdict;
  reason: string;
  groups: Record<string, { score: number; weight: number }>;
  metrics: GroupMember[];
}

export function judgeGroups({ groups, pass, marginal }: JudgedGroups): GroupsJudgement {
  const metrics = Object.entries(groups).flatMap(([group, { metrics: ones }]) =>
    ones.map((one, index) => ({
      group,
      name: one.name ?? `${group}-${index + 1}`,
      ...judgeMetric(one),
    })),
  );
  const weights = weightsOf(groups);
  const { score, spoilt } = weightedScore(metrics, weights);
  const best = weightedScore(metrics.map(atBest), weights).score;
  const unclear = metrics.filter(({ verdict }) => verdict === 'inconclusive');
  const verdict = groupVerdict(score, best, unclear.length > 0, { pass, marginal });
  return {
    score,
    class: score >= pass ? 'Pass' : score >= marginal ? 'Marginal' : 'Fail',
    verdict,
    reason: sentence({ score, best, spoilt, pass, marginal }, metrics, unclear),
    groups: Object.fromEntries(
      [...weights].map(([group, weight]) => {
        const own = metrics.filter((one) => one.group === group);
        return [group, { score: groupScore(own) ?? 0, weight }];
      }),
    ),
    metrics,
  };
}

/** Groups without a weight share what the others leave of 100. */
function weightsOf(groups: JudgedGroups['groups']): Map<string, number> {
  const entries = Object.entries(groups);
  const given = entries.flatMap(([, { weight }]) => weight ?? []);
  const left = 100 - given.reduce((sum, one) => sum + one, 0);
  const share = left / (entries.length - given.length);
  return new Map(entries.map(([group, { weight }]) => [group, weight ?? share]));
}

/** A metric as it counts at best: one that could not be decided, as if it had passed. */
function atBest(one: GroupMember): Scored {
  const { group } = one;
  return one.verdict === 'inconclusive' ? { group, class: 'Pass', critical: false } : one;
}

/** The verdict of the groups: a fail if they would fail however the open metrics had ended, a pass only if none is open. */
function groupVerdict(
  score: number,
  best: number,
  open: boolean,
  { pass, marginal }: { pass: number; marginal: number },
): Verdict {
  if (best < marginal) return 'fail';
  return score >= pass && !open ? 'pass' : 'inconclusive';
}

interface Summary {
  score: number;
  best: number;
  spoilt: string | undefined;
  pass: number;
  marginal: number;
}

function sentence(
  { score, best, spoilt, pass, marginal }: Summary,
  metrics: GroupMember[],
  unclear: GroupMember[],
): string {
  const limits = `pass from ${show(pass)}, marginal from ${show(marginal)}`;
  const why = spoilt === undefined ? '' : ` because ${spoilt}`;
  const failed = listed('not passed', metrics, 'fail');
  const open =
    unclear.length === 0
      ? ''
      : `${listed('undecided', metrics, 'inconclusive')} (had they passed: ${best})`;
  return `score ${score}${why} (${limits})${failed}${open}`;
}

function listed(words: string, metrics: GroupMember[], verdict: Verdict): string {
  const names = metrics.filter((one) => one.verdict === verdict).map(({ name }) => name);
  if (names.length === 0) return '';
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `; ${words}: ${names.slice(0, 5).join(', ')}${more}`;
}
