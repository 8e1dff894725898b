// What demonstrations promise alike, and whether it held. Pure: from reports, what the requests saw, and the kill.
import type { SystemStatus } from '../src/domain/operation/status.ts';
import type { Report } from '../src/domain/record/report.ts';
import type { LoadAnswer } from './load.ts';
import { between } from './tally.ts';

export interface Promised {
  promise: string;
  held: boolean;
  /** The numbers. */
  seen: string;
}

/** A worker that was killed. */
export interface Kill {
  pid: number;
  at: number;
  /** When a worker answered again, and its pid. */
  backAt: number;
  backPid: number;
}

/** What every demonstration of a deploy goes by. */
export interface DeployEvidence {
  first: Report;
  good: Report;
  answers: readonly LoadAnswer[];
  kill: Kill;
  /** The sentence that the requester's own approval was refused with; nothing when it was not. */
  selfApproval?: string;
  system: SystemStatus;
}

export function asked(report: Report, selfApproval: string | undefined): Promised {
  const decisions = report.decisions.map((one) => `${one.decision} by ${one.actor ?? 'nobody'}`);
  const asker = report.requestedBy ?? 'nobody';
  const seen = `requested by ${asker}, ${decisions.join(', ') || 'decided by nobody'}`;
  return {
    promise: 'v2 was requested by ci and approved by ana; ci could not approve it itself',
    held: seen === 'requested by ci, approved by ana' && selfApproval !== undefined,
    seen,
  };
}

/** What users saw between the kill of a worker and the first answer of the next one. */
export function unnoticed(kill: Kill, answers: readonly LoadAnswer[]): Omit<Promised, 'promise'> {
  const meanwhile = between(answers, kill.at, kill.backAt);
  const failed = meanwhile.filter((one) => one.status !== 200).length;
  return {
    held: kill.backPid !== kill.pid && meanwhile.length > 0 && failed === 0,
    seen: `pid ${kill.pid} killed, pid ${kill.backPid} answered after ${seconds(kill.backAt - kill.at)}; ${meanwhile.length} requests meanwhile, ${failed} failed`,
  };
}

export function nowServing(system: SystemStatus, version: string): Promised {
  const live = Object.values(system.services)[0]?.weights.filter((one) => one.percent > 0) ?? [];
  return {
    promise: `all users are on ${version} at the end`,
    held: live.length === 1 && live[0]?.version === version && live[0].percent === 100,
    seen: live.map((one) => `${one.version} ${one.percent} %`).join(', ') || 'no traffic',
  };
}

/** That an analysis named errors found the version, and everybody is back on the old one with nothing left over, asking nobody. */
export function rolledBack(bad: Report, promise: string): Promised {
  const failing = bad.verdicts.find((one) => one.verdict === 'fail');
  return {
    promise,
    held:
      bad.outcome === 'rolledBack' &&
      bad.serving === 'old' &&
      bad.clean &&
      bad.decisions.length === 0 &&
      failing?.name === 'errors',
    seen: `${bad.outcome ?? 'open'}, serving ${bad.serving ?? 'unknown'}; ${failing?.reason ?? 'no verdict failed'}`,
  };
}

/** What users of a version with errors saw, and nobody else. */
export function nobodyElseHurt(answers: readonly LoadAnswer[], bad: Report): Promised {
  const failed = answers.filter((one) => one.status !== 200);
  const others = failed.filter((one) => one.version !== bad.plan?.to || one.status !== 500);
  return {
    promise: 'no request failed but those that v3-errors answered',
    held: answers.length > 0 && others.length === 0,
    seen: `${answers.length} requests, ${failed.length} failed, ${failed.length - others.length} of them answered by v3-errors`,
  };
}

/** The shares that the report's own version had, one after the other. */
export function weightsSeen(report: Report): string {
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
