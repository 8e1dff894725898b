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

export interface Evidence extends DeployEvidence {
  bad: Report;
  back: Report;
  /** Versions that were in the cluster when the bad one had been taken back. */
  left: readonly string[];
}

export function judge(evidence: Evidence): Promised[] {
  return [
    deployed(evidence),
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

function deployed({ first, good, back }: Evidence): Promised {
  const weights = weightsSeen(good);
  const ended = [first, good, back].map(({ outcome }) => outcome ?? 'open');
  return {
    promise: 'v1, then v2 by canary, reached all users, and v1 did again by roll-back',
    held: ended.every((one) => one === 'succeeded') && weights === '10 50 100',
    seen: `v1 ${ended[0] ?? ''}, v2 ${ended[1] ?? ''} by the weights ${weights} %, roll-back ${ended[2] ?? ''}`,
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
