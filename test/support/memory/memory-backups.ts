// The ports of backups in memory: datastores are lists of parts that a test writes, copies are snapshots of them, and
// `vault` is what a test reaches into: what fails next, what hangs, what there is.
import type { BackupRemovalPort, BackupsPort } from '../../../src/ports/backups.ts';
import type { ObjectRemovalPort } from '../../../src/ports/objects.ts';
import { DATASTORES } from '../../../src/config/kinds.ts';
import type { RunRef } from '../../../src/domain/operation/operation.ts';
import type { Waiting } from '../../../src/ports/waiting.ts';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import type {
  BackupMark,
  CatalogueEntry,
  Contents,
  Definition,
  Part,
} from '../../../src/domain/backup/backup.ts';
import type { Loss } from '../../../src/domain/recovery/exchange.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { manifestOf, pointAt } from './memory-manifest.ts';
import type { RungResult } from '../../../src/domain/backup/ladder.ts';

export type BackupVerb = keyof BackupsPort | 'remove' | 'sweep';

export interface MemoryVault {
  /** The definitions of what is live, in every datastore. */
  definitions: Definition[];
  /** What the datastore `<system>/<datastore>` holds; one that was never written has one table of ten rows. */
  write: (store: string, parts: Part[]) => void;
  /** The next call of this verb fails; by a subject only calls about an id, a copy or a store that contains it. */
  failNext: (verb: BackupVerb, failure: Failure, subject?: string) => void;
  /** The next call of this verb waits until it is cancelled, or released; `reached` resolves when it is there. */
  hangNext: (verb: BackupVerb) => { reached: Promise<void>; release: () => void };
  /** Called when a restore begins. */
  onRestore: () => void;
  /** What the first rung says of every backup from now on. */
  examine: (result: Omit<RungResult, 'rung'>) => void;
  /** What a copy holds instead of what was restored. */
  spoil: (change: (contents: Contents) => Contents) => void;
  /** Answers to queries. */
  answers: Map<string, string | null>;
  /** How far the datastores' clocks are ahead of the worker's (ms). */
  skewMs: number;
  /** Bytes where copies go. */
  free: number;
  entries: Map<string, CatalogueEntry>;
  copies: Map<
    string,
    { backup: string; contents: Contents; createdAt: number; owner?: RunRef; keptUntil?: number }
  >;
  /** How what is live and a copy differ. */
  loss: Loss;
  /** Every copy that was ever made. */
  made: string[];
  removed: string[];
  /** When uploads were cut off (ms). */
  uploads: number[];
}

export const TABLE: Part = { name: 'orders', rows: 10, bytes: 1000, hash: 'rowsum:1' };

const NONE = { count: 0, digest: 'd', shown: [] };

export function memoryBackups(): {
  backups: BackupsPort;
  removal: BackupRemovalPort;
  uploads: Pick<ObjectRemovalPort, 'sweep'>;
  vault: MemoryVault;
} {
  const failures: { verb: BackupVerb; failure: Failure; subject: string }[] = [];
  const hangs: { verb: BackupVerb; reach: () => void; released: Promise<void> }[] = [];
  const stores = new Map<string, Part[]>();
  let examined: Omit<RungResult, 'rung'> = { verdict: 'pass', reason: '1 object as it should be' };
  let spoiled = (contents: Contents): Contents => contents;
  const vault: MemoryVault = {
    definitions: [],
    write: (store, parts) => stores.set(store, parts),
    failNext: (verb, failure, subject = '') => failures.push({ verb, failure, subject }),
    hangNext: (verb) => {
      let reach = (): void => undefined;
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      hangs.push({ verb, reach, released });
      return { reached, release };
    },
    examine: (result) => {
      examined = result;
    },
    spoil: (change) => {
      spoiled = change;
    },
    onRestore: () => undefined,
    answers: new Map(),
    skewMs: 0,
    free: 1_000_000_000,
    entries: new Map(),
    copies: new Map(),
    loss: { onlyThere: NONE, onlyHere: NONE, changed: NONE },
    made: [],
    removed: [],
    uploads: [],
  };
  const enter = async (verb: BackupVerb, subject: string, waiting?: Waiting): Promise<void> => {
    const index = failures.findIndex((one) => one.verb === verb && subject.includes(one.subject));
    const [failed] = index < 0 ? [] : failures.splice(index, 1);
    if (failed !== undefined) throw failed.failure;
    const hang = hangs.findIndex((one) => one.verb === verb);
    const [held] = hang < 0 ? [] : hangs.splice(hang, 1);
    if (held === undefined || waiting === undefined) return;
    held.reach();
    await Promise.race([held.released, untilAborted(waiting.signal)]);
  };
  const contentsOf = (store: string): Contents => ({
    parts: structuredClone(stores.get(store) ?? [TABLE]),
    ...{ definitions: [], sequences: [] },
  });
  const found = (id: string): CatalogueEntry => {
    const entry = vault.entries.get(id);
    if (entry !== undefined) return structuredClone(entry);
    throw new Failure('NotFound', `there is no backup ${id}`);
  };
  const completeOf = (id: string) => {
    const entry = found(id);
    if (entry.state === 'complete') return entry;
    throw new Failure('Refused', `${id} is ${entry.state}`);
  };
  const copyOf = (copy: string) => {
    const there = vault.copies.get(copy);
    if (there === undefined) throw new Failure('Refused', `there is no copy ${copy}`);
    return there;
  };
  const backups: BackupsPort = {
    capabilities: ({ settings }) => DATASTORES[settings.kind].capabilities,
    backup: async ({ store, id, systemDigest, owner: _, ...noted }, waiting) => {
      await enter('backup', id, waiting);
      const there = vault.entries.get(id);
      if (there?.state === 'complete') return structuredClone(there.manifest);
      const contents = contentsOf(`${store.system}/${store.datastore}`);
      const made = manifestOf(id, contents, { systemDigest, skewMs: vault.skewMs });
      const manifest = { ...made, ...noted };
      vault.entries.set(id, { id, state: 'complete', manifest, marks: [] });
      return structuredClone(manifest);
    },
    serviceBackups: async () => undefined,
    list: async ({ system, datastore }, waiting) => {
      await enter('list', `${system}/${datastore}`, waiting);
      return structuredClone([...vault.entries.values()])
        .filter(({ id }) => id.startsWith(`${system}/${datastore}/`))
        .sort((one, other) => (one.id < other.id ? -1 : 1));
    },
    read: async (id, waiting) => {
      await enter('read', id, waiting);
      return found(id);
    },
    mark: async (id, mark, waiting) => {
      await enter('mark', id, waiting);
      const entry = completeOf(id);
      const marks: BackupMark[] = [...entry.marks.filter(({ at }) => at !== mark.at), mark];
      vault.entries.set(id, { ...entry, marks });
    },
    reprint: async ({ definitions }) => [...definitions],
    examine: async ({ id }, waiting) => {
      await enter('examine', id, waiting);
      completeOf(id);
      return { rung: 'artefact', ...examined };
    },
    restore: async ({ id, target }, waiting) => {
      vault.onRestore();
      const { contents } = completeOf(id).manifest;
      const { copy, owner } = target;
      const createdAt = Date.now();
      const made = { backup: id, contents: spoiled(contents), createdAt, ...(owner && { owner }) };
      vault.copies.set(copy, made);
      vault.made.push(copy);
      await enter('restore', id, waiting);
    },
    empty: async ({ copy, store: { system, datastore }, owner }, waiting) => {
      await enter('empty', copy, waiting);
      const backup = `empty:${system}/${datastore}`;
      const there = vault.copies.get(copy)?.backup ?? backup;
      if (there !== backup) throw new Failure('Refused', `the copy ${copy} holds ${there}`);
      if (vault.copies.has(copy)) return;
      const contents = { parts: [], definitions: [], sequences: [] };
      const createdAt = Date.now();
      vault.copies.set(copy, { backup, contents, createdAt, ...(owner && { owner }) });
      vault.made.push(copy);
    },
    handOver: async ({ copy }, waiting) => {
      await enter('handOver', copy, waiting);
      copyOf(copy);
      return { kind: 'folder', of: 'files', directory: `/copies/${copy}` };
    },
    definitions: async () => vault.definitions,
    fingerprint: async (target, waiting) => {
      const subject = 'copy' in target ? target.copy : `${target.system}/${target.datastore}`;
      await enter('fingerprint', subject, waiting);
      const contents = 'copy' in target ? copyOf(target.copy).contents : contentsOf(subject);
      return { contents, at: pointAt(Date.now(), 0) };
    },
    place: async ({ system, datastore }) => ({
      datastore,
      kind: 'folder',
      path: `/live/${system}/${datastore}`,
    }),
    room: async () => vault.free,
    ask: async ({ target, query }, waiting) => {
      await enter('ask', query, waiting);
      copyOf(target.copy);
      return vault.answers.get(query) ?? null;
    },
    placeForCopy: async ({ datastore }, waiting) => {
      await enter('placeForCopy', datastore, waiting);
      return { into: 'scratch', why: 'all of it is in memory' };
    },
    lossAgainstLive: async ({ copy }, waiting) => {
      await enter('lossAgainstLive', copy, waiting);
      return vault.loss;
    },
    keep: async ({ target: { copy }, until }, waiting) => {
      await enter('keep', copy, waiting);
      vault.copies.set(copy, { ...copyOf(copy), keptUntil: until });
      return { where: `/copies/${copy}`, look: [`ls /copies/${copy}`] };
    },
    discard: async (copy, waiting) => {
      await enter('discard', copy, waiting);
      vault.copies.delete(copy);
    },
    copies: async () => {
      await enter('copies', '');
      return [...vault.copies].map(([copy, { contents: _, ...about }]) => ({
        copy,
        ...about,
        state: 'ready',
        machine: 'here',
      }));
    },
  };
  const removal: BackupRemovalPort = {
    remove: async (id, waiting) => {
      await enter('remove', id, waiting);
      vault.entries.delete(id);
      vault.removed.push(id);
      return { objects: 2, bytes: 1000 };
    },
    removeLeft: async () => ({ objects: 0, bytes: 0 }),
  };
  const uploads = {
    sweep: async (before: number) => {
      await enter('sweep', '');
      const old = vault.uploads.filter((at) => at < before);
      vault.uploads = vault.uploads.filter((at) => at >= before);
      return old.length;
    },
  };
  return { backups, removal, uploads, vault };
}

/** Puts a backup of `orders` there that was taken so many days ago. */
export function storedBackup({ entries }: MemoryVault, system: string, days: number): string {
  const at = Date.now() - days * 86_400_000;
  const id = backupId(system, 'orders', at);
  const contents = { parts: [TABLE], definitions: [], sequences: [] };
  entries.set(id, { id, state: 'complete', manifest: manifestOf(id, contents, { at }), marks: [] });
  return id;
}

export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(new Failure('Unavailable', 'stopped'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}
