// Keeps records of drills, and works out from them and from the catalogue whether a system is recoverable.
import type { CatalogueEntry } from '../../domain/backup/backup.ts';
import { defaultBackup } from '../../domain/backup/anomaly.ts';
import {
  drillEvery,
  engineOf,
  shapeOf,
  type DrillRecord,
  type Engine,
} from '../../domain/recovery/drill-record.ts';
import { Failure } from '../../domain/failure.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { primaryDatastores } from '../../domain/operation/operation.ts';
import { judgeRecoverability, type Recoverability } from '../../domain/recovery/recoverability.ts';
import type { Call } from '../call.ts';
import { datastoreRef } from './datastore-refs.ts';
import type { BackupsPort, DatastoreRef } from '../../ports/backups.ts';
import type { ExchangesPort } from '../../ports/exchanges.ts';
import type { DrillsPort } from '../../ports/drills.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';

export interface RecoveryPorts {
  backups: BackupsPort;
  exchanges: Pick<ExchangesPort, 'unable'>;
  drills: DrillsPort;
  clock: Pick<Clock, 'now'>;
  /** Fairlead's own. */
  version: string;
}

/** What the drill's workflow knows; operation, workflow and run come with the call, shape and engine are worked out. */
export type RecordDrillInput = Pick<
  DrillRecord,
  | 'outcome'
  | 'verdict'
  | 'reason'
  | 'startedAt'
  | 'endedAt'
  | 'rtoMs'
  | 'rpoMs'
  | 'backups'
  | 'evidenceHead'
> & { loaded: LoadedSystem };

/** Once per run: tried again, the first record stays. */
export async function recordDrill(
  { loaded, ...said }: RecordDrillInput,
  call: Call,
  { backups, drills, version }: Omit<RecoveryPorts, 'exchanges'>,
): Promise<{ detail: string }> {
  const restored: Record<string, CatalogueEntry> = {};
  for (const id of said.backups) {
    const entry = await backups.read(id, call);
    if (entry.state === 'complete') restored[entry.manifest.datastore] = entry;
  }
  const record: DrillRecord = {
    schema: 'fairlead/drill/v1',
    system: loaded.name,
    operation: call.operation,
    ...call.run,
    ...said,
    shape: shapeOf(loaded.system),
    engine: engineIn(version, restored),
  };
  await drills.put(record, call);
  return {
    detail: `${loaded.name}: a drill that ended ${said.verdict ?? said.outcome} is on record`,
  };
}

/** As many as it takes to find one that was not refused or aborted. */
const DRILLS = 20;

/** `null` for a system without primary datastores. */
export async function recoverabilityOf(
  loaded: LoadedSystem,
  waiting: Waiting,
  { backups, exchanges, drills, clock, version }: RecoveryPorts,
): Promise<Recoverability | null> {
  const { name, system } = loaded;
  const datastores = [];
  const newest: Record<string, CatalogueEntry> = {};
  for (const datastore of primaryDatastores(system)) {
    const entries = await backups.list({ system: name, datastore }, waiting);
    const good = defaultBackup(entries, clock.now());
    if (good !== undefined) newest[datastore] = good;
    const rpoMs = system.datastores?.[datastore]?.backup.rpo ?? 0;
    const unable = await unableIn(datastoreRef(loaded, datastore), exchanges);
    datastores.push({ datastore, rpoMs, entries, ...(unable !== undefined && { unable }) });
  }
  return judgeRecoverability({
    system: name,
    now: clock.now(),
    every: drillEvery(system),
    drills: await drills.list({ system: name, most: DRILLS }, waiting),
    shape: shapeOf(system),
    engine: engineIn(version, newest),
    datastores,
  });
}

/** Why a datastore cannot be exchanged; undefined where it can, and where its server does not answer, for nothing is known against it then. */
async function unableIn(
  store: DatastoreRef,
  exchanges: RecoveryPorts['exchanges'],
): Promise<string | undefined> {
  try {
    return await exchanges.unable(store);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function engineIn(version: string, entries: Readonly<Record<string, CatalogueEntry>>): Engine {
  const tools: Record<string, Record<string, string>> = {};
  for (const [datastore, entry] of Object.entries(entries)) {
    if (entry.state === 'complete') tools[datastore] = entry.manifest.tools;
  }
  return engineOf(version, tools);
}
