// Loads the system file that an operation works with from start to end.
import { datastoreIn } from '../domain/backup/rung-steps.ts';
import { leaseId } from '../domain/operation/operation.ts';
import { closedWindow, type Held } from './freezes.ts';
import { isPlainlyFree } from './leases/leases.ts';
import type { SigningPorts } from './record/sign-record.ts';
import { secretSource, type LoadedSystem } from '../domain/loaded-system.ts';
import { serviceTarget } from '../domain/rollout/service-target.ts';
import { promisedOpening, type Opening } from '../domain/time/maintenance.ts';
import type { Clock } from '../ports/clock.ts';
import type { Redactor } from '../ports/redactor.ts';
import type { RunbooksPort } from '../ports/steps/runbooks.ts';
import type { SystemsPort } from '../ports/systems.ts';
import type { Call } from './call.ts';
import type { Kept } from './kept.ts';
import { loadOrKept } from './load-or-kept.ts';
import { redactionOf, type Redaction } from './redaction.ts';

interface LoadPorts {
  runbooks: RunbooksPort;
  systems: SystemsPort;
  redactor: Redactor;
  kept: Kept;
  clock: Pick<Clock, 'now'>;
}

export interface LoadInput {
  system: string;
  service: string | null;
  datastore?: string;
  reason: string | null;
  /** The one service or datastore whose lease is taken next; null where that is not known yet. */
  wants: string | null;
  /** The runbook of steps that is to be carried out. */
  runbook?: string;
  /** The maintenance window that is to be opened, by its name. */
  window?: string;
  /** Where the file does not load, go on with what was kept of it last. */
  orKept?: true;
}

/**
 * The system file, checked, kept under a digest, and the reason as it may be shown. Secrets that are not there are named
 * before anything is changed; what saves users goes on without them, and without the reason.
 */
export async function loadSystem(
  input: LoadInput,
  call: Call,
  ports: LoadPorts & SigningPorts,
): Promise<{
  loaded: LoadedSystem;
  kept: string;
  reason: string | null;
  /** The lease that was asked about can be taken. */
  free: boolean;
  /** No change window is open for what asks; absent where it is, or nothing has to be. */
  closed?: Held;
  /** When the maintenance window opens that was asked for. */
  opens?: Opening;
}> {
  const { systems, redactor, kept } = ports;
  const found = await (input.orKept === true
    ? loadOrKept(input.system, call, ports)
    : systems.load(input.system));
  const whole = await withRunbook(found, input.runbook, ports.runbooks);
  const loaded = shownInstead(whole, await redactionOf(redactor, secretSource(whole), []));
  if (!call.urgent) await redactor.learn(secretSource(loaded));
  if (input.service !== null) serviceTarget(loaded, input.service);
  if (input.datastore !== undefined) datastoreIn(loaded, input.datastore);
  const shown = await redactionOf(redactor, secretSource(loaded), []);
  const windows = { system: loaded.name, changes: loaded.system.changes };
  const closed = await closedWindow(windows, call, ports.clock.now());
  const { window } = input;
  return {
    ...(window !== undefined && {
      opens: promisedOpening(loaded.system, window, ports.clock.now()),
    }),
    ...(closed !== null && { closed }),
    loaded: aboutOne(loaded, input.service),
    kept: await kept.keepSystem(loaded, call),
    reason: shown(input.reason),
    free:
      input.wants !== null && (await isPlainlyFree(leaseId(loaded.name, input.wants), call, ports)),
  };
}

export async function withRunbook(
  loaded: LoadedSystem,
  name: string | undefined,
  runbooks: RunbooksPort,
): Promise<LoadedSystem> {
  return name === undefined ? loaded : { ...loaded, runbook: await runbooks.load(loaded, name) };
}

/** What is wrong with the file may quote it. */
function shownInstead(loaded: LoadedSystem, shown: Redaction): LoadedSystem {
  return loaded.instead === undefined ? loaded : { ...loaded, instead: shown(loaded.instead) };
}

/** As much of it as an operation on one service decides by: activities read the rest where it is kept. */
function aboutOne(loaded: LoadedSystem, service: string | null): LoadedSystem {
  const { services } = loaded.system;
  const found = service === null ? undefined : services[service];
  if (service === null || found === undefined) return loaded;
  return { ...loaded, system: { ...loaded.system, services: { [service]: found } } };
}
