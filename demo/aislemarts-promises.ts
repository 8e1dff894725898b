// What the demonstration on Kubernetes promises, and whether it held. Pure.
import type { Report } from '../src/domain/record/report.ts';
import {
  nobodyElseHurt,
  nowServing,
  rolledBack,
  unnoticed,
  weightsSeen,
  type DeployEvidence,
  type Promised,
} from './promises.ts';
import { atItsWeight, describeShare, sharesOf } from './tally.ts';

export interface Evidence extends Omit<DeployEvidence, 'first'> {
  bad: Report;
  back: Report;
  /** Versions that were in the cluster when the bad one had been taken back. */
  left: readonly string[];
  /** What Helm says of the release in the end, line by line. */
  helm: string;
}

export function judge(evidence: Evidence): Promised[] {
  return [
    deployed(evidence),
    released(evidence),
    {
      promise: 'the killed worker was replaced, and no user noticed',
      ...unnoticed(evidence.kill, evidence.answers),
    },
    rolledBack(
      evidence.bad,
      'v3-errors was found by what Prometheus says, and rolled back by itself',
    ),
    nothingLeft(evidence),
    nobodyElseHurt(evidence.answers, evidence.bad),
    atWeights(evidence),
    nowServing(evidence.system, 'v1'),
  ];
}

function deployed({ good, back }: Evidence): Promised {
  const weights = weightsSeen(good);
  const ended = [good, back].map(({ outcome }) => outcome ?? 'open');
  return {
    promise: 'v2 reached all users by canary, and v1 did again by roll-back',
    held: ended.every((one) => one === 'succeeded') && weights === '10 50 100',
    seen: `v2 ${ended[0] ?? ''} by the weights ${weights} %, roll-back ${ended[1] ?? ''}`,
  };
}

function released({ helm }: Evidence): Promised {
  const last = helm.trimEnd().split('\n').slice(1);
  const isBack = /\bdeployed\b.*Rollback to 1\b/.test(last.at(-1) ?? '');
  return {
    promise:
      'the Helm release went along: upgraded once, and rolled back by the number of its revision',
    held: last.length === 3 && isBack,
    seen: `${last.length} Helm revisions, the last one: ${last.at(-1)?.split('\t').at(-1)?.trim() ?? 'none'}`,
  };
}

function nothingLeft({ left }: Evidence): Promised {
  return {
    promise: 'nothing of v3-errors was left in the cluster',
    held: left.length > 0 && !left.includes('v3-errors'),
    seen: `Deployments of ${left.join(', ')}`,
  };
}

function atWeights({ good, answers }: Evidence): Promised {
  const shares = sharesOf(good, answers);
  return {
    promise: 'v2 met the share of the requests that its weight says',
    held: shares.length >= 2 && shares.every(atItsWeight),
    seen: shares.map(describeShare).join('; '),
  };
}
