// The steps of a recovery in the place of the live data on datastores, phase by phase: writers are kept out and that is proved,
// a backup is restored beside and judged, people are asked, the copy takes the live one's place.
import { discardStep, RUNG_STEPS, rungsOf, rungStep, rungTitle } from '../backup/rung-steps.ts';
import { parseBackupId } from '../backup/backup-id.ts';
import { pointWords, provedWords, type BackupSummary, type Served } from '../backup/backup.ts';
import { RUNGS, type Rung } from '../backup/rungs.ts';
import type { Datastore } from '../../config/datastores.ts';
import type { PlanStep } from '../operation/plan.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import { spanOf } from '../text/time-span.ts';
import { QUIET_MS } from './exchange.ts';
import type { BoundPlace } from './binding.ts';
import { placeWords } from './live/lost.ts';
import { adoptSteps, type Adopting } from './live/adopted.ts';
import type { Candidate } from './live/candidates.ts';
import { leftOutWords } from './live/reconcile.ts';
import type { LeftOut } from './recovery-actions.ts';

/** A datastore that is exchanged, and what for. */
export type Exchange = Restoring | ({ adopted: true } & Adopting);

export interface Restoring {
  datastore: string;
  settings: Datastore;
  backup: BackupSummary;
  copy: string;
  /** What is restored instead where that is bad, in order. */
  others: Candidate[];
  /** Which newer backups were not taken, as the end of a sentence. */
  note: string;
  /** Nothing is taken without asking: all of them are of after the damage, as far as anybody knows. How many are not offered, as the end of a sentence. */
  asks?: string;
  /** Where it is restored, where its own place is gone, or nothing takes that. */
  elsewhere?: BoundPlace;
}

/** How the findings on room begin, before the name of the datastore. */
export const ROOM = 'room for a copy of ';

export function lookAheadStep(datastores: readonly string[]): PlanStep {
  return {
    id: 'preflight',
    title: `Look whether ${datastores.join(' and ')} can be exchanged, and whether there is room`,
    undo: NO_UNDO,
    action: { kind: 'lookAhead', datastores: [...datastores] },
  };
}

type FencedBy = 'name' | 'block' | 'nobody';

function fencedBy({ elsewhere, settings }: Exchange): FencedBy {
  if (elsewhere === undefined) return 'name';
  return settings.writeBlock === true ? 'block' : 'nobody';
}

const FENCES: Record<FencedBy, (datastore: string) => string> = {
  name: (datastore) =>
    `Keep everybody out of the live ${datastore}: nothing is found under its name`,
  block: (datastore) =>
    `Block writes to all databases of the cluster that ${datastore} is in, for everybody but logins that may bypass that`,
  nobody: (datastore) =>
    `Nobody can be kept out of the live ${datastore} itself: whoever writes is stopped, and what changes is looked at`,
};

/**
 * The fence, and the proof of it. `converts`: what the fence changes for good, as a sentence. Where nothing takes the live one's
 * name, whoever writes has to be stopped, or is kept out by a block of writes.
 */
export function fenceSteps(one: Exchange, converts?: string): PlanStep[] {
  const { datastore } = one;
  const title = FENCES[fencedBy(one)](datastore);
  return [
    {
      id: `fence-${datastore}`,
      title: `${title}${converts === undefined ? '' : `; ${converts}`}`,
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
  if ('adopted' in exchange) return adoptSteps(exchange);
  const { datastore, backup, copy, others } = exchange;
  if (exchange.asks !== undefined) return chosenSteps(exchange, exchange.asks);
  const first = ladderOf(exchange, { backup, copy });
  // What was not taken is told where this one is bad.
  if (others.length === 0 && exchange.note === '') return first;
  const instead = others.flatMap((candidate, index) => {
    const before = index === 0 ? { backup, copy } : (others[index - 1] ?? candidate);
    const steps = [insteadStep(datastore, before), ...ladderOf(exchange, candidate)];
    return steps.map((step) => asCandidate(step, datastore, index + 2));
  });
  return [...first.map((step) => asCandidate(step, datastore, 1)), ...instead];
}

/** `loads-orders.2`: a step of the second candidate. */
function asCandidate(step: PlanStep, of: string, number: number): PlanStep {
  return { ...numbered(step, number), candidate: { of, number } };
}

function numbered(step: PlanStep, number: number): PlanStep {
  return { ...step, id: number === 1 ? step.id : `${step.id}.${number}` };
}

/** A person says which one is restored; the steps of the others are passed over. */
function chosenSteps(exchange: Restoring, notOffered: string): PlanStep[] {
  const { datastore, backup, copy, others } = exchange;
  const ways = [{ backup, copy }, ...others].map((one, index) => ({
    option: parseBackupId(one.backup.id)?.time ?? one.backup.id,
    said: `${one.backup.id} (recovery point ${pointWords(one.backup.recoveryPoint)}, ${provedWords(one.backup)})`,
    steps: ladderOf({ ...exchange, backup: one.backup }, one).map((step) =>
      numbered(step, index + 1),
    ),
  }));
  const question = `All good backups of ${datastore} are suspect: each is of after the beginning of the damage, as it was named. Which one is restored? ${ways.map(({ said }) => said).join(', ')}${notOffered}. The oldest is the likeliest to be sane; an abort brings back what was`;
  const options = Object.fromEntries(
    ways.map(({ option, steps }) => [option, steps.map(({ id }) => id)]),
  );
  const asked: PlanStep = {
    id: `suspects-${datastore}`,
    title: `Ask which backup of ${datastore} is restored: all good ones are suspect`,
    undo: NO_UNDO,
    action: { kind: 'choose', question, options },
  };
  return [asked, ...ways.flatMap(({ steps }) => steps)];
}

function insteadStep(datastore: string, { backup, copy }: Candidate): PlanStep {
  return {
    ...discardStep({ datastore, copy }),
    id: `instead-${datastore}`,
    title: `Only where ${backup.id} is found bad: discard its copy, and take the next one`,
  };
}

function ladderOf(
  { datastore, settings, backup: first, note, elsewhere }: Restoring,
  { backup, copy }: Candidate,
): PlanStep[] {
  const wanted = rungsOf(settings);
  const rungs = RUNGS.filter((rung) => isClimbed(rung, wanted));
  const where = elsewhere === undefined ? 'beside what was live' : `into ${placeWords(elsewhere)}`;
  const into = elsewhere === undefined ? ('beside' as const) : { elsewhere };
  return rungs.map((rung) => {
    const title =
      rung === 'loads'
        ? `Restore ${backup.id} (recovery point ${pointWords(backup.recoveryPoint)}, ${provedWords(backup)}) ${where}${backup.id === first.id ? note : ''}`
        : rungTitle(rung, backup, settings, 'the end of the backup');
    const step = rungStep({
      ...{ rung, datastore, backup: backup.id, copy, title },
      ...(rung === 'loads' && { into }),
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

/** The one gate. `gate` is the name of the approval policy; `now`: which versions serve. */
export function askStep(gate: string, now: Served, leftOut: LeftOut[]): PlanStep {
  const without = leftOut.map((one) => `; ${leftOutWords(one)}`);
  return {
    id: 'exchange',
    title: `Ask whether to exchange, with what will be lost${without.join('')}`,
    undo: NO_UNDO,
    action: {
      kind: 'weighExchange',
      ...(Object.keys(now).length > 0 && { now }),
      ...(leftOut.length > 0 && { leftOut }),
    },
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

export function exchangeStep(one: Exchange): PlanStep {
  const { datastore, copy } = one;
  const place = one.elsewhere;
  const how = place === undefined ? '' : `, by binding to ${placeWords(place)}`;
  return {
    id: `exchange-${datastore}`,
    title: `Exchange: the copy becomes ${datastore}${how}${place === undefined ? ', under its fence' : ''}; what was live is kept in quarantine`,
    undo: 'none: what was live is never live again by itself',
    action: { kind: 'exchange', datastore, copy, ...(place !== undefined && { place }) },
  };
}

/** Before anything is started on it. */
export function judgeLiveStep({ datastore, copy }: Exchange): PlanStep {
  return {
    id: `live-${datastore}`,
    title: `Read the live ${datastore}: it has to differ from what is in quarantine as it was approved, no more and no less`,
    undo: NO_UNDO,
    action: { kind: 'judgeLive', datastore, copy },
  };
}

/** Once what is live now was proved; none where nothing keeps anybody out. */
export function liftFenceSteps(one: Exchange): PlanStep[] {
  const { datastore } = one;
  const by = fencedBy(one);
  if (by === 'nobody') return [];
  const title = {
    name: `Lift the write fence: ${datastore} is found under its name again`,
    block: 'Lift the write fence: all databases of the cluster take writes again',
  }[by];
  return [
    {
      id: `open-${datastore}`,
      title,
      undo: 'none: users are kept out',
      action: { kind: 'liftFence', datastore },
    },
  ];
}

/** The copy is nobody's any more: it is live. */
export function letGoStep({ datastore, copy }: Pick<Exchange, 'datastore' | 'copy'>): PlanStep {
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

export function concludeExchangeStep(): PlanStep {
  return {
    id: 'conclude',
    title: 'Conclude: what was lost, from which backup, how long it took, what is due now',
    undo: NO_UNDO,
    action: { kind: 'concludeExchange' },
  };
}
