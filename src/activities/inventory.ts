// Writes down what there is before, during and after a drill: copies, targets, and how production does. Looks only, and
// never fails over what it looks at: what cannot be seen is said.
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import type { DatastoreSeen, Held, Inventory, ServiceSeen } from '../domain/inventory.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { describeWeights } from '../domain/weights.ts';
import type { Call } from './boundary.ts';
import { placeOf, trafficOf, type Platforms } from './platforms.ts';
import type { BackupsPort, DatastoreRef } from './ports-data.ts';
import type { IsolationPort } from './ports-isolation.ts';
import type { ChecksPort, Clock } from './ports.ts';

export interface InventoryPorts {
  backups: BackupsPort;
  isolation: IsolationPort;
  platforms: Platforms;
  checks: ChecksPort;
  clock: Pick<Clock, 'now'>;
}

export async function takeInventory(
  { loaded, stores }: { loaded: LoadedSystem; stores: DatastoreRef[] },
  call: Call,
  ports: InventoryPorts,
): Promise<Inventory> {
  const { backups, isolation, clock } = ports;
  const services: Inventory['services'] = {};
  for (const name of Object.keys(loaded.system.services)) {
    services[name] = await serviceSeen(loaded, name, call, ports);
  }
  const datastores: Inventory['datastores'] = {};
  for (const store of stores) {
    datastores[store.datastore] = await storeSeen(backups, store, call);
  }
  // Last: reading a datastore may have had a copy of its own for a while.
  const copies = (await backups.copies()).map(({ copy, owner }) => held(copy, owner?.runId));
  const targets = (await isolation.list()).map(({ target, owner }) => held(target, owner.runId));
  return { at: new Date(clock.now()).toISOString(), copies, targets, services, datastores };
}

async function serviceSeen(
  loaded: LoadedSystem,
  service: string,
  call: Call,
  { platforms, checks }: InventoryPorts,
): Promise<ServiceSeen> {
  const place = placeOf(loaded, service);
  const health = loaded.system.services[service]?.health;
  try {
    const { weights, url, stopped } = await trafficOf(platforms, place).read(place);
    const live = weights.find(({ percent }) => percent > 0);
    if (live === undefined || health === undefined) {
      const said = stopped ? 'it is stopped' : 'nothing is deployed';
      return { weights: '', health: 'unknown', said };
    }
    const check = { name: 'health', http: health.path, status: 200, timeout: health.timeout };
    const { version } = live;
    const shown = describeWeights(weights);
    const asked = { check, address: url, url, version, directory: loaded.directory };
    return await checks.run(asked, call).then(
      (said): ServiceSeen => ({ weights: shown, health: 'healthy', said }),
      (error: unknown): ServiceSeen => ({ weights: shown, ...unwell(error, call) }),
    );
  } catch (error) {
    return { weights: '', health: 'unknown', said: saidBy(error, call) };
  }
}

/** A service that does not answer its users is not well, whatever the reason. */
function unwell(error: unknown, call: Call): Pick<ServiceSeen, 'health' | 'said'> {
  return { health: 'unhealthy', said: saidBy(error, call) };
}

async function storeSeen(
  backups: BackupsPort,
  store: DatastoreRef,
  call: Call,
): Promise<DatastoreSeen> {
  try {
    const { contents } = await backups.fingerprint(store, call, call.run);
    const { parts } = contents;
    return { digest: digestOf(contents), said: `${parts.length} parts` };
  } catch (error) {
    return { digest: null, said: saidBy(error, call) };
  }
}

/** A cancel and a bug are not what was looked at. */
function saidBy(error: unknown, { signal }: Call): string {
  signal.throwIfAborted();
  if (error instanceof Failure) return error.message;
  throw error;
}

function held(name: string, runId: string | undefined): Held {
  return { name, ...(runId !== undefined && { runId }) };
}
