// What of the outside world is read before a plan is made: no more than its runbook wants to know.
import { getClient } from '@temporalio/activity';
import { Failure, isMistake } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { LiveSystem } from '../../domain/recovery/live-system.ts';
import { notLost, placeNamed } from '../../domain/recovery/live/lost.ts';
import { serviceTarget } from '../../domain/rollout/service-target.ts';
import { isOpen } from '../../domain/operation/operation.ts';
import { openingOf } from '../../domain/time/maintenance.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DrillsPort } from '../../ports/drills.ts';
import type { ExchangesPort } from '../../ports/exchanges.ts';
import type { NamedFilesPort } from '../../ports/named-files.ts';
import { rankOf } from '../../runbooks/index.ts';
import type { OpenOperation, Wanted, World } from '../../runbooks/runbook.ts';
import { scaleBack } from '../../runbooks/scale-back.ts';
import type { Call } from '../call.ts';
import { datastoreRef } from '../data/datastore-refs.ts';
import { describe, operationOf } from '../executions.ts';
import { readWorld, trafficOf, unableToIsolate, type Platforms } from '../platforms.ts';
import { sideBySide } from '../side-by-side.ts';
import { readStructures } from './structures.ts';

export interface PlanPorts {
  platforms: Platforms;
  backups: Pick<
    BackupsPort,
    'capabilities' | 'definitions' | 'list' | 'read' | 'place' | 'placeForCopy'
  >;
  exchanges: Pick<ExchangesPort, 'converts' | 'lost' | 'unable'>;
  drills: Pick<DrillsPort, 'list'>;
  namedFiles: Pick<NamedFilesPort, 'unadoptable' | 'writtenAt'>;
  clock: Pick<Clock, 'now'>;
}

/** Throws NotFound, Unavailable, Unsupported, as whoever is asked does. */
export async function readWanted(
  wanted: Wanted,
  loaded: LoadedSystem,
  call: Call,
  ports: PlanPorts,
): Promise<World> {
  const { services = [], trafficOf: open = [], backups = [], live, operations = false } = wanted;
  const { beside, exchange = [], adopt, places = [] } = wanted;
  await refuseMissing(loaded, wanted.file, call, ports);
  return {
    operations: operations ? await openOperations(loaded.name) : [],
    ...(await readScaleBack(loaded.name, wanted)),
    services: {
      ...(await readServices(loaded, services, call, ports)),
      ...(await readServices(loaded, open, call, ports, 'traffic')),
    },
    backups: await readBackups(loaded, backups, call, ports),
    ...(await readRecoveryTime(wanted, loaded.name, call, ports)),
    ...endOfWindow(loaded, wanted, ports),
    live: live === undefined ? NOT_READ : await readLive(loaded, live, call, ports),
    ...(beside !== undefined && {
      beside: await ports.backups.placeForCopy(datastoreRef(loaded, beside), call),
    }),
    ...(await readExchanges(loaded, exchange, ports)),
    places: placesIn(loaded, places, ports),
    ...(await readAdopted(loaded, adopt, call, ports)),
    ...(await readLost(loaded, wanted.lost, ports)),
    structures: await readStructures(loaded, wanted.structures, call, ports),
  };
}

function endOfWindow(
  { system }: LoadedSystem,
  { window }: Wanted,
  { clock }: PlanPorts,
): Pick<World, 'windowEndsAt'> {
  if (window === undefined) return {};
  return { windowEndsAt: openingOf(system, window, clock.now()).end };
}

/** Newest first: of many drills one has measured it. */
async function readRecoveryTime(
  { recoveryTime = false }: Wanted,
  system: string,
  call: Call,
  { drills }: PlanPorts,
): Promise<Pick<World, 'recoveryMs'>> {
  if (!recoveryTime) return {};
  const known = await drills.list({ system, most: 10 }, call);
  const recoveryMs = known.find(({ rtoMs }) => rtoMs !== null)?.rtoMs ?? null;
  return recoveryMs === null ? {} : { recoveryMs };
}

const NOT_READ = { why: 'nobody wanted to know what is live' };

async function readExchanges(
  loaded: LoadedSystem,
  names: readonly string[],
  { exchanges }: PlanPorts,
): Promise<Required<Pick<World, 'exchange' | 'converts'>>> {
  const found = await sideBySide(names, async (name) => {
    const store = datastoreRef(loaded, name);
    const why = await exchanges.unable(store);
    return { name, why, converts: why === undefined ? await exchanges.converts(store) : undefined };
  });
  return {
    exchange: Object.fromEntries(found.map(({ name, why }) => [name, why])),
    converts: Object.fromEntries(found.map(({ name, converts }) => [name, converts])),
  };
}

function placesIn(
  loaded: LoadedSystem,
  names: readonly string[],
  { backups }: PlanPorts,
): NonNullable<World['places']> {
  return Object.fromEntries(
    names.map((name) => [name, backups.capabilities(datastoreRef(loaded, name))]),
  );
}

async function readAdopted(
  loaded: LoadedSystem,
  wanted: Wanted['adopt'],
  call: Call,
  { namedFiles }: PlanPorts,
): Promise<Pick<World, 'adopt'>> {
  if (wanted === undefined) return {};
  const { datastore, what } = wanted;
  const asked = { store: datastoreRef(loaded, datastore), what };
  const adopt = await namedFiles.unadoptable(asked, call);
  return adopt === undefined ? {} : { adopt };
}

/** Throws what is a mistake of whoever named it; whatever else is wrong with the file, the rungs say. */
async function refuseMissing(
  loaded: LoadedSystem,
  wanted: Wanted['file'],
  call: Call,
  { namedFiles }: PlanPorts,
): Promise<void> {
  if (wanted === undefined) return;
  const { datastore, file } = wanted;
  try {
    await namedFiles.writtenAt({ store: datastoreRef(loaded, datastore), file }, call);
  } catch (error) {
    if (!(error instanceof Failure) || isMistake(error.kind)) throw error;
  }
}

async function readLost(
  loaded: LoadedSystem,
  wanted: Wanted['lost'],
  { exchanges, backups }: PlanPorts,
): Promise<Pick<World, 'lost'>> {
  if (wanted === undefined) return {};
  const { datastore, into } = wanted;
  const store = datastoreRef(loaded, datastore);
  const place = placeNamed(into, backups.capabilities(store));
  const { answers, unable } = await exchanges.lost({ store, place });
  const why = answers === undefined ? unable : notLost(datastore, answers);
  return why === undefined ? {} : { lost: why };
}

async function readServices(
  loaded: LoadedSystem,
  names: readonly string[],
  call: Call,
  { platforms }: PlanPorts,
  only?: 'traffic',
): Promise<World['services']> {
  const found = await sideBySide(names, async (name) => {
    return [name, await readWorld(platforms, serviceTarget(loaded, name), call, only)] as const;
  });
  return Object.fromEntries(found);
}

async function readBackups(
  loaded: LoadedSystem,
  wanted: NonNullable<Wanted['backups']>,
  call: Call,
  { backups }: PlanPorts,
): Promise<World['backups']> {
  const found: World['backups'] = {};
  for (const { datastore, id } of wanted) {
    found[datastore] =
      id === undefined
        ? await backups.list({ system: loaded.name, datastore }, call)
        : [await backups.read(id, call)];
  }
  return found;
}

/** With `isolatedOn`, what is not there, or a platform or machine that cannot isolate, is an answer too. */
async function readLive(
  loaded: LoadedSystem,
  wanted: NonNullable<Wanted['live']>,
  call: Call,
  ports: PlanPorts,
): Promise<World['live']> {
  if (wanted === 'always') return readAllLive(loaded, call, ports);
  const unable = await unableToIsolate(ports.platforms, wanted.isolatedOn);
  if (unable !== undefined) return { why: unable };
  try {
    return await readAllLive(loaded, call, ports);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'NotFound') return { why: error.message };
    throw error;
  }
}

async function readAllLive(
  loaded: LoadedSystem,
  call: Call,
  { platforms, backups }: PlanPorts,
): Promise<LiveSystem> {
  const { services, datastores = {} } = loaded.system;
  const stores = Object.keys(datastores).map((name) => datastoreRef(loaded, name));
  const traffic: LiveSystem['traffic'] = {};
  for (const name of Object.keys(services)) {
    const service = serviceTarget(loaded, name);
    traffic[name] = await trafficOf(platforms, service).read(service, call);
  }
  return { traffic, datastores: await Promise.all(stores.map((store) => backups.place(store))) };
}

/**
 * By its id: lists of what is open may be late. The number is that of its memo; what somebody started by hand may have none.
 * Throws Unavailable.
 */
async function readScaleBack(
  system: string,
  { scaleBackOf: service }: Wanted,
): Promise<Pick<World, 'scaleBack'>> {
  if (service === undefined) return {};
  const found = await describe(scaleBack.id({ system, service }));
  if (found === undefined || !isOpen(found)) return {};
  const request = found.memo?.['request'];
  const replicas = isRecord(request) ? request['replicas'] : undefined;
  return typeof replicas === 'number' ? { scaleBack: replicas } : {};
}

async function openOperations(system: string): Promise<OpenOperation[]> {
  // The name was checked against the pattern of names: it cannot leave its quotes.
  const query = `FairleadSystem = '${system}' AND ExecutionStatus = 'Running'`;
  const found: OpenOperation[] = [];
  for await (const one of getClient().workflow.list({ query })) {
    const { workflowId, type, startTime } = one;
    const operation = operationOf(one);
    found.push({
      workflowId,
      type,
      rank: rankOf({ type, operation }),
      startedAt: startTime.toISOString(),
    });
  }
  return found;
}
