// What the demonstration of a canary promises, and whether it held. Pure.
import type { Report } from '../src/domain/record/report.ts';
import {
  asked,
  firstEffectAfter,
  nobodyElseHurt,
  nowServing,
  rolledBack,
  seconds,
  unnoticed,
  weightsSeen,
  type DeployEvidence,
  type Promised,
} from './promises.ts';
import { atItsWeight, describeShare, sharesOf } from './tally.ts';

export interface Evidence extends DeployEvidence {
  bad: Report;
}

export function judge(evidence: Evidence): Promised[] {
  return [
    deployed(evidence),
    asked(evidence.good, evidence.selfApproval),
    resumed(evidence),
    rolledBack(evidence.bad, 'v3-errors was found by its analysis and rolled back by itself'),
    nobodyElseHurt(evidence.answers, evidence.bad),
    atWeights(evidence),
    nowServing(evidence.system, 'v2'),
  ];
}

function deployed({ first, good }: Evidence): Promised {
  const weights = weightsSeen(good);
  return {
    promise: 'v1, then v2 by canary, reached all users',
    held:
      first.outcome === 'succeeded' && good.outcome === 'succeeded' && weights === '5 25 50 100',
    seen: `v1 ${first.outcome ?? 'open'}, v2 ${good.outcome ?? 'open'} by the weights ${weights} %`,
  };
}

function resumed({ good, kill, answers }: Evidence): Promised {
  const effect = firstEffectAfter(good, kill.at);
  const { held, seen } = unnoticed(kill, answers);
  const after = effect === undefined ? 'never' : seconds(effect - kill.at);
  return {
    promise: 'the killed worker was replaced, the deploy went on, and no user noticed',
    held: held && effect !== undefined,
    seen: `${seen}; the next change of traffic after ${after}`,
  };
}

function atWeights({ good, bad, answers }: Evidence): Promised {
  const kept = sharesOf(good, answers);
  // The bad version may have been found before a request that began at its weight was over.
  const brief = sharesOf(bad, answers);
  const shares = [...kept, ...brief];
  return {
    promise: 'each new version met the share of the requests that its weight says',
    held:
      kept.length >= 3 &&
      kept.every(atItsWeight) &&
      brief.every((share) => share.answers === 0 || atItsWeight(share)),
    seen: shares.map(describeShare).join('; '),
  };
}
