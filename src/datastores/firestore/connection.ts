// Connections to a Firestore database: Google's with the credentials of the worker, or an emulator's. By the client of its
// protocol and not the one of documents, which makes a double of a whole number.
import type { DatastoreRef } from '../../ports/backups.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import { hostInUrl } from '../../machine/host-in-url.ts';
import type { AdminClient } from './admin-wire.ts';
import { firestore } from './settings.ts';
import type { CallOptions, FirestoreClient } from './wire.ts';

const EMULATOR_PORT = 8080;
/** For one page of documents, one batch of writes. */
const ANSWER_MS = 120_000;

export interface FirestoreAddress {
  project: string;
  database: string;
  host: string;
  port: number;
  /** It knows nobody's rights, and speaks without TLS. */
  isEmulator: boolean;
}

/** A client of one database, and what each of its calls needs. */
export interface Firestore {
  client: FirestoreClient;
  address: FirestoreAddress;
  /** `projects/P/databases/D`. */
  root: string;
  call: CallOptions;
}

/** Which database a datastore is: an emulator where the system file or FIRESTORE_EMULATOR_HOST names one. */
export function liveFirestore(
  { settings }: DatastoreRef,
  env: Readonly<Record<string, string | undefined>>,
): FirestoreAddress {
  const { host, port, database } = firestore.capabilities.defaultPlace;
  const { project = '' } = settings;
  const named = { project, database: settings.database ?? database };
  if (settings.host !== undefined) {
    const at = { host: settings.host, port: settings.port ?? EMULATOR_PORT };
    // A binding says where it is, which may be Google itself.
    return { ...named, ...at, isEmulator: at.host !== host };
  }
  const [, at, its] =
    /^(?:https?:\/\/)?(.+):(\d+)\/?$/.exec(env['FIRESTORE_EMULATOR_HOST'] ?? '') ?? [];
  if (at !== undefined) return { ...named, host: at, port: Number(its), isEmulator: true };
  return { ...named, host, port, isEmulator: false };
}

/** For people. */
export function sourceOf({ host, port, project, database }: FirestoreAddress): string {
  return `firestore://${hostInUrl(host)}:${port}/${project}/${database}`;
}

function rootOf({ project, database }: Pick<FirestoreAddress, 'project' | 'database'>) {
  return `projects/${project}/databases/${database}`;
}

/** Runs `work` on the database over a client of its own, which is closed when the signal comes. */
export async function withFirestore<T>(
  address: FirestoreAddress,
  signal: AbortSignal,
  work: (firestore: Firestore) => Promise<T>,
): Promise<T> {
  const root = rootOf(address);
  const failed = (error: unknown): unknown => failureOf(address, error, READING);
  return withClient(
    () => clientOf(address),
    signal,
    failed,
    (client) => work({ client, address, root, call: callOptions(address, root) }),
  );
}

/** As `withFirestore`, over a client of the administration. Throws Unsupported where there is none. */
export async function withAdmin<T>(
  address: FirestoreAddress,
  signal: AbortSignal,
  work: (client: AdminClient, call: CallOptions) => Promise<T>,
): Promise<T> {
  const failed = (error: unknown): unknown => {
    const failure = failureOf(address, error, ADMINISTERING);
    // Whoever gave no code gave no answer either: a token that was not to be had, a name that leads nowhere.
    if (failure instanceof Failure || !(failure instanceof Error)) return failure;
    const said = failure.message.slice(0, 500);
    return new Failure('Unavailable', `asking ${sourceOf(address)}: ${said}`);
  };
  return withClient(
    () => adminOf(address),
    signal,
    failed,
    (client) => work(client, callOptions(address, rootOf(address))),
  );
}

async function withClient<C extends { close: () => Promise<void> }, T>(
  make: () => Promise<C>,
  signal: AbortSignal,
  failed: (error: unknown) => unknown,
  work: (client: C) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = await make();
  const cut = (): void => {
    void client.close().catch(() => undefined);
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    return await work(client);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(error);
  } finally {
    signal.removeEventListener('abort', cut);
    await client.close().catch(() => undefined);
  }
}

async function clientOf(address: FirestoreAddress): Promise<FirestoreClient> {
  // Loaded for the first connection: a worker starts, and takes over, without it.
  const { default: driver } = await import('@google-cloud/firestore');
  return new driver.v1.FirestoreClient(await optionsOf(address));
}

async function adminOf(address: FirestoreAddress): Promise<AdminClient> {
  const { default: driver } = await import('@google-cloud/firestore');
  return new driver.v1.FirestoreAdminClient(await optionsOf(address)) as unknown as AdminClient;
}

async function optionsOf({ host, port, project, isEmulator }: FirestoreAddress) {
  const at = { servicePath: host, port, projectId: project };
  if (!isEmulator) return at;
  const { credentials } = await import('@grpc/grpc-js');
  return {
    ...{ ...at, sslCreds: credentials.createInsecure() },
    // Else it looks for credentials all the same, on this machine and on the network, to learn this of them.
    authClient: { universeDomain: 'googleapis.com' } as never,
  };
}

const ONCE: NonNullable<CallOptions['retry']> = {
  retryCodes: [],
  backoffSettings: {
    ...{ initialRetryDelayMillis: 1, retryDelayMultiplier: 1, maxRetryDelayMillis: 1 },
    ...{ initialRpcTimeoutMillis: ANSWER_MS, rpcTimeoutMultiplier: 1 },
    ...{ maxRpcTimeoutMillis: ANSWER_MS, totalTimeoutMillis: ANSWER_MS },
  },
};

/** Nothing is tried again beneath us: whoever asks knows what may be, and says so. */
function callOptions({ isEmulator }: FirestoreAddress, root: string): CallOptions {
  const headers = {
    'google-cloud-resource-prefix': root,
    // An emulator takes this for an administrator.
    ...(isEmulator && { Authorization: 'Bearer owner' }),
  };
  // The last is for streams; its newer form keeps all of a stream in memory.
  const retryRequestOptions = { retries: 0, noResponseRetries: 0 };
  return { otherArgs: { headers }, timeout: ANSWER_MS, retry: ONCE, retryRequestOptions };
}

/** Codes of gRPC. */
export const CODE = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  failedPrecondition: 9,
  aborted: 10,
  unauthenticated: 16,
} as const;
/** Cancelled, unknown, too late, aborted, internal, not there, lost. */
const PASSING: ReadonlySet<unknown> = new Set([1, 2, 4, 10, 13, 14, 15]);

/** The code of an answer; undefined for any other error. */
export function codeOf(error: unknown): number | undefined {
  return isRecord(error) && typeof error['code'] === 'number' ? error['code'] : undefined;
}

/** What the credentials of the worker need, as a hint. */
const READING =
  'Give the credentials of the worker (GOOGLE_APPLICATION_CREDENTIALS) the role roles/datastore.viewer, and roles/datastore.user where it writes';
const ADMINISTERING =
  'Give the credentials of the worker (GOOGLE_APPLICATION_CREDENTIALS) the roles roles/datastore.backupsViewer and roles/datastore.backupSchedulesViewer, and roles/datastore.restoreAdmin where it restores one, roles/datastore.cloneAdmin where it clones a minute';

/** What a question ended with: whether it may be asked again is in its kind. */
function failureOf(address: FirestoreAddress, error: unknown, rights: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const code = codeOf(error);
  const asking = `asking ${sourceOf(address)}`;
  const said = error.message.slice(0, 500);
  if (code === undefined) return withoutCode(asking, error);
  if (code === CODE.permissionDenied || code === CODE.unauthenticated) {
    return new Failure('Refused', `${asking}: ${said}. ${rights}`);
  }
  if (code === CODE.unimplemented) return new Failure('Unsupported', `${asking}: ${said}`);
  if (code === CODE.resourceExhausted) {
    const hint = 'Its quota is used up: wait until it is there again, or have it raised.';
    return new Failure('Unavailable', `${asking}: ${said}. ${hint}`);
  }
  if (PASSING.has(code)) {
    const hint = 'Is it up, and reachable from the worker?';
    return new Failure('Unavailable', `${asking}: ${said}. ${hint}`);
  }
  if (code === CODE.notFound) {
    const hint = 'Name the project and the database that are there.';
    return new Failure('NotFound', `${asking}: ${said}. ${hint}`);
  }
  const hint = 'It is up and says so each time; look at what it holds.';
  return new Failure('CheckFailed', `${asking}: ${said}. ${hint}`);
}

function withoutCode(asking: string, error: Error): unknown {
  if (!/default credentials|private key|client_email|project id/i.test(error.message)) return error;
  const hint =
    'Let GOOGLE_APPLICATION_CREDENTIALS of the worker name the file of a service account';
  return new Failure('Refused', `${asking}: ${error.message.slice(0, 300)}. ${hint}`);
}
