// Has Firestore's own service make a new database: of a backup of its own, or of what the live one was at a minute. That is an
// operation of the service, which goes on when the worker ends: it is found again by the database that it makes.
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import type { ServicePlace } from '../../domain/recovery/live/service-place.ts';
import { servicePlaceWords } from '../../domain/recovery/live/service-place.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { askAdmin, type Admin, type WireOperation, type WireProgress } from './admin.ts';
import { CODE, codeOf, sourceOf, type FirestoreAddress } from './connection.ts';
import { backupsIn, serviceBackupsOf } from './service-backups.ts';

/** Between two looks at an operation: 0.2 s, then twice as long each time, up to 10 s. */
const FIRST_LOOK_MS = 200;
const LONGEST_LOOK_MS = 10_000;
const WHOLE_MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::00(?:\.0+)?)?Z$/;

const NO_SERVICE = 'nobody makes backups of it there: an emulator has none';

/** Why the service cannot make it, in a sentence; undefined where nothing speaks against it. */
export async function unableToMake(
  address: FirestoreAddress,
  asked: ServicePlace,
  waiting: Waiting,
): Promise<string | undefined> {
  const there = await serviceBackupsOf(address, waiting);
  if (there === undefined) return NO_SERVICE;
  if ('at' in asked) return unableToClone(asked.at, there.cloneSince);
  const backup = there.backups.find(({ id }) => id === asked.backup);
  if (backup?.state === 'ready') return undefined;
  if (backup !== undefined) return `its backup ${asked.backup} is ${backup.state}, and not ready`;
  return there.unreachable.length === 0
    ? `its service has no backup ${asked.backup} of it; "fairlead backups" lists them`
    : `no backup ${asked.backup} was found, and ${there.unreachable.join(', ')} could not be asked; try again later`;
}

function unableToClone(at: string, since: string | null): string | undefined {
  if (!WHOLE_MINUTE.test(at) || Number.isNaN(Date.parse(at))) {
    return `it is cloned as it was at a whole minute, for example 2026-11-22T08:15Z, and not at ${at}`;
  }
  if (since === null) return 'it keeps nothing of before: its point-in-time recovery is off';
  return Date.parse(at) < Date.parse(since)
    ? `it keeps what it was since ${since} only`
    : undefined;
}

/**
 * Waits until the database `to` is there, with what was asked for; asked again, also by another worker, it goes on with the
 * operation that was begun. Answers what was done, in words. Throws Refused where `to` is somebody else's.
 */
export async function makeDatabase(
  live: FirestoreAddress,
  asked: ServicePlace,
  to: string,
  waiting: Waiting,
): Promise<string> {
  const made = await askAdmin(live, waiting, async (admin) => {
    const making = await makingOf(admin, asked, to);
    const name = await begin(admin, making, to);
    await ended(admin, making, name, waiting);
    const what = servicePlaceWords(asked);
    return `the database ${to}, which the service of ${sourceOf(live)} made to ${what} (${name})`;
  });
  if (made !== undefined) return made;
  throw new Failure('Unsupported', `making the database ${to}: ${NO_SERVICE}`);
}

/** One of the two ways to make a database. */
interface Making {
  type: 'RestoreDatabaseMetadata' | 'CloneDatabaseMetadata';
  start: () => Promise<string>;
  progressOf: (operation: WireOperation) => WireProgress;
  /** Whether an operation makes it of the same. */
  isOurs: (progress: WireProgress) => boolean;
}

async function makingOf(admin: Admin, asked: ServicePlace, to: string): Promise<Making> {
  const { client, project, address, call } = admin;
  const { restoreDatabase, cloneDatabase } = client.descriptors.longrunning;
  const base = { parent: project, databaseId: to };
  if ('at' in asked) {
    const snapshotTime = { seconds: Date.parse(asked.at) / 1000, nanos: 0 };
    const database = `${project}/databases/${address.database}`;
    const request = { ...base, pitrSnapshot: { database, snapshotTime } };
    return {
      type: 'CloneDatabaseMetadata',
      start: async () => (await client.cloneDatabase(request, call))[0].name ?? '',
      progressOf: (operation) => cloneDatabase.metadataDecoder(encodedIn(operation)),
      isOurs: ({ pitrSnapshot: of }) =>
        of?.database === database &&
        Number(String(of.snapshotTime?.seconds ?? 0)) === snapshotTime.seconds,
    };
  }
  const backup = (await backupsIn(admin)).found.find((one) => one.backup.id === asked.backup)?.name;
  if (backup === undefined) {
    throw new Failure('NotFound', `restoring ${asked.backup}: the service has no such backup`);
  }
  return {
    type: 'RestoreDatabaseMetadata',
    start: async () => (await client.restoreDatabase({ ...base, backup }, call))[0].name ?? '',
    progressOf: (operation) => restoreDatabase.metadataDecoder(encodedIn(operation)),
    isOurs: (progress) => progress.backup === backup,
  };
}

function encodedIn({ metadata }: WireOperation): Uint8Array {
  return metadata?.value ?? new Uint8Array();
}

/** The name of the operation that makes it: a new one, or the one that another worker began. */
async function begin({ patiently, ...admin }: Admin, making: Making, to: string): Promise<string> {
  try {
    return await patiently(`a new database ${to}`, making.start);
  } catch (error) {
    if (codeOf(error) !== CODE.alreadyExists) throw error;
  }
  const begun = await patiently(`the operation that makes ${to}`, () => begunIn(admin, making, to));
  if (begun !== undefined) return begun;
  throw new Failure(
    'Refused',
    `making the database ${to}: it is there, and was made of something else; remove it, or begin anew`,
  );
}

async function begunIn(
  { client, project }: Omit<Admin, 'patiently'>,
  { type, progressOf, isOurs }: Making,
  to: string,
): Promise<string | undefined> {
  const name = `${project}/databases/${to}/operations`;
  const listed = client.operationsClient.listOperationsAsync({ name }, { autoPaginate: false });
  for await (const operation of listed) {
    const isOfType = operation.metadata?.type_url?.endsWith(`.${type}`) === true;
    if (isOfType && isOurs(progressOf(operation))) return operation.name ?? undefined;
  }
  return undefined;
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
