// Puts a backup in the place of damaged data: keeps users and writers out and proves it, restores beside, judges the copy, says
// what will be lost, asks one person, exchanges, and lets users in step by step. What fails stays where it is, users kept out,
// until a person says what to do; until the exchange an abort brings back what was. Once users are in there is no way back.
import { adoptedAsBackup, copyName } from '../domain/backup/backup-id.ts';
import { datastoreIn } from '../domain/backup/rung-steps.ts';
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import { policyNamed } from '../domain/people/recovery-approval.ts';
import { unreachable } from '../domain/people/gate.ts';
import {
  askStep,
  besideSteps,
  exchangeStep,
  fenceSteps,
  judgeLiveStep,
  letGoStep,
  liftFenceSteps,
  lookAheadStep,
  lossStep,
  quietAgainStep,
  type Exchange,
} from '../domain/recovery/exchange-steps.ts';
import { servedBy, stopSteps } from '../domain/recovery/live/service-steps.ts';
import { MOST_CANDIDATES, type Candidate } from '../domain/recovery/live/candidates.ts';
import { haltStep, otherWriters, startOrder } from '../domain/recovery/live/writers.ts';
import { placeNamed } from '../domain/recovery/live/lost.ts';
import { besideRunbookSteps, leftOutOf, type Around } from '../domain/recovery/live/reconcile.ts';
import { anothers } from '../domain/recovery/live/adopted.ts';
import { restoredName } from '../domain/recovery/live/restored-name.ts';
import { servicePlaceOf } from '../domain/recovery/live/service-place.ts';
import type { BoundPlace } from '../domain/recovery/binding.ts';
import { RECOVERY_APPROVAL } from '../domain/recovery/recovery-defaults.ts';
import { recoveredIn } from '../domain/recovery/recovered-system.ts';
import type { OperationRequest } from '../domain/operation/request.ts';
import { runName } from '../domain/text/names.ts';
import { drill } from './drill.ts';
import { movedBack } from './moved-services.ts';
import { lostSteps, refuseHalf } from './recover-lost.ts';
import { RANK, type PlanInput, type Runbook, type Wanted, type World } from './runbook.ts';
import { admitSteps, affectedIn, usersBackSteps } from './users-back.ts';
import { provable } from './verify-backup.ts';
import { startedEither, thenOf, versionSteps } from './versions-then.ts';
import {
  chooseBackup,
  notOffered,
  onlySuspects,
  type Choice,
  type Suspects,
} from './which-backup.ts';

export const recoverLive: Runbook = {
  kind: 'recoverLive',
  type: drill.type,
  mode: 'recover',
  title: 'Recovery',
  asks: {
    required: ['system', 'mode'],
    optional: [
      'datastore',
      'backup',
      'at',
      'corruptedSince',
      'adopt',
      'lost',
      'into',
      'severity',
      'beside',
    ],
  },
  // One per system, whatever it recovers of it: it takes the services too.
  id: ({ system }) => `recover/${system}`,
  summary: ({ system, datastore, severity, adopt }) =>
    `recover ${datastore === undefined ? system : `${system}/${datastore}`} from ${adopt ?? 'a backup'}, in the place of what is live${severity === undefined ? '' : ` (${severity})`}`,
  rank: RANK.recovery,
  leases: 'both',
  fencesOthers: true,
  policy: { onFailure: 'ask', undone: 'failed' },
  stopsHeartbeats: true,
  freezes: true,
  startsUnheld: true,
  goesOnBesideStops: true,
  onCall: true,
  reads,
  plan,
};

function reads({ request, loaded }: PlanInput): Wanted {
  const { backup: id, adopt, lost, into = '' } = request;
  refuseBoth(request);
  refuseHalf(request);
  const { datastores, services, derived } = recoveredIn(loaded.system, request);
  if (datastores.length === 0) {
    throw new Failure('NotFound', `${loaded.name} has no primary datastore to recover`);
  }
  for (const datastore of datastores) refuseDerived(loaded, datastore);
  const exchange = [...(lost === true ? [] : datastores), ...derived];
  if (adopt !== undefined) {
    const adopted = { datastore: onlyOne(loaded, datastores, 'adopted for'), what: adopt };
    return { services, exchange, adopt: adopted, places: datastores };
  }
  const backups = datastores.map((datastore) => ({ datastore, ...(id !== undefined && { id }) }));
  const gone = lost === true && { datastore: onlyOne(loaded, datastores, 'lost'), into };
  const more = gone ? { lost: gone } : { structures: datastores };
  return { services, backups, exchange, places: datastores, ...more };
}

function refuseBoth({ backup, at, adopt, corruptedSince }: OperationRequest): void {
  const which = Object.entries({ adopt, backup, at, corruptedSince }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (backup !== undefined && at !== undefined) {
    throw new Failure('BadInput', 'recovering: backup and at both say which; name one');
  }
  if (adopt !== undefined && which.length > 1) {
    const message = `recovering: ${which.join(' and ')} say what comes back; what somebody else restored is adopted alone`;
    throw new Failure('BadInput', message);
  }
}

/** `which`: what the one datastore is, that is adopted for or restored elsewhere. */
function onlyOne({ name }: LoadedSystem, datastores: readonly string[], which: string): string {
  const [first, ...more] = datastores;
  if (first !== undefined && more.length === 0) return first;
  const message = `${name} has the primary datastores ${datastores.join(', ')}: name the one that is ${which} with --datastore`;
  throw new Failure('BadInput', message);
}

function refuseDerived(loaded: LoadedSystem, datastore: string): void {
  if (datastoreIn(loaded, datastore).role === 'primary') return;
  const message = `${loaded.name}/${datastore} is derived: it is emptied when what it is made from is recovered, and never restored`;
  throw new Failure('Refused', message);
}

function plan(input: PlanInput, world: World): Plan {
  const { operation, loaded, request } = input;
  const { datastores } = recoveredIn(loaded.system, request);
  refuseUnable(input, datastores, world);
  const exchanges = datastores.map((datastore) => exchangeOf(datastore, input, world));
  const stepsOf = request.lost === true ? lostStepsOf : liveSteps;
  const steps = stepsOf(input, world, exchanges);
  const restored = exchanges.flatMap((one) => ('adopted' in one ? [] : [one]));
  const backups = restored.map(({ backup }) => backup);
  const candidates = restored.flatMap(({ others }) => others.map(({ backup }) => backup));
  const worlds = world.services;
  return finishPlan({
    ...{ operation, kind: drill.type, loaded, steps, worlds },
    ...(backups.length > 0 && { backups }),
    ...(candidates.length > 0 && { candidates }),
  });
}

/** Who is kept out, who comes back in which order, and what is emptied. */
function aroundOf({ loaded, request }: PlanInput, world: World) {
  const { services, derived } = recoveredIn(loaded.system, request);
  const affected = affectedIn(services, loaded, world);
  const flushed = derived.filter((name) => world.exchange?.[name] === undefined);
  const back = startOrder(services, loaded.system).flatMap((name) =>
    affected.filter(({ service }) => service === name),
  );
  return { affected, back, flushed };
}

function liveSteps(input: PlanInput, world: World, exchanges: Exchange[]): PlanStep[] {
  const { loaded, request } = input;
  const { datastores } = recoveredIn(loaded.system, request);
  const { affected, back, flushed } = aroundOf(input, world);
  const moves = exchanges.flatMap((one) =>
    one.elsewhere === undefined ? [] : [{ datastore: one.datastore, place: one.elsewhere }],
  );
  const around = ({ datastore }: Exchange): Around => ({
    recovery: loaded.system.recovery,
    exchange: world.places?.[datastore]?.exchange,
  });
  const leftOut = exchanges.flatMap((one) => leftOutOf(one, around(one)));
  const moved = movedBack(back, { loaded, operation: input.operation, moves });
  const restored = exchanges.flatMap((one) => ('adopted' in one ? [] : [one]));
  const then = moves.length > 0 ? [] : thenOf(moved.back, restored, world);
  const usersBack = usersBackSteps({
    ...{ loaded, back: moved.back, flushed, then },
    started: then.length > 0 ? moved.back.flatMap(startedEither(then)) : moved.started,
    admitted: admitSteps(loaded, moved.back, then).map(moved.onto),
  });
  return [
    lookAheadStep(datastores),
    ...affected.flatMap(stopSteps),
    ...otherWriters(loaded.system.recovery).map(haltStep),
    ...exchanges.flatMap((one) => fenceSteps(one, world.converts?.[one.datastore])),
    ...exchanges.flatMap(besideSteps),
    ...exchanges.map(lossStep),
    ...exchanges.flatMap((one) => besideRunbookSteps(one, around(one))),
    ...versionSteps(then, usersBack),
    askStep(gateOf(input), servedBy(affected), leftOut),
    ...exchanges.map(quietAgainStep),
    ...exchanges.map(exchangeStep),
    ...exchanges.map(judgeLiveStep),
    ...exchanges.flatMap(liftFenceSteps),
    ...exchanges.map(letGoStep),
    ...usersBack,
  ];
}

function lostStepsOf(input: PlanInput, world: World, exchanges: Exchange[]): PlanStep[] {
  const { operation, loaded, request } = input;
  const [restoring] = exchanges.flatMap((one) => ('adopted' in one ? [] : [one]));
  const can = restoring && world.places?.[restoring.datastore];
  if (restoring === undefined || can === undefined) {
    throw new Failure('Broken', 'a recovery of what is lost without its place');
  }
  const place = placeNamed(request.into ?? '', can);
  const { affected, back, flushed } = aroundOf(input, world);
  const gate = gateOf(input);
  const around = { affected: { stopped: affected, back }, flushed, gate };
  return lostSteps({ operation, loaded, restoring, place, ...around });
}

/** All of them at once, before anything is changed. What names something else than is there is a mistake of whoever asks. */
function refuseUnable(
  { loaded, request: { adopt } }: PlanInput,
  datastores: readonly string[],
  world: World,
): void {
  const taken = adopt && anothers(adopt, loaded, datastores);
  const named = [world.adopt, taken, world.lost].filter((one) => one !== undefined);
  const why = [...datastores.flatMap((name) => world.exchange?.[name] ?? []), ...named];
  if (why.length === 0) return;
  const kind = named.length > 0 ? 'BadInput' : 'Refused';
  throw new Failure(kind, `${loaded.name} cannot be recovered so: ${why.join('; ')}`);
}

function exchangeOf(
  datastore: string,
  { loaded, request, runId, now }: PlanInput,
  world: World,
): Exchange {
  if (request.adopt !== undefined) {
    const elsewhere = isBound(world, datastore)
      ? adoptedPlace(request.adopt, loaded, datastore, runId)
      : undefined;
    const copy = `recover-${loaded.name}-${datastore}-adopted-${runName(runId)}`;
    const backup = adoptedAsBackup(request.adopt);
    return {
      ...{ adopted: true, datastore, settings: datastoreIn(loaded, datastore), copy, backup },
      ...(elsewhere && { elsewhere }),
    };
  }
  const asked = { ...request, datastore };
  const entries = world.backups[datastore] ?? [];
  const suspect = onlySuspects(asked, entries, { now, most: MOST_CANDIDATES });
  const { entry, note, others } =
    suspect === undefined ? chooseBackup(asked, entries, now) : asChoice(suspect);
  const [first, ...more] = [entry, ...others].slice(0, MOST_CANDIDATES).map((one): Candidate => {
    const backup = provable(one);
    return { backup, copy: copyName('recover', backup.id, runId) };
  });
  if (first === undefined) throw new Failure('Broken', `a recovery of ${datastore} from nothing`);
  return {
    ...{ datastore, settings: datastoreIn(loaded, datastore), ...first, note, others: more },
    ...(suspect !== undefined && { asks: notOffered(suspect) }),
    ...(request.lost !== true &&
      isBound(world, datastore) && { elsewhere: besidePlace(loaded, datastore, runId) }),
  };
}

function asChoice({ suspects: [entry, ...others], note }: Suspects): Choice {
  return { entry, others, note };
}

/** A database that is there, or one of this run's own where it has to be made. */
function adoptedPlace(
  what: string,
  loaded: LoadedSystem,
  datastore: string,
  runId: string,
): BoundPlace {
  const isMade = what.includes('/') || servicePlaceOf(what) !== undefined;
  return isMade ? besidePlace(loaded, datastore, runId) : { database: what };
}

/** Whether the kind of a datastore has nothing that takes the live one's name. */
function isBound({ places }: World, datastore: string): boolean {
  return places?.[datastore]?.exchange === 'binding';
}

/** The same server's database of a name of this run's own. */
function besidePlace(loaded: LoadedSystem, datastore: string, runId: string): BoundPlace {
  const { database = datastore } = loaded.places?.[datastore]?.place ?? {};
  return { database: restoredName(String(database), runName(runId)) };
}

/** A gate that nobody could pass is refused before anything changes. */
function gateOf({ loaded: { system }, request }: PlanInput): string {
  const name = system.recovery?.approval ?? RECOVERY_APPROVAL;
  const why = unreachable(name, policyNamed(system, name), request.requestedBy ?? null);
  if (why !== undefined) throw new Failure('Refused', why);
  return name;
}
