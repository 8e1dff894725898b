// Makes the plan of a drill from the system file, the catalogue, and what users are on now; and reads the same of the
// world for a verification that starts the service.
import { getClient } from '@temporalio/activity';
import { defaultBackup, passedOverNote } from '../domain/anomaly.ts';
import { summaryOf, type BackupSummary } from '../domain/backup.ts';
import { Failure } from '../domain/failure.ts';
import type { LivePlace } from '../domain/fence.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { RevisionSpec, TrafficState } from '../domain/model.ts';
import { precedenceOf, primaryDatastores } from '../domain/operation.ts';
import { noDatastores } from '../domain/plan-backup.ts';
import { drilledServices, drillOf, planRecovery, type Restored } from '../domain/plan-drill.ts';
import { derivedIn, type Flushed } from '../domain/plan-derived.ts';
import type { UsableInput } from '../domain/plan-verify.ts';
import type { Plan } from '../domain/plan.ts';
import { revisionSpec } from '../domain/revision.ts';
import { servicesOf } from '../domain/started-services.ts';
import type { Call } from './boundary.ts';
import { placeOf, trafficOf, type Platforms } from './platforms.ts';
import type { PlanInput } from './plan.ts';
import type { BackupsPort, DatastoreRef } from './ports-data.ts';
import type { IsolationPort } from './ports-isolation.ts';

export interface RecoveryPlanPorts {
  backups: BackupsPort;
  platforms: Platforms;
}

export interface UsablePorts extends RecoveryPlanPorts {
  isolation: Pick<IsolationPort, 'unable'>;
}

/** Below this, an operation changes no service: a drill beside it measures nothing wrong. */
const CHANGES_SERVICES = precedenceOf('canaryDeploy');

export async function makeRecoveryPlan(
  { operation, loaded, request }: PlanInput,
  call: Call,
  ports: RecoveryPlanPorts,
): Promise<Plan> {
  const { backups } = ports;
  drillOf(loaded);
  if (request.dryRun !== true) await refuseBesideOthers(loaded.name);
  const names = primaryDatastores(loaded.system);
  if (names.length === 0) throw noDatastores(loaded);
  const restored: Restored[] = [];
  for (const datastore of names) {
    const good = await newestGood(backups, loaded.name, datastore, call);
    restored.push({ datastore, ...good, place: await backups.place(storeOf(loaded, datastore)) });
  }
  return planRecovery({
    mode: 'drill',
    operation,
    loaded,
    runId: call.run.runId,
    restored,
    ...(await readService(loaded, drilledServices(loaded, names), ports)),
  });
}

/** What the rung `usable` takes on the copy of one datastore; or why nothing can show it. */
export async function readUsable(
  { loaded, datastore, target }: { loaded: LoadedSystem; datastore: string; target: string },
  ports: UsablePorts,
): Promise<UsableInput> {
  const showing = servicesOf(datastore, loaded.system);
  if ('why' in showing) return showing;
  const unable = await ports.isolation.unable();
  if (unable !== undefined) return { why: unable };
  try {
    const place = await ports.backups.place(storeOf(loaded, datastore));
    return { target, place, ...(await readService(loaded, showing.services, ports)) };
  } catch (error) {
    // Nothing is live, and no version is named: the backup can be judged all the same.
    if (error instanceof Failure && error.kind === 'NotFound') return { why: error.message };
    throw error;
  }
}

/** The services as they are started on copies, what of theirs is flushed, and everything live that they must not reach there. */
async function readService(
  loaded: LoadedSystem,
  names: readonly string[],
  { backups, platforms }: RecoveryPlanPorts,
): Promise<{ live: LivePlace[]; services: RevisionSpec[]; flushed: Flushed[] }> {
  const traffic: Record<string, TrafficState> = {};
  for (const service of Object.keys(loaded.system.services)) {
    const place = placeOf(loaded, service);
    traffic[service] = await trafficOf(platforms, place).read(place);
  }
  const stores = await storePlaces(loaded, backups);
  return {
    live: [...stores, ...servicePlaces(traffic)],
    services: names.map((one) => specOf(loaded, one, traffic[one])),
    flushed: derivedIn(loaded, names).flatMap((datastore) =>
      stores.filter((one) => one.datastore === datastore).map((place) => ({ datastore, place })),
    ),
  };
}

function storeOf({ name, directory, system }: LoadedSystem, datastore: string): DatastoreRef {
  const settings = system.datastores?.[datastore];
  if (settings === undefined) throw new Failure('Broken', `${name} has no datastore ${datastore}`);
  return { system: name, datastore, directory, settings };
}

/** What is odd, or was found bad, is not restored by default. */
async function newestGood(
  backups: BackupsPort,
  system: string,
  datastore: string,
  call: Call,
): Promise<{ backup: BackupSummary; note: string }> {
  const entries = await backups.list({ system, datastore }, call);
  const found = defaultBackup(entries);
  if (found !== undefined) return { backup: summaryOf(found), note: passedOverNote(entries) };
  const odd = entries.length === 0 ? 'none at all' : `${entries.length} entries, none of them good`;
  throw new Failure(
    'CheckFailed',
    `there is no backup of ${system}/${datastore} to recover from (${odd}${passedOverNote(entries)}): take one with "fairlead backup ${system}", or look at "fairlead backups ${system}"`,
  );
}

/** Of derived datastores too: a drill that fills a live cache with old data has changed production. */
async function storePlaces(loaded: LoadedSystem, backups: BackupsPort): Promise<LivePlace[]> {
  const names = Object.keys(loaded.system.datastores ?? {});
  return Promise.all(names.map((name) => backups.place(storeOf(loaded, name))));
}

/** Where users are now; what has no traffic answers nobody, and proves nothing. */
function servicePlaces(traffic: Record<string, TrafficState>): LivePlace[] {
  return Object.entries(traffic).flatMap(([service, { url, weights, stopped }]): LivePlace[] => {
    if (stopped || !weights.some(({ percent }) => percent > 0)) return [];
    const { hostname, port, protocol } = new URL(url);
    const known = port === '' ? { 'http:': 80, 'https:': 443 }[protocol] : Number(port);
    return [{ datastore: service, kind: 'address', host: hostname, port: known ?? 80 }];
  });
}

/** What the system file names, else what most users are on. */
function specOf(
  loaded: LoadedSystem,
  service: string,
  traffic: TrafficState | undefined,
): RevisionSpec {
  const live = (traffic?.weights ?? []).toSorted((a, b) => b.percent - a.percent)[0];
  const version = loaded.system.drill?.version ?? live?.version;
  if (version !== undefined) return revisionSpec(loaded, service, version);
  throw new Failure(
    'NotFound',
    `nothing of ${loaded.name}/${service} is live, and drill.version names no version to start on the copy; name one, or deploy one`,
  );
}

async function refuseBesideOthers(system: string): Promise<void> {
  // The name was checked against the pattern of names: it cannot leave its quotes.
  const query = `FairleadSystem = '${system}' AND ExecutionStatus = 'Running'`;
  for await (const run of getClient().workflow.list({ query })) {
    if (precedenceOf(run.type) < CHANGES_SERVICES) continue;
    throw new Failure(
      'Refused',
      `${run.workflowId} (${run.type}) runs since ${run.startTime.toISOString()} and changes ${system}: a drill measures a system at rest; wait until it is over ("fairlead status ${system}")`,
    );
  }
}
