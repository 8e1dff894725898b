// Folders for copies, apart from everything live: `<root>/<name>/` with `copy.json` (which backup, since when, how far)
// and a folder of data for each attempt.
// Whatever runs on a copy runs inside its folder, so ending a copy is: kill all that does, remove it.
// A copy outlives the activity and the worker that made it, until it is discarded. It is its machine's: what its folder
// says of it (a server's port, a path) means nothing on another one.
import { randomUUID } from 'node:crypto';
import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CopyState } from '../ports/backups.ts';
import type { Waiting } from '../ports/waiting.ts';
import { Failure } from '../domain/failure.ts';
import { endAllIn } from '../machine/end-all-in.ts';
import { keepFile } from '../machine/keep-file.ts';
import { machineId } from '../machine/machine-id.ts';
import { removeTree } from '../machine/remove-tree.ts';
import { strangersFolder } from '../machine/own-file.ts';
import { namesIn, stateFolders, type DamagedState } from '../machine/state-folders.ts';
import { makePassable } from './scratch-server.ts';

const STATE = 'copy.json';
const DRAFT = `${STATE}.new`;

const stateSchema = z.object({
  copy: z.string(),
  backup: z.string(),
  createdAt: z.number(),
  state: z.enum(['loading', 'ready']),
  /** Names the folder of data: a stopped worker that wakes up writes into that of an earlier attempt, which nobody reads. */
  attempt: z.string().regex(/^[0-9a-f]{8}$/),
  machine: z.string(),
  /** The kind of its datastore. */
  kind: z.string(),
  owner: z.exactOptional(z.strictObject({ workflowId: z.string(), runId: z.string() })),
  /** Until when people want to have it (ms). */
  keptUntil: z.exactOptional(z.number()),
});
type StoredCopy = z.output<typeof stateSchema>;

export interface Copy extends StoredCopy {
  /** Where its kind keeps what is its own. */
  folder: string;
}

/** What a new copy is called, what it is made from, and for whom. */
export type NewCopy = Omit<StoredCopy, 'state' | 'attempt' | 'machine' | 'keptUntil'>;

/** Removes what a kind made outside the folder of a copy of its own, before the folder goes. */
export type ReleaseCopy = (kind: string, folder: string, waiting: Waiting) => Promise<void>;

export interface Copies {
  /**
   * Makes the folder, or answers the copy that is `ready` already, which is the owner's from now on. One that was cut
   * off half-way is begun anew.
   * Throws Refused when the name holds anything but this backup, is another workflow's, or lies on another machine.
   */
  begin(input: NewCopy, waiting: Waiting): Promise<Copy>;
  /** Throws Superseded when another attempt has begun since. */
  finish(copy: Copy): Promise<void>;
  /** Throws Refused when it is not there, which says nothing of the backup that it was made from, and NotReady while it is loading. */
  find(copy: string): Promise<Copy>;
  /** Notes until when people want to have it (ms). */
  keep(copy: string, until: number): Promise<void>;
  /** Throws Refused for one that lies on another machine. */
  discard(copy: string, waiting: Waiting): Promise<void>;
  list(): Promise<CopyState[]>;
  /** Bytes that are free for whoever is not root. */
  room(): Promise<number>;
}

export interface CopiesOptions {
  release?: ReleaseCopy;
  machine?: string;
}

export function createCopies(
  root: string,
  { release = async () => undefined, machine = machineId() }: CopiesOptions = {},
): Copies {
  const { folder, stateOf, list } = stateFolders(root, {
    what: 'a copy',
    file: STATE,
    schema: stateSchema,
    damaged: (found) => damagedOn(machine, found),
  });
  const whole = (state: StoredCopy): Copy => ({
    ...state,
    folder: join(folder(state.copy), `data-${state.attempt}`),
  });
  const own = async (copy: string): Promise<StoredCopy | undefined> =>
    lyingOn(machine, await stateOf(copy));
  const discard = async (copy: string, waiting: Waiting): Promise<void> => {
    requireOwn(root);
    const there = await own(copy);
    if (there) await release(there.kind, whole(there).folder, waiting);
    await emptied(folder(copy), waiting);
  };
  return {
    begin: async (input, waiting) => {
      requireOwn(root);
      const there = await own(input.copy);
      if (there !== undefined) refuseOthers(there, input);
      if (there?.state === 'ready') {
        return whole(await givenTo(input.owner, there, folder(input.copy)));
      }
      if (there === undefined && (await isOccupied(folder(input.copy)))) {
        throw occupied(input, 'something that no restore of Fairlead made');
      }
      await discard(input.copy, waiting);
      await makePassable(folder(input.copy));
      const attempt = randomUUID().slice(0, 8);
      const begun = whole({ ...input, attempt, machine, state: 'loading' });
      await save(folder(input.copy), begun);
      await mkdir(begun.folder, { mode: 0o700 });
      return begun;
    },
    finish: async (copy) => {
      const there = found(copy.copy, await stateOf(copy.copy));
      refuseLate(copy, there);
      await save(folder(copy.copy), { ...there, state: 'ready' });
    },
    find: async (copy) => {
      const there = found(copy, await own(copy));
      if (there.state === 'ready') return whole(there);
      throw new Failure('NotReady', `the copy ${copy} is not loaded; restore it again`);
    },
    keep: async (copy, keptUntil) => {
      await save(folder(copy), { ...found(copy, await own(copy)), keptUntil });
    },
    discard,
    room: () => roomIn(root),
    list: async () => (await list()).map(shown),
  };
}

/** Copies are given to other users, and removed by whoever may: in a folder that somebody else can change, that could be anything. Throws Refused. */
function requireOwn(root: string): void {
  const why = strangersFolder(root);
  if (why === undefined) return;
  throw new Failure(
    'Refused',
    `no copy is made or removed there: ${why}; name another folder in FAIRLEAD_COPIES`,
  );
}

async function roomIn(root: string): Promise<number> {
  await makePassable(root);
  const { bavail, bsize } = await statfs(root);
  return bavail * bsize;
}

function damagedOn(machine: string, { name, changedAt, problem }: DamagedState): CopyState {
  const made = { createdAt: changedAt, state: 'loading' as const };
  return { copy: name, backup: 'unknown', ...made, machine, problem };
}

function shown(one: StoredCopy | CopyState): CopyState {
  if (!('attempt' in one)) return one;
  const { attempt: _, kind: _kind, ...state } = one;
  return state;
}

/** Throws Refused for a copy of another machine: what runs on it cannot be seen from here. */
function lyingOn(machine: string, there: StoredCopy | undefined): StoredCopy | undefined {
  if (there === undefined || there.machine === machine) return there;
  throw new Failure(
    'Refused',
    `the copy ${there.copy} lies on the machine ${there.machine}, and this is ${machine}: a worker there has to do it`,
  );
}

/** After a Reset another run goes on with the copy of the first one. */
async function givenTo(
  owner: StoredCopy['owner'],
  there: StoredCopy,
  folder: string,
): Promise<StoredCopy> {
  if (owner === undefined || owner.runId === there.owner?.runId) return there;
  await save(folder, { ...there, owner });
  return { ...there, owner };
}

async function emptied(folder: string, { signal }: Waiting): Promise<void> {
  await endAllIn(folder, signal);
  // `copy.json` last: what somebody still wrote into is listed, and discarded again.
  const names = (await namesIn(folder)).filter((name) => name !== STATE);
  for (const name of names) await removeTree(join(folder, name));
  await removeTree(folder);
}

function refuseLate({ copy, attempt }: Copy, there: StoredCopy): void {
  if (there.attempt === attempt) return;
  const message = `restoring into the copy ${copy}: another attempt has begun since`;
  throw new Failure('Superseded', message);
}

/** Throws Refused when the copy holds another backup or is another workflow's; after a Reset it still is its workflow's. */
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
  return (await namesIn(folder)).some((name) => name !== DRAFT);
}

async function save(folder: string, state: StoredCopy): Promise<void> {
  const text = JSON.stringify(stateSchema.parse(state));
  await keepFile(join(folder, STATE), text, { mode: 0o644, draft: join(folder, DRAFT) });
}
