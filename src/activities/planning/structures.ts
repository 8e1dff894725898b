// The structures of live datastores, read while a plan is made: what is not to be had within two seconds is not known, and holds
// nothing up.
import { structureNote, structureServed } from '../../domain/backup/structure-served.ts';
import { structureOf } from '../../domain/backup/structure.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { Plan } from '../../domain/operation/plan.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { Call } from '../call.ts';
import { datastoreRef } from '../data/datastore-refs.ts';
import { sideBySide } from '../side-by-side.ts';

const PATIENCE_MS = 2_000;

export type StructurePorts = { backups: Pick<BackupsPort, 'definitions' | 'list'> };

/** By datastore; `undefined` for what has no structure, or did not answer. */
export async function readStructures(
  loaded: LoadedSystem,
  names: readonly string[] | undefined,
  call: Call,
  { backups }: StructurePorts,
): Promise<Record<string, string | undefined>> {
  const found = await sideBySide(names ?? [], async (name) => {
    const read = inTime(call, (waiting) =>
      backups.definitions(datastoreRef(loaded, name), waiting),
    );
    return [name, structureOf((await read) ?? [])] as const;
  });
  return Object.fromEntries(found);
}

/** What is said of a deploy or a roll-back whose version served on another structure than the one of now. */
export async function structureNotes(
  plan: Pick<Plan, 'service' | 'to' | 'nothingToDo'>,
  loaded: LoadedSystem,
  call: Call,
  ports: StructurePorts,
): Promise<string[]> {
  const { service, to: version } = plan;
  if (service === undefined || version === undefined || plan.nothingToDo !== undefined) return [];
  const names = loaded.system.services[service]?.datastores ?? [];
  const notes = await sideBySide(names, async (datastore) => {
    const system = loaded.name;
    const list = inTime(call, (waiting) => ports.backups.list({ system, datastore }, waiting));
    const then = structureServed((await list) ?? [], service, version);
    if (then === undefined) return [];
    const now = (await readStructures(loaded, [datastore], call, ports))[datastore];
    if (now === undefined || now === then.structure) return [];
    return [structureNote({ service, version, datastore }, then)];
  });
  return notes.flat();
}

/** `undefined` where it fails, or takes too long. */
async function inTime<T>(
  call: Call,
  work: (waiting: Pick<Call, 'signal' | 'beat'>) => Promise<T>,
): Promise<T | undefined> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  const signal = AbortSignal.any([call.signal, late]);
  const over = new Promise<undefined>((done) => {
    const end = (): void => {
      done(undefined);
    };
    late.addEventListener('abort', end, { once: true });
  });
  const read = work({ signal, beat: call.beat.bind(call) }).catch(() => undefined);
  return Promise.race([read, over]);
}
