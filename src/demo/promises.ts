// What the demo promises, and whether it held. Pure: from the reports, what the requests saw, and the kill.
import type { SystemStatus } from '../domain/status.ts';
import type { Report } from '../domain/report.ts';
import type { Answer } from './load.ts';
import { atItsWeight, between, describeShare, sharesOf } from './tally.ts';

export interface Kill {
  pid: number;
  at: number;
  /** When a worker answered again, and its pid. */
  backAt: number;
  backPid: number;
}

export interface Evidence {
  first: Report;
  good: Report;
  bad: Report;
  answers: readonly Answer[];
  kill: Kill;
  /** The sentence that the requester's own approval was refused with; nothing when it was not. */
  selfApproval?: string;
  system: SystemStatus;
}

export interface Promised {
  promise: string;
  held: boolean;
  /** The numbers. */
  seen: string;
}

export function judge(evidence: Evidence): Promised[] {
  return [
    deployed(evidence),
    asked(evidence),
    resumed(evidence),
    takenBack(evidence),
    nobodyHurt(evidence),
    atWeights(evidence),
    nowServing(evidence),
  ];
}

function deployed({ first, good }: Evidence): Promised {
  const weights = weightsSeen(good);
  return {
    promise: 'v1, then v2 by canary, reached all users',
    held:
      first.outcome === 'succeeded' && good.outcome === 'succeeded' && weights === '5 25 50 100',
    seen: `v1 ${first.outcome ?? 'open'}, v2 ${good.outcome ?? 'open'} by the weights ${weights}`,
  };
}

function asked({ good, selfApproval }: Evidence): Promised {
  const decisions = good.decisions.map((one) => `${one.decision} by ${one.actor ?? 'nobody'}`);
  const asker = good.requestedBy ?? 'nobody';
  const seen = `requested by ${asker}, ${decisions.join(', ') || 'decided by nobody'}`;
  return {
    promise: 'v2 was requested by ci and approved by ana; ci could not approve it itself',
    held: seen === 'requested by ci, approved by ana' && selfApproval !== undefined,
    seen,
  };
}

function resumed({ good, kill, answers }: Evidence): Promised {
  const effect = firstEffectAfter(good, kill.at);
  const meanwhile = between(answers, kill.at, kill.backAt);
  const failed = meanwhile.filter((one) => one.status !== 200).length;
  return {
    promise: 'the killed worker was replaced, the deploy went on, and no user noticed',
    held: effect !== undefined && kill.backPid !== kill.pid && meanwhile.length > 0 && failed === 0,
    seen: `pid ${kill.pid} killed, pid ${kill.backPid} answered after ${seconds(kill.backAt - kill.at)}, next change of traffic after ${effect === undefined ? 'never' : seconds(effect - kill.at)}; ${meanwhile.length} requests meanwhile, ${failed} failed`,
  };
}

function takenBack({ bad }: Evidence): Promised {
  const failing = bad.verdicts.find((one) => one.verdict === 'fail');
  return {
    promise: 'v3-errors was found by its analysis and rolled back by itself',
    held:
      bad.outcome === 'rolledBack' &&
      bad.serving === 'old' &&
      bad.clean &&
      bad.decisions.length === 0 &&
      failing?.name === 'errors',
    seen: `${bad.outcome ?? 'open'}, serving ${bad.serving ?? 'unknown'}; ${failing?.reason ?? 'no verdict failed'}`,
  };
}

function nobodyHurt({ answers, bad }: Evidence): Promised {
  const failed = answers.filter((one) => one.status !== 200);
  const others = failed.filter((one) => one.version !== bad.plan?.to || one.status !== 500);
  return {
    promise: 'no request failed but those that v3-errors answered',
    held: answers.length > 0 && others.length === 0,
    seen: `${answers.length} requests, ${failed.length} failed, ${failed.length - others.length} of them answered by v3-errors`,
  };
}

function atWeights({ good, bad, answers }: Evidence): Promised {
  const shares = [...sharesOf(good, answers), ...sharesOf(bad, answers)];
  return {
    promise: 'each new version met the share of the requests that its weight says',
    held: shares.length >= 4 && shares.every(atItsWeight),
    seen: shares.map(describeShare).join('; '),
  };
}

function nowServing({ system }: Evidence): Promised {
  const live = Object.values(system.services)[0]?.weights.filter((one) => one.percent > 0) ?? [];
  return {
    promise: 'all users are on v2 at the end',
    held: live.length === 1 && live[0]?.version === 'v2' && live[0].percent === 100,
    seen: live.map((one) => `${one.version} ${one.percent} %`).join(', ') || 'no traffic',
  };
}

function weightsSeen(report: Report): string {
  const version = report.plan?.to;
  return report.weights
    .map(({ versions }) => versions.find((one) => one.version === version)?.percent ?? 0)
    .join(' ');
}

/** When traffic was next changed, in ms. */
export function firstEffectAfter(report: Report, at: number): number | undefined {
  return report.weights.map((one) => Date.parse(one.at)).find((one) => one > at);
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
