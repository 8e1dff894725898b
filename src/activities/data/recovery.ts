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
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { primaryDatastores } from '../../domain/operation/operation.ts';
import { judgeRecoverability, type Recoverability } from '../../domain/recovery/recoverability.ts';
import type { Call } from '../call.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { DrillsPort } from '../../ports/drills.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';

export interface RecoveryPorts {
  backups: BackupsPort;
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
  { backups, drills, version }: RecoveryPorts,
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
  { backups, drills, clock, version }: RecoveryPorts,
): Promise<Recoverability | null> {
  const { name, system } = loaded;
  const datastores = [];
  const newest: Record<string, CatalogueEntry> = {};
  for (const datastore of primaryDatastores(system)) {
    const entries = await backups.list({ system: name, datastore }, waiting);
    const good = defaultBackup(entries, clock.now());
    if (good !== undefined) newest[datastore] = good;
    const rpoMs = system.datastores?.[datastore]?.backup.rpo ?? 0;
    datastores.push({ datastore, rpoMs, entries });
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

function engineIn(version: string, entries: Readonly<Record<string, CatalogueEntry>>): Engine {
  const tools: Record<string, Record<string, string>> = {};
  for (const [datastore, entry] of Object.entries(entries)) {
    if (entry.state === 'complete') tools[datastore] = entry.manifest.tools;
  }
  return engineOf(version, tools);
}
