// What the demonstration of blue-green promises, and whether it held. Pure.
import type { Report } from '../src/domain/record/report.ts';
import {
  asked,
  nowServing,
  seconds,
  unnoticed,
  weightsSeen,
  type DeployEvidence,
  type Promised,
} from './promises.ts';
import { between } from './tally.ts';

export interface Evidence extends DeployEvidence {
  back: Report;
  slow: Report;
}

export function judge(evidence: Evidence): Promised[] {
  const { good, selfApproval, system } = evidence;
  return [
    deployed(evidence),
    untouched(evidence),
    asked(good, selfApproval),
    resumed(evidence),
    back(evidence),
    takenBack(evidence),
    nobodyHurt(evidence),
    nowServing(system, 'v1'),
  ];
}

function deployed({ first, good }: Evidence): Promised {
  const weights = weightsSeen(good);
  return {
    promise: 'v1, then v2 at once, reached all users',
    held: first.outcome === 'succeeded' && good.outcome === 'succeeded' && weights === '100',
    seen: `v1 ${first.outcome ?? 'open'}, v2 ${good.outcome ?? 'open'} with ${weights} % set`,
  };
}

/** Until the switch had begun. */
function untouched({ good, answers }: Evidence): Promised {
  const begun = Date.parse(good.startedAt ?? '');
  const until = Date.parse(good.steps.find((step) => step.id === 'switch')?.startedAt ?? '');
  const seen = between(answers, begun, until);
  const met = seen.filter((one) => one.version !== 'v1').length;
  return {
    promise: 'v2 was tried at full size and approved before any user met it',
    held: seen.length > 0 && met === 0,
    seen: `${seen.length} requests before the switch, ${met} of them answered by another version than v1`,
  };
}

function resumed({ good, kill, answers }: Evidence): Promised {
  const { held, seen } = unnoticed(kill, answers);
  // Not after `backAt`: on a slow machine the next worker ends the watch before it answers the question for its pid.
  return {
    promise: 'the worker that was killed in the watch was replaced, and no user noticed',
    held: held && good.outcome === 'succeeded' && Date.parse(good.endedAt ?? '') > kill.at,
    seen,
  };
}

function back({ back: report }: Evidence): Promised {
  const startedAt = Date.parse(report.startedAt ?? '');
  const [moved] = report.weights;
  const took = moved === undefined ? undefined : Date.parse(moved.at) - startedAt;
  const asks = report.decisions.length;
  return {
    promise: 'a roll-back while v1 lived sent everybody back at once and asked nobody',
    held: report.outcome === 'succeeded' && report.plan?.to === 'v1' && asks === 0,
    seen: `${report.outcome ?? 'open'}, everybody on ${report.plan?.to ?? 'nothing'} ${took === undefined ? 'never' : `${seconds(took)} after it was asked for`}`,
  };
}

function takenBack({ slow }: Evidence): Promised {
  const failing = slow.verdicts.find((one) => one.verdict === 'fail');
  const weights = weightsSeen(slow);
  return {
    promise: 'v4-slow was found by its latency after the switch and users went back to v1',
    held:
      slow.outcome === 'rolledBack' &&
      slow.serving === 'old' &&
      slow.clean &&
      weights === '100 0' &&
      failing?.name === 'latency',
    seen: `${slow.outcome ?? 'open'} (its weights were ${weights.replace(' ', ', then ')} %), serving ${slow.serving ?? 'unknown'}; ${failing?.reason ?? 'no verdict failed'}`,
  };
}

function nobodyHurt({ answers }: Evidence): Promised {
  const failed = answers.filter((one) => one.status !== 200).length;
  return {
    promise: 'no request failed',
    held: answers.length > 0 && failed === 0,
    seen: `${answers.length} requests, ${failed} failed`,
  };
}
