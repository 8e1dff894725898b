// What the adapter and the runner inside a target say to each other: one line of JSON each, on a Unix socket in the
// target's folder. Unix sockets by path pass through network namespaces.
import { z } from 'zod';
import { FAILURE_KINDS } from '../../../domain/failure.ts';

export const SOCKET = 'runner.sock';
export const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

const port = z.number().int().min(1).max(65_535);
const id = z.number().int().min(1).max(4_294_967_294);
const milliseconds = z.number().positive().max(86_400_000);
const absolute = z.string().startsWith('/');

const ping = z.strictObject({ verb: z.literal('ping') });

/** Paths outside; those that are not there have nothing to hide. */
const fence = z.strictObject({
  verb: z.literal('fence'),
  /** Stays to be read, also when it lies beneath something hidden. */
  directory: absolute,
  hide: z.array(absolute),
  live: z.array(absolute),
  /** Where servers outside listen by a path: network namespaces do not part those. */
  sockets: z.array(absolute),
  /** Hidden too, and kept open for `bindFolder`. */
  copies: absolute,
});
export type EncloseRequest = z.output<typeof fence>;

const folderPlace = z.strictObject({ kind: z.literal('folder'), path: absolute });
const addressPlace = z.strictObject({
  kind: z.literal('address'),
  addresses: z.array(z.string()),
  port,
});
export const looked = z.array(z.discriminatedUnion('kind', [folderPlace, addressPlace]));
export type ProbedPlace = z.output<typeof looked>[number];
const probe = z.strictObject({ verb: z.literal('probe'), places: looked });

const bindFolder = z.strictObject({
  verb: z.literal('bindFolder'),
  path: absolute,
  copy: absolute,
});
export type FolderMount = z.output<typeof bindFolder>;

const bindAddress = z.strictObject({
  verb: z.literal('bindAddress'),
  host: z.string().min(1).max(253),
  port,
  /** The relay's socket, by its name in the target's folder. */
  relay: z.string().regex(/^[a-z0-9.-]+$/),
});
export type AddressMount = z.output<typeof bindAddress>;

const start = z.strictObject({
  verb: z.literal('start'),
  service: z.string().regex(SERVICE_NAME),
  command: z.array(z.string()).min(1),
  directory: absolute,
  environment: z.record(z.string(), z.string()),
  /** Who it is; absent for the runner's own user. */
  user: z.exactOptional(z.strictObject({ uid: id, gid: id })),
  /** What is in it that nobody outside may read: taken out of all that the target says. */
  secrets: z.exactOptional(z.array(z.string())),
});
export type StartRequest = z.output<typeof start>;

const look = z.strictObject({ verb: z.literal('look'), service: z.string() });

const ask = z.strictObject({
  verb: z.literal('ask'),
  port,
  path: absolute,
  timeoutMs: milliseconds,
});
export type AskRequest = z.output<typeof ask>;

export const requestSchema = z.discriminatedUnion('verb', [
  ping,
  fence,
  probe,
  bindFolder,
  bindAddress,
  start,
  look,
  ask,
]);
export type Request = z.output<typeof requestSchema>;

export const nothing = z.null();

export const looksSchema = z.array(
  z.strictObject({
    reach: z.enum(['reached', 'refused', 'silent']),
    said: z.string(),
    /** Device and inode of a folder that was opened. */
    identity: z.exactOptional(z.string()),
  }),
);
export type Look = z.output<typeof looksSchema>[number];

/** `ended`: how, and the last lines of what it printed. */
export const serviceStateSchema = z.strictObject({ ended: z.exactOptional(z.string()) });
export type ServiceState = z.output<typeof serviceStateSchema>;

export const askedSchema = z.union([
  z.strictObject({ status: z.number(), body: z.string(), ms: z.number() }),
  z.strictObject({ problem: z.string() }),
]);
export type Asked = z.output<typeof askedSchema>;

export const answerSchema = z.union([
  z.strictObject({ value: z.unknown() }),
  z.strictObject({ failure: z.enum(FAILURE_KINDS), message: z.string() }),
]);
export type RunnerAnswer = z.output<typeof answerSchema>;
