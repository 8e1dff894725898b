// The catalogue of a system's backups, as people ask for it.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  listBackups,
  type BackupList,
  type QuarantineRow,
  type ServiceRow,
} from '../../domain/backup/backup-list.ts';
import type { CatalogueEntry } from '../../domain/backup/backup.ts';
import { judgeServiceBackups } from '../../domain/backup/service-backups.ts';
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
/** With the time for a quota that is used up. */
const SERVICE_MS = 10_000;

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
  const [quarantined, service] = await Promise.all([
    quarantinesOf(loaded, call, exchanges),
    serviceRowsOf(loaded, call, { backups, clock }),
  ]);
  return shown({ ...listed, quarantined, ...(service.length > 0 && { service }) });
}

/** What services make by themselves; one that cannot be asked soon is told as that. */
async function serviceRowsOf(
  loaded: LoadedSystem,
  call: Call,
  { backups, clock }: Pick<CataloguePorts, 'backups' | 'clock'>,
): Promise<ServiceRow[]> {
  const rows = datastoreRefs(loaded).map(async (store): Promise<ServiceRow[]> => {
    const { datastore, settings } = store;
    const found = await withinMs(SERVICE_MS, backups.serviceBackups(store, call)).catch(problemOf);
    if (found === undefined) return [];
    if ('problem' in found) return [{ datastore, ...found }];
    const findings = judgeServiceBackups(found, settings.backup.rpo, clock.now());
    return [{ datastore, ...found, findings }];
  });
  return (await Promise.all(rows)).flat();
}

function problemOf(error: unknown): { problem: string } {
  if (error instanceof Failure) return { problem: error.message };
  throw error;
}

/** Throws Unavailable where the answer takes longer. */
async function withinMs<T>(ms: number, asked: Promise<T>): Promise<T> {
  const late = sleep(ms, undefined, { ref: false }).then(() => {
    throw new Failure('Unavailable', `the service did not answer within ${ms / 1000} s`);
  });
  return Promise.race([asked, late]);
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
