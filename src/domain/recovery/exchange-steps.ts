// The steps of a recovery in the place of the live data, phase by phase: users and writers are kept out and that is proved,
// a backup is restored beside and judged, people are asked, the copy takes the live one's place, users come back.
import type { Service } from '../../config/system.ts';
import { discardStep, RUNG_STEPS, rungsOf, rungStep, rungTitle } from '../backup/rung-steps.ts';
import { provedWords, type BackupSummary } from '../backup/backup.ts';
import { RUNGS, type Rung } from '../backup/rungs.ts';
import type { Datastore } from '../../config/datastores.ts';
import type { PlanStep } from '../operation/plan.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import { checkStep } from '../operation/plan-steps.ts';
import type { RevisionSpec, ServiceWorld, Weight } from '../rollout/model.ts';
import { describeWeights, heaviest, normalised } from '../traffic/weights.ts';
import { spanOf } from '../text/time-span.ts';
import { QUIET_MS } from './exchange.ts';
import type { Candidate } from './live/candidates.ts';

/** A datastore that is exchanged, and what for. */
export interface Exchange {
  datastore: string;
  settings: Datastore;
  backup: BackupSummary;
  copy: string;
  /** What is restored instead where that is bad, in order. */
  others: Candidate[];
  /** Which newer backups were not taken, as the end of a sentence. */
  note: string;
}

/** A service that needs what is exchanged, as it was found. */
export interface AffectedService {
  service: string;
  config: Service;
  world: ServiceWorld;
}

export function lookAheadStep(datastores: readonly string[]): PlanStep {
  return {
    id: 'preflight',
    title: `Look whether ${datastores.join(' and ')} can be exchanged, and whether there is room`,
    undo: NO_UNDO,
    action: { kind: 'lookAhead', datastores: [...datastores] },
  };
}

/** None for a service without users: it stays as it is until users are let in. */
export function stopSteps({ service, world: { traffic } }: AffectedService): PlanStep[] {
  if (traffic.stopped || normalised(traffic.weights).length === 0) return [];
  const { weights, admitPercent: back } = traffic;
  return [
    {
      id: `stop-${service}`,
      title: `Stop traffic of ${service} (${describeWeights(weights)}): 503 with Retry-After`,
      undo: `let ${back} % of the clients in again, where nothing was exchanged`,
      action: { kind: 'stop', service, back },
      weights: [],
    },
  ];
}

/** The fence, and the proof of it. */
export function fenceSteps(datastore: string): PlanStep[] {
  return [
    {
      id: `fence-${datastore}`,
      title: `Keep everybody out of the live ${datastore}: nothing is found under its name`,
      undo: `lift the write fence of ${datastore}`,
      action: { kind: 'writeFence', datastore },
    },
    {
      id: `quiet-${datastore}`,
      title: `Look for ${spanOf(QUIET_MS)} whether anybody writes to ${datastore} all the same`,
      undo: NO_UNDO,
      action: { kind: 'quiet', datastore },
    },
  ];
}

/**
 * Restored beside what is live, and judged; where that is found bad, the next candidate. How old it is decides nobody's
 * machine, but whoever is asked.
 */
export function besideSteps(exchange: Exchange): PlanStep[] {
  const { datastore, backup, copy, others } = exchange;
  const first = ladderOf(exchange, { backup, copy });
  if (others.length === 0) return first;
  const instead = others.flatMap((candidate, index) => {
    const before = index === 0 ? { backup, copy } : (others[index - 1] ?? candidate);
    const steps = [insteadStep(datastore, before), ...ladderOf(exchange, candidate)];
    return steps.map((step) => asCandidate(step, datastore, index + 2));
  });
  return [...first.map((step) => asCandidate(step, datastore, 1)), ...instead];
}

/** `loads-orders.2`: a step of the second candidate. */
function asCandidate(step: PlanStep, of: string, number: number): PlanStep {
  const id = number === 1 ? step.id : `${step.id}.${number}`;
  return { ...step, id, candidate: { of, number } };
}

function insteadStep(datastore: string, { backup, copy }: Candidate): PlanStep {
  return {
    ...discardStep({ datastore, copy }),
    id: `instead-${datastore}`,
    title: `Only where ${backup.id} is found bad: discard its copy, and take the next one`,
  };
}

function ladderOf(
  { datastore, settings, backup: first, note }: Exchange,
  { backup, copy }: Candidate,
): PlanStep[] {
  const wanted = rungsOf(settings);
  const rungs = RUNGS.filter((rung) => isClimbed(rung, wanted));
  return rungs.map((rung) => {
    const title =
      rung === 'loads'
        ? `Restore ${backup.id} (recovery point ${backup.recoveryPoint.notAfter}, ${provedWords(backup)}) beside what was live${backup.id === first.id ? note : ''}`
        : rungTitle(rung, backup, settings, 'the end of the backup');
    const step = rungStep({
      ...{ rung, datastore, backup: backup.id, copy, title },
      ...(rung === 'loads' && { into: 'beside' }),
    });
    return { ...step, id: `${RUNG_STEPS[rung]}-${datastore}` };
  });
}

function isClimbed(rung: Rung, wanted: readonly Rung[]): boolean {
  if (rung === 'artefact' || rung === 'loads') return true;
  return rung !== 'pointInTime' && wanted.includes(rung);
}

export function lossStep({ datastore, copy }: Exchange): PlanStep {
  return {
    id: `loss-${datastore}`,
    title: `Compare what was live of ${datastore} with the copy: what will be lost`,
    undo: NO_UNDO,
    action: { kind: 'lossAgainst', datastore, copy },
  };
}

/** The one gate. `gate` is the name of the approval policy. */
export function askStep(gate: string): PlanStep {
  return {
    id: 'exchange',
    title: 'Ask whether to exchange, with what will be lost',
    undo: NO_UNDO,
    action: { kind: 'weighExchange' },
    gate,
  };
}

export function quietAgainStep({ datastore }: Exchange): PlanStep {
  return {
    id: `quiet-again-${datastore}`,
    title: `Look whether ${datastore} is as it was when its loss was counted`,
    undo: NO_UNDO,
    action: { kind: 'quiet', datastore, again: true },
  };
}

export function exchangeStep({ datastore, copy }: Exchange): PlanStep {
  return {
    id: `exchange-${datastore}`,
    title: `Exchange: the copy becomes ${datastore}; what was live is kept in quarantine`,
    undo: 'none: what was live is never live again by itself',
    action: { kind: 'exchange', datastore, copy },
  };
}

/** The copy is nobody's any more: it is live. */
export function letGoStep({ datastore, copy }: Exchange): PlanStep {
  return {
    ...discardStep({ datastore, copy }),
    id: `release-${datastore}`,
    title: `Forget the name of the copy: it is the live ${datastore} now`,
    undo: 'none: nothing is removed',
  };
}

export function flushStep(datastore: string): PlanStep {
  return {
    id: `flush-${datastore}`,
    title: `Empty ${datastore}, which is derived from what was exchanged`,
    undo: 'none: it is filled by use',
    action: { kind: 'flush', datastore },
  };
}

/** Every revision that has users, or had before the stop. */
function sharesOf({ world: { traffic } }: AffectedService): Weight[] {
  return normalised(traffic.stopped ? traffic.beforeStop : traffic.weights);
}

/** The step's id for one of the revisions that had users, which may be of one version with other settings. */
function idFor(
  what: string,
  service: string,
  { revision, version }: Weight,
  shares: Weight[],
): string {
  if (shares.length === 1) return `${what}-${service}`;
  const alike = shares.filter((one) => one.version === version).length;
  return `${what}-${service}-${alike === 1 ? version : revision}`;
}

/** Nothing of what a replica read before stays in it. */
export function restartSteps(one: AffectedService): PlanStep[] {
  const { service, config, world } = one;
  if (!world.platform.restart) return [];
  const shares = sharesOf(one);
  return shares.map((share) => ({
    id: idFor('restart', service, share, shares),
    title: `Restart ${share.version} of ${service} on what is live now`,
    undo: 'none: users are kept out',
    action: {
      ...({ kind: 'restart', service, revision: share.revision } as const),
      deadline: config.rollout.deadlines.ready,
    },
  }));
}

/** While there is no user yet. */
export function smokeSteps(one: AffectedService): PlanStep[] {
  const { service, config, world } = one;
  const count = config.checks.smoke.length;
  if (count === 0) return [];
  const shares = sharesOf(one);
  return shares.flatMap((share) => {
    const { revision, version } = share;
    const spec: RevisionSpec | undefined = world.revisions.find(
      (found) => found.spec.id === revision,
    )?.spec;
    if (spec === undefined) return [];
    return [
      {
        ...checkStep('smoke', service, count, spec),
        id: idFor('smoke', service, share, shares),
        action: { kind: 'check', point: 'smoke', service, revision, version },
      },
    ];
  });
}

/** One share of the clients of a service; what users get is judged before the next share. */
export function admitStep(one: AffectedService, percent: number): PlanStep[] {
  const { service, config } = one;
  const shares = sharesOf(one);
  const judged = heaviest(shares);
  if (judged === undefined) return [];
  const { strategy, canary, blueGreen } = config.rollout;
  const how = strategy === 'canary' ? canary : blueGreen;
  const ms = how?.watch ?? 0;
  return [
    {
      id: `admit-${percent}-${service}`,
      title: `Let ${percent} % of the clients of ${service} in (${describeWeights(shares)})`,
      undo: 'none: users have written by then; "fairlead stop" keeps them out again',
      action: { kind: 'admit', service, percent },
      ...(ms > 0 && {
        bake: { ms, analyses: how?.analysis ?? [], revision: judged.revision, checks: true },
      }),
    },
  ];
}

export function concludeExchangeStep(): PlanStep {
  return {
    id: 'conclude',
    title: 'Conclude: what was lost, from which backup, how long it took, what is due now',
    undo: NO_UNDO,
    action: { kind: 'concludeExchange' },
  };
}
