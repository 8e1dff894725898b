// Writes down what there is before, during and after a drill: copies, targets, and how production does. Looks only, and
// never fails over what it looks at: what cannot be seen is said.
import { digestOf } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import type {
  DatastoreSeen,
  InventoryItem,
  Inventory,
  ServiceSeen,
} from '../../domain/recovery/inventory.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { describeWeights } from '../../domain/traffic/weights.ts';
import { serviceTarget } from '../../domain/rollout/service-target.ts';
import type { Call } from '../call.ts';
import { allIsolation, trafficOf, type Platforms } from '../platforms.ts';
import type { BackupsPort, DatastoreRef } from '../../ports/backups.ts';
import type { ChecksPort } from '../../ports/checks.ts';
import type { Clock } from '../../ports/clock.ts';

/** One answer that got lost, one file that was just being written, is no state: so often is looked before it is one. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 1_000;

export interface InventoryPorts {
  backups: BackupsPort;
  platforms: Platforms;
  checks: ChecksPort;
  clock: Clock;
}

export async function takeInventory(
  { loaded, stores }: { loaded: LoadedSystem; stores: DatastoreRef[] },
  call: Call,
  ports: InventoryPorts,
): Promise<Inventory> {
  const { backups, platforms, clock } = ports;
  const services: Inventory['services'] = {};
  for (const name of Object.keys(loaded.system.services)) {
    services[name] = await serviceSeen(loaded, name, call, ports);
  }
  const datastores: Inventory['datastores'] = {};
  for (const store of stores) {
    datastores[store.datastore] = await storeSeen(store, call, ports);
  }
  // Last: reading a datastore may have had a copy of its own for a while.
  const copies = (await backups.copies()).map(({ copy, owner }) => held(copy, owner?.runId));
  const open = await Promise.all(allIsolation(platforms).map((one) => one.list()));
  const targets = open.flat().map(({ target, owner }) => held(target, owner.runId));
  return { at: new Date(clock.now()).toISOString(), copies, targets, services, datastores };
}

async function serviceSeen(
  loaded: LoadedSystem,
  service: string,
  call: Call,
  { platforms, checks, clock }: InventoryPorts,
): Promise<ServiceSeen> {
  const place = serviceTarget(loaded, service);
  const port = trafficOf(platforms, place);
  const traffic = await lookedAt(() => port.read(place, call), call, clock);
  if ('problem' in traffic) return { weights: '', health: 'unknown', said: traffic.problem };
  const { weights, url, stopped } = traffic.seen;
  const live = weights.find(({ percent }) => percent > 0);
  const health = loaded.system.services[service]?.health;
  if (live === undefined || health === undefined) {
    const said = stopped ? 'it is stopped' : 'nothing is deployed';
    return { weights: '', health: 'unknown', said };
  }
  const check = { name: 'health', http: health.path, status: 200, timeout: health.timeout };
  const { version } = live;
  const mark = () => port.mark(place, call);
  const asked = { check, address: url, url, version, directory: loaded.directory, headers: mark };
  // A no costs little to ask again, and one that is over in a second is no state.
  const worth = ({ kind, retryable }: Failure): boolean => retryable || kind === 'CheckFailed';
  const answer = await lookedAt(() => checks.run(asked, call), call, clock, worth);
  const shown = { weights: describeWeights(weights) };
  // A service that does not answer its users is not well, whatever the reason.
  if ('problem' in answer) return { ...shown, health: 'unhealthy', said: answer.problem };
  return { ...shown, health: 'healthy', said: answer.seen };
}

async function storeSeen(
  store: DatastoreRef,
  call: Call,
  { backups, clock }: InventoryPorts,
): Promise<DatastoreSeen> {
  const answer = await lookedAt(() => backups.fingerprint(store, call, call.run), call, clock);
  if ('problem' in answer) return { digest: null, said: answer.problem };
  const { contents } = answer.seen;
  return { digest: digestOf(contents), said: `${contents.parts.length} parts` };
}

/** What the first look that succeeds sees, or what the last one failed over that was worth it. */
async function lookedAt<T>(
  look: () => Promise<T>,
  call: Call,
  clock: Clock,
  worth = ({ retryable }: Failure): boolean => retryable,
): Promise<{ seen: T } | { problem: string }> {
  for (let looks = 1; ; looks += 1) {
    try {
      return { seen: await look() };
    } catch (error) {
      const failure = failureOf(error, call);
      const often = looks === 1 ? '' : ` (so ${looks} times)`;
      if (looks === LOOKS || !worth(failure)) return { problem: `${failure.message}${often}` };
      await clock.sleep(LOOK_AGAIN_MS, call.signal);
    }
  }
}

/** A cancel and a bug are not what was looked at. */
function failureOf(error: unknown, { signal }: Call): Failure {
  signal.throwIfAborted();
  if (error instanceof Failure) return error;
  throw error;
}

function held(name: string, runId: string | undefined): InventoryItem {
  return { name, ...(runId !== undefined && { runId }) };
}
