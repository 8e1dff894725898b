// Has Firestore's own service make a new database: of a backup of its own, or of what the live one was at a minute. That is an
// operation of the service, which goes on when the worker ends: it is found again by the database that it makes.
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import type { ServicePlace } from '../../domain/recovery/live/service-place.ts';
import { servicePlaceWords } from '../../domain/recovery/live/service-place.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { askAdmin, databasePath, type Admin } from './admin.ts';
import type { WireDatabase, WireOperation, WireProgress } from './admin-wire.ts';
import { CODE, codeOf, sourceOf, type FirestoreAddress } from './connection.ts';
import { backupsIn, serviceBackupsOf } from './service-backups.ts';

/** Between two looks at an operation: 0.2 s, then twice as long each time, up to 10 s. */
const FIRST_LOOK_MS = 200;
const LONGEST_LOOK_MS = 10_000;
const WHOLE_MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::00(?:\.0+)?)?Z$/;

/** In the place of an operation's name. */
const MADE = 'as the database says';

const NO_SERVICE = 'nobody makes backups of it there: an emulator has none';

/** Why the service cannot make it, in a sentence; undefined where nothing speaks against it. `now` in milliseconds. */
export async function unableToMake(
  address: FirestoreAddress,
  asked: ServicePlace,
  now: number,
  waiting: Waiting,
): Promise<string | undefined> {
  const there = await serviceBackupsOf(address, waiting);
  if (there === undefined) return NO_SERVICE;
  if ('at' in asked) return unableToClone(asked.at, there.cloneSince, now);
  const backup = there.backups.find(({ id }) => id === asked.backup);
  if (backup?.state === 'ready') return undefined;
  if (backup !== undefined) return `its backup ${asked.backup} is ${backup.state}, and not ready`;
  return there.unreachable.length === 0
    ? `its service has no backup ${asked.backup} of it; "fairlead backups" lists them`
    : notFoundIn(asked.backup, there.unreachable);
}

function notFoundIn(backup: string, unreachable: readonly string[]): string {
  return `no backup ${backup} was found, and ${unreachable.join(', ')} could not be asked; try again later`;
}

function unableToClone(at: string, since: string | null, now: number): string | undefined {
  const moment = Date.parse(at);
  if (!WHOLE_MINUTE.test(at) || Number.isNaN(moment)) {
    return `it is cloned as it was at a whole minute, for example 2026-11-22T08:15Z, and not at ${at}`;
  }
  if (moment > now)
    return `${at} is still to come: it is cloned as it was at a minute that is over`;
  if (since === null) return 'it keeps nothing of before: its point-in-time recovery is off';
  return moment < Date.parse(since) ? `it keeps what it was since ${since} only` : undefined;
}

/**
 * Waits until the database `to` is there, with what was asked for; asked again, also by another worker, it goes on with the
 * operation that was begun, or finds what that made. Answers what was done, in words. Throws Refused where `to` is somebody
 * else's, Unavailable where a backup may lie in a location that could not be asked.
 */
export async function makeDatabase(
  live: FirestoreAddress,
  asked: ServicePlace,
  to: string,
  waiting: Waiting,
): Promise<string> {
  const made = await askAdmin(live, waiting, async (admin) => {
    const making = makingOf(admin, asked);
    const name = await operationOf(admin, making, to);
    if (name !== MADE) await ended(admin, making, name, waiting);
    const what = servicePlaceWords(asked);
    return `the database ${to}, which the service of ${sourceOf(live)} made to ${what} (${name})`;
  });
  if (made !== undefined) return made;
  throw new Failure('Unsupported', `making the database ${to}: ${NO_SERVICE}`);
}

/** How the service makes a database: a restore of a backup, or a clone of another database. */
interface Making {
  type: 'RestoreDatabaseMetadata' | 'CloneDatabaseMetadata';
  /** Answers the name of the operation. */
  start: (to: string) => Promise<string>;
  progressOf: (operation: WireOperation) => WireProgress;
  /** Whether an operation makes it of the same. */
  isOurs: (progress: WireProgress) => boolean;
}

function makingOf(admin: Admin, asked: ServicePlace): Making {
  const { client, project: parent, address, call, patiently } = admin;
  const { restoreDatabase, cloneDatabase } = client.descriptors.longrunning;
  const started = async (to: string, ask: () => ReturnType<typeof client.cloneDatabase>) => {
    const [{ name }] = await patiently(`a new database ${to}`, ask);
    return name ?? '';
  };
  if ('at' in asked) {
    const snapshotTime = { seconds: Date.parse(asked.at) / 1000, nanos: 0 };
    const pitrSnapshot = { database: databasePath(parent, address.database), snapshotTime };
    return {
      type: 'CloneDatabaseMetadata',
      start: (to) =>
        started(to, () => client.cloneDatabase({ parent, databaseId: to, pitrSnapshot }, call)),
      progressOf: (operation) => cloneDatabase.metadataDecoder(encodedIn(operation)),
      isOurs: ({ pitrSnapshot: of }) =>
        of?.database === pitrSnapshot.database &&
        Number(String(of.snapshotTime?.seconds ?? 0)) === snapshotTime.seconds,
    };
  }
  return {
    type: 'RestoreDatabaseMetadata',
    start: async (to) => {
      const backup = await backupNamed(admin, asked.backup);
      return started(to, () => client.restoreDatabase({ parent, databaseId: to, backup }, call));
    },
    progressOf: (operation) => restoreDatabase.metadataDecoder(encodedIn(operation)),
    // By its short name: the backup itself may be gone by now.
    isOurs: ({ backup }) => backup?.split('/').at(-1) === asked.backup,
  };
}

/** The full name of a backup. */
async function backupNamed(admin: Admin, id: string): Promise<string> {
  const { found, unreachable } = await backupsIn(admin);
  const name = found.find(({ backup }) => backup.id === id)?.name;
  if (name !== undefined) return name;
  if (unreachable.length > 0) {
    throw new Failure('Unavailable', `restoring ${id}: ${notFoundIn(id, unreachable)}`);
  }
  throw new Failure('NotFound', `restoring ${id}: the service has no such backup`);
}

function encodedIn({ metadata }: WireOperation): Uint8Array {
  return metadata?.value ?? new Uint8Array();
}

/** The name of the operation that makes it: a new one, or the one that another worker began. MADE where it made it already. */
async function operationOf(admin: Admin, making: Making, to: string): Promise<string> {
  const there = await databaseAt(admin, to);
  const begun = await begunIn(admin, making, to, there);
  if (begun !== undefined) return begun;
  if (there === undefined) {
    try {
      return await making.start(to);
    } catch (error) {
      if (codeOf(error) !== CODE.alreadyExists) throw error;
    }
    const other = await begunIn(admin, making, to, (await databaseAt(admin, to)) ?? {});
    if (other !== undefined) return other;
  }
  throw new Failure(
    'Refused',
    `making the database ${to}: it is there, and was made of something else; remove it, or begin anew`,
  );
}

/** That the database of `there` is there, in a sentence; undefined where it is not. Throws Refused, Unavailable. */
export async function databaseLeft(
  there: FirestoreAddress,
  waiting: Waiting,
): Promise<string | undefined> {
  const { database } = there;
  const found = await askAdmin(there, waiting, (admin) => databaseAt(admin, database));
  if (found === undefined) return undefined;
  return `the database ${database}, which the service was asked to make, is there and stays until somebody removes it: gcloud firestore databases delete --database=${database}`;
}

/** Undefined where there is none of this name. */
async function databaseAt(
  { client, project, call, patiently }: Admin,
  to: string,
): Promise<WireDatabase | undefined> {
  const name = databasePath(project, to);
  const asked = patiently(`the database ${to}`, () => client.getDatabase({ name }, call));
  return (await asked.catch(unlessNotFound))?.[0];
}

/**
 * An operation that is over counts only where its database is there: else it made one that somebody removed, or it failed, and
 * a new one is begun.
 */
async function begunIn(
  admin: Admin,
  { type, progressOf, isOurs }: Making,
  to: string,
  there: WireDatabase | undefined,
): Promise<string | undefined> {
  const ours = (await operationsOn(admin, to)).filter(
    (operation) =>
      operation.metadata?.type_url?.endsWith(`.${type}`) === true && isOurs(progressOf(operation)),
  );
  const running = ours.find(({ done }) => done !== true);
  if (there === undefined || running !== undefined) return running?.name ?? undefined;
  const over = ours.find(({ error }) => error == null) ?? ours[0];
  return over?.name ?? saidBy(there, isOurs);
}

/** Operations are forgotten after a while; which backup it was made of, a database says itself. */
function saidBy({ sourceInfo }: WireDatabase, isOurs: Making['isOurs']): string | undefined {
  if (sourceInfo?.backup == null || !isOurs(sourceInfo.backup)) return undefined;
  return sourceInfo.operation || MADE;
}

/** Operations of the service on the database `to`; completed ones without an error are listed only by a filter of their own. */
async function operationsOn(
  { client, project, patiently }: Admin,
  to: string,
): Promise<WireOperation[]> {
  const name = databasePath(project, to);
  const found: WireOperation[] = [];
  for (const filter of ['', 'done: true']) {
    const listed = await patiently(`the operation that makes ${to}`, () =>
      allOf(client.operationsClient.listOperationsAsync({ name, filter }, { autoPaginate: false })),
    ).catch(unlessNotFound);
    found.push(...(listed ?? []));
  }
  return found;
}

async function allOf<T>(listed: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of listed) all.push(one);
  return all;
}

function unlessNotFound(error: unknown): undefined {
  if (codeOf(error) === CODE.notFound) return undefined;
  throw error;
}

/** Throws CheckFailed with what the operation ended with. */
async function ended(
  { client, call, patiently }: Admin,
  { progressOf }: Making,
  name: string,
  waiting: Waiting,
): Promise<void> {
  let lookAgainMs = FIRST_LOOK_MS;
  for (;;) {
    waiting.signal.throwIfAborted();
    const [operation] = await patiently(name, () =>
      client.operationsClient.getOperation({ name }, call),
    );
    const { done, error } = operation;
    if (error != null) {
      const said = error.message ?? 'it said nothing';
      throw new Failure(
        'CheckFailed',
        `the operation ${name} failed: ${said} (${error.code ?? 0})`,
      );
    }
    if (done === true) return;
    const percent = Number(String(progressOf(operation).progressPercentage?.completedWork ?? 0));
    waiting.beat({ operation: name, percent });
    await sleep(lookAgainMs, undefined, { signal: waiting.signal });
    lookAgainMs = Math.min(2 * lookAgainMs, LONGEST_LOOK_MS);
  }
}
