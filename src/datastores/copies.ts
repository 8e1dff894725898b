// Folders for copies, apart from everything live: `<root>/<name>/` with `copy.json` (which backup, since when, how far)
// and a folder of data for each attempt.
// Whatever runs on a copy runs inside its folder, so ending a copy is: kill all that does, remove it.
// A copy outlives the activity and the worker that made it, until it is discarded.
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CopyState } from '../activities/ports-data.ts';
import type { Waiting } from '../activities/ports.ts';
import { Failure } from '../domain/failure.ts';
import { endAllIn } from '../machine/end-all-in.ts';
import { namesIn, stateFolders } from '../machine/state-folders.ts';

const STATE = 'copy.json';

const stateSchema = z.object({
  copy: z.string(),
  backup: z.string(),
  createdAt: z.number(),
  state: z.enum(['loading', 'ready']),
  /** Of its folder of data: a stopped worker that wakes up writes into one that nobody reads. */
  attempt: z.string().regex(/^[0-9a-f]{8}$/),
  owner: z.exactOptional(z.strictObject({ workflowId: z.string(), runId: z.string() })),
});
type StoredCopy = z.output<typeof stateSchema>;

export interface Copy extends StoredCopy {
  /** Where its kind keeps what is its own. */
  folder: string;
}

export interface Copies {
  /**
   * Makes the folder, or answers the copy that is `ready` already, which is the owner's from now on. One that was cut
   * off half-way is begun anew.
   * Throws Refused when the name holds anything but this backup, or is another workflow's.
   */
  begin(input: Omit<StoredCopy, 'state' | 'attempt'>, waiting: Waiting): Promise<Copy>;
  /** Throws Superseded when another attempt has begun since. */
  finish(copy: Copy): Promise<void>;
  /** Throws Refused when it is not there, which says nothing of the backup that it was made from, and NotReady while it is loading. */
  find(copy: string): Promise<Copy>;
  discard(copy: string, waiting: Waiting): Promise<void>;
  list(): Promise<CopyState[]>;
  /** Bytes that are free for whoever is not root. */
  room(): Promise<number>;
}

export function createCopies(root: string): Copies {
  const { folder, stateOf, list } = stateFolders(root, {
    what: 'a copy',
    file: STATE,
    schema: stateSchema,
  });
  const whole = (state: StoredCopy): Copy => ({
    ...state,
    folder: join(folder(state.copy), `data-${state.attempt}`),
  });
  const discard = async (copy: string, waiting: Waiting) => emptied(folder(copy), waiting);
  // After a Reset another run goes on with the copy of the first one.
  const ownedBy = async (owner: StoredCopy['owner'], there: StoredCopy): Promise<StoredCopy> => {
    if (owner === undefined || owner.runId === there.owner?.runId) return there;
    await save(folder(there.copy), { ...there, owner });
    return { ...there, owner };
  };
  return {
    begin: async (input, waiting) => {
      const there = await stateOf(input.copy);
      if (there !== undefined) refuseOthers(there, input);
      if (there?.state === 'ready') return whole(await ownedBy(input.owner, there));
      if (there === undefined && (await isOccupied(folder(input.copy)))) {
        throw occupied(input, 'something that no restore of Fairlead made');
      }
      await discard(input.copy, waiting);
      // Others may pass through (a server that runs as another user), and read nothing.
      await mkdir(folder(input.copy), { recursive: true, mode: 0o711 });
      const attempt = randomUUID().slice(0, 8);
      const begun = whole({ ...input, attempt, state: 'loading' });
      await save(folder(input.copy), begun);
      await mkdir(begun.folder, { mode: 0o700 });
      return begun;
    },
    finish: async (copy) => {
      const there = found(copy.copy, await stateOf(copy.copy));
      if (there.attempt !== copy.attempt) {
        const message = `restoring into the copy ${copy.copy}: another attempt has begun since`;
        throw new Failure('Superseded', message);
      }
      await save(folder(copy.copy), { ...there, state: 'ready' });
    },
    find: async (copy) => {
      const there = found(copy, await stateOf(copy));
      if (there.state === 'ready') return whole(there);
      throw new Failure('NotReady', `the copy ${copy} is not loaded; restore it again`);
    },
    discard,
    room: async () => {
      await mkdir(root, { recursive: true, mode: 0o711 });
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
    list: async () => (await list()).map(({ attempt: _, ...state }) => state),
  };
}

async function emptied(folder: string, { signal }: Waiting): Promise<void> {
  await endAllIn(folder, signal);
  // `copy.json` last: what somebody still wrote into is listed, and discarded again.
  const names = (await namesIn(folder)).filter((name) => name !== STATE);
  for (const name of names) await removed(join(folder, name));
  await removed(folder);
}

function removed(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** What a run made before a Reset is its workflow's still. */
function refuseOthers(
  there: StoredCopy,
  input: Pick<StoredCopy, 'copy' | 'backup' | 'owner'>,
): void {
  if (there.backup !== input.backup) throw occupied(input, there.backup);
  const { owner } = there;
  if (owner === undefined || owner.workflowId === input.owner?.workflowId) return;
  throw occupied(input, `the same for ${owner.workflowId} (${owner.runId})`);
}

function occupied({ copy, backup }: { copy: string; backup: string }, by: string): Failure {
  return new Failure(
    'Refused',
    `restoring ${backup} into the copy ${copy}: it is not empty, it holds ${by}. Discard it first, or name another.`,
  );
}

function found(copy: string, there: StoredCopy | undefined): StoredCopy {
  if (there !== undefined) return there;
  throw new Failure(
    'Refused',
    `there is no copy ${copy} here: none was restored, it was removed, or it is on another machine; restore one first`,
  );
}

async function isOccupied(folder: string): Promise<boolean> {
  // What a crash in the middle of `save` leaves is nobody's.
  return (await namesIn(folder)).some((name) => name !== `${STATE}.new`);
}

async function save(folder: string, state: StoredCopy): Promise<void> {
  const file = join(folder, STATE);
  const handle = await open(`${file}.new`, 'w', 0o644);
  try {
    await handle.writeFile(JSON.stringify(stateSchema.parse(state)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}
