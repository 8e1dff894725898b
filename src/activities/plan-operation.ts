// Makes the plan of an operation: reads of the world what its runbook wants to know, has the runbook say the steps, and keeps
// the plan for the activities of its steps.
import { getClient } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import { openingOf } from '../domain/time/maintenance.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { askedFirst, leastTime } from '../domain/rollout/outside-window.ts';
import type { Plan } from '../domain/operation/plan.ts';
import type { OperationRequest } from '../domain/operation/request.ts';
import type { LiveSystem } from '../domain/recovery/live-system.ts';
import { serviceTarget } from '../domain/rollout/service-target.ts';
import { rankOf, runbookNamed } from '../runbooks/index.ts';
import type { OpenOperation, Wanted, World } from '../runbooks/runbook.ts';
import type { BackupsPort } from '../ports/backups.ts';
import { datastoreRef } from './data/datastore-refs.ts';
import type { DrillsPort } from '../ports/drills.ts';
import type { ExchangesPort } from '../ports/exchanges.ts';
import type { NamedFilesPort } from '../ports/named-files.ts';
import type { Clock } from '../ports/clock.ts';
import type { Call } from './call.ts';
import { callerOf } from './caller.ts';
import { operationOf } from './executions.ts';
import { holds, type Held } from './freezes.ts';
import type { Kept } from './kept.ts';
import { refuseQuarantined } from '../domain/rollout/quarantine.ts';
import { withPlaces, type PlacesPorts } from './data/places.ts';
import { sideBySide } from './side-by-side.ts';
import {
  readWorld,
  refuseUnable,
  trafficOf,
  unableToIsolate,
  workloadOf,
  type Platforms,
} from './platforms.ts';

export interface PlanOperationInput {
  operation: string;
  /** The kind of the runbook, as the table has it. */
  kind: string;
  request: OperationRequest;
  loaded: LoadedSystem;
  /** True when the plan is to be carried out: the plan of a dry run, or of a look beforehand, is not kept. */
  keep: boolean;
}

export interface PlanPorts {
  platforms: Platforms;
  backups: Pick<BackupsPort, 'capabilities' | 'list' | 'read' | 'place' | 'placeForCopy'>;
  exchanges: Pick<ExchangesPort, 'unable'>;
  drills: Pick<DrillsPort, 'list'>;
  namedFiles: Pick<NamedFilesPort, 'unadoptable'>;
  clock: Pick<Clock, 'now'>;
}

/**
 * `kept` is what steps are told; null for a plan that nobody carries out. `held`: what holds the operation back, and its plan
 * has to be made anew. Throws Refused, NotFound: nothing was changed.
 */
export async function planOperation(
  { keep, loaded, ...asked }: PlanOperationInput,
  call: Call,
  ports: PlanPorts & PlacesPorts & { kept: Kept },
): Promise<{ plan: Plan; kept: string | null; held: Held | null }> {
  const { kept: system } = call;
  const there = await withPlaces(loaded, call, ports);
  const made = await makePlan(asked, there, call, ports);
  refuseQuarantined(made, there.places);
  const { changes } = loaded.system;
  const windows = { system: loaded.name, changes, needMs: leastTime(made) };
  const holding = heldNow(asked, made, await holds(windows, call, ports.clock.now()));
  // Who is to let it through is asked by the plan itself; a freeze holds it all the same.
  const isHotfix = asked.request.hotfix === true && holding?.window !== undefined;
  const plan = isHotfix ? askedFirst(made, loaded, asked.request, holding.why) : made;
  const held = isHotfix ? null : holding;
  const isCarriedOut = asked.request.dryRun !== true && plan.nothingToDo === undefined;
  const isKept = keep && isCarriedOut && held === null;
  if (system === null || !isKept) return { plan, kept: null, held };
  const { workflowId, firstRunId } = await callerOf(call.run);
  const boundTo = { workflowId, firstRunId };
  return { plan, kept: await ports.kept.keepPlan({ plan, system, boundTo }, call), held };
}

/** What looks first is held by its first change, not before; a dry run says what would hold that, a hotfix asks about it. */
function heldNow(
  { kind, request }: Pick<PlanOperationInput, 'kind' | 'request'>,
  { steps }: Plan,
  holding: Held | null,
): Held | null {
  if (runbookNamed(kind)?.goesForward !== 'atFirstChange') return holding;
  const changes = steps.some(({ action }) => action.kind === 'do');
  const isAsked = request.hotfix === true && holding?.window !== undefined;
  return changes && (request.dryRun === true || isAsked) ? holding : null;
}

/** Keeps nothing. */
export async function makePlan(
  { operation, kind, request }: Omit<PlanOperationInput, 'loaded' | 'keep'>,
  loaded: LoadedSystem,
  call: Call,
  ports: PlanPorts,
): Promise<Plan> {
  const runbook = runbookNamed(kind);
  if (runbook === undefined) {
    throw new Failure('Unsupported', `this worker has no runbook ${kind} to plan ${operation} by`);
  }
  const input = { operation, loaded, request, runId: call.run.runId, now: ports.clock.now() };
  const plan = runbook.plan(input, await readWanted(runbook.reads(input), loaded, call, ports));
  refuseUnable(plan, loaded, ports.platforms);
  await refuseObstacles(plan, loaded, call, ports);
  return plan;
}

async function readWanted(
  wanted: Wanted,
  loaded: LoadedSystem,
  call: Call,
  ports: PlanPorts,
): Promise<World> {
  const { services = [], trafficOf: open = [], backups = [], live, operations = false } = wanted;
  const { beside, exchange = [], adopt, places = [] } = wanted;
  return {
    operations: operations ? await openOperations(loaded.name) : [],
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
    exchange: await readExchanges(loaded, exchange, ports),
    places: placesIn(loaded, places, ports),
    ...(await readAdopted(loaded, adopt, call, ports)),
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
): Promise<NonNullable<World['exchange']>> {
  const found = await sideBySide(names, async (name) => {
    return [name, await exchanges.unable(datastoreRef(loaded, name))] as const;
  });
  return Object.fromEntries(found);
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

/** What would keep a new version from starting is named before anything is changed, all of it at once. */
async function refuseObstacles(
  { steps }: Plan,
  loaded: LoadedSystem,
  call: Call,
  { platforms }: PlanPorts,
): Promise<void> {
  for (const { action } of steps) {
    if (action.kind !== 'ensure' || action.existed) continue;
    const place = serviceTarget(loaded, action.service);
    const asked = { service: place, spec: action.spec };
    const { missing, taken } = await workloadOf(platforms, place).obstacles(asked, call);
    if (missing.length + taken.length === 0) continue;
    throw new Failure(
      missing.length > 0 ? 'NotFound' : 'Refused',
      `${action.spec.version} of ${place.system}/${place.service} cannot be started: ${[...missing, ...taken].join('; ')}; nothing was changed`,
    );
  }
}
