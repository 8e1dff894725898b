// The catalogue of a system's backups, as people ask for it.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  listBackups,
  type BackupList,
  type QuarantineRow,
} from '../../domain/backup/backup-list.ts';
import type { CatalogueEntry } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { secretSource, type LoadedSystem } from '../../domain/loaded-system.ts';
import { quarantineRow } from '../../domain/recovery/live/quarantined.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ExchangesPort } from '../../ports/exchanges.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { Call } from '../call.ts';
import { redactionOf } from '../redaction.ts';
import { datastoreRefs } from './datastore-refs.ts';

export interface CataloguePorts {
  backups: BackupsPort;
  exchanges: ExchangesPort;
  redactor: Redactor;
  clock: Pick<Clock, 'now'>;
}

const MOST_BACKUPS = 500;
/** A server that is up says at once what it keeps. */
const LOOK_MS = 3_000;

/** The newest backups of each datastore, and what exchanges kept of data that were live. */
export async function catalogueOf(
  loaded: LoadedSystem,
  call: Call,
  { backups, exchanges, redactor, clock }: CataloguePorts,
): Promise<BackupList> {
  const names = Object.keys(loaded.system.datastores ?? {});
  const shown = await redactionOf(redactor, secretSource(loaded), [loaded.name, ...names]);
  const found: Record<string, CatalogueEntry[]> = {};
  for (const datastore of names) {
    found[datastore] = await backups.list({ system: loaded.name, datastore }, call);
  }
  const listed = listBackups(loaded.name, clock.now(), found, MOST_BACKUPS);
  return shown({ ...listed, quarantined: await quarantinesOf(loaded, call, exchanges) });
}

/** What exchanges kept; a server that does not answer soon is left out, for the catalogue of backups is there all the same. */
async function quarantinesOf(
  loaded: LoadedSystem,
  call: Call,
  exchanges: ExchangesPort,
): Promise<QuarantineRow[]> {
  const rows = datastoreRefs(loaded).map(async (store) => {
    const asked = exchanges.quarantined(store, call);
    const known = await Promise.race([asked, sleep(LOOK_MS, [], { ref: false })]).catch(
      (error: unknown) => {
        if (error instanceof Failure) return [];
        throw error;
      },
    );
    return known.map((one) => quarantineRow(loaded.system, store.datastore, one));
  });
  return (await Promise.all(rows)).flat();
}
