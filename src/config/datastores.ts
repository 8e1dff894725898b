// The section `datastores:` of a system file: what holds data, how it is reached, how it is backed up and proved. Which
// of these fields a kind needs and takes is in rules-datastores.ts.
import { z } from 'zod';
import { RUNGS } from '../domain/rungs.ts';
import { someTime } from './duration.ts';
import { name, path, secret, text } from './terms.ts';

const recipient = text(/^age1[a-z0-9]{20,4000}$/, 'a public key of age, beginning with age1');

const encryption = z.strictObject({
  /** Any one of them can read it: two, so that a lost key is not a lost backup. */
  recipients: z
    .array(recipient)
    .min(2)
    .meta({ description: 'a list of at least two public keys of age' }),
  /** The private key that restores and verifications read with; making backups needs none. */
  identity: z.exactOptional(secret),
});

const backup = z.strictObject({
  /** How often, where `schedules` says nothing of backups. */
  interval: someTime.prefault('24h'),
  /** How long one takes; `check` adds it to the time between two and compares with `rpo`. */
  duration: someTime.prefault('10m'),
  /** The most that may be lost. */
  rpo: someTime.prefault('36h'),
  retention: z
    .strictObject({
      days: z.number().int().min(1).max(3650).default(90),
      count: z.number().int().min(1).max(10_000).default(7),
    })
    .prefault({}),
  compression: z.enum(['none', 'gzip']).default('none'),
  encryption: z.exactOptional(encryption),
});

/** A query that has one value on a copy that is sane. */
const invariant = z.strictObject({
  name,
  query: z.string().min(1).max(8192).meta({ description: 'a query that gives one value' }),
  /** Exactly one of these; `equals` compares texts. */
  equals: z.exactOptional(z.string()),
  min: z.exactOptional(z.number()),
  max: z.exactOptional(z.number()),
});

/** How old a copy is, measured from what it holds itself; without any of it, the point is the range of the backup. */
const recoveryPoint = z.strictObject({
  /** Fairlead writes into the live datastore, in a table or a file of its own. */
  canary: z.exactOptional(
    z.strictObject({
      interval: someTime.prefault('1m'),
      /** Records in the ring; the oldest is written over. */
      keep: z.number().int().min(10).max(100_000).default(1000),
    }),
  ),
  /** When the last thing happened that the business knows of: `SELECT max(placed_at) FROM orders`. */
  watermark: z.exactOptional(
    z.strictObject({
      query: z.string().min(1).max(8192).meta({ description: 'a query that gives one time' }),
    }),
  ),
});

/** Asked of a service, to fill a derived datastore; each has to answer with 2xx. */
const warm = z.strictObject({
  service: name,
  http: text(/^\/(?!\/)\S*$/, 'a path such as /api/products'),
  timeout: someTime.prefault('30s'),
});

export const datastoreSchema = z.strictObject({
  kind: z.enum(['files', 'postgres', 'redis']),
  description: z.exactOptional(z.string()),
  /** derived: a cache or an index, made anew from a primary one and never restored beside it. */
  role: z.enum(['primary', 'derived']).default('primary'),
  /** files: the folder, or one with generations `gen-N` and `current`. */
  directory: z.exactOptional(path),
  host: z.exactOptional(text(/^[A-Za-z0-9.:-]{1,253}$/, 'a host name or an IP address')),
  port: z.exactOptional(z.number().int().min(1).max(65_535)),
  database: z.exactOptional(z.string().min(1).max(63)),
  user: z.exactOptional(z.string().min(1).max(63)),
  password: z.exactOptional(secret),
  backup: backup.prefault({}),
  verify: z
    .strictObject({
      /** `pass` needs each of them to run and to pass. */
      required: z.array(z.enum(RUNGS)).min(1).default(['artefact', 'loads', 'complete', 'correct']),
      invariants: z.array(invariant).prefault([]),
    })
    .prefault({}),
  recoveryPoint: z.exactOptional(recoveryPoint),
  /** What fills a derived datastore after it was flushed. */
  warm: z.exactOptional(
    z.array(warm).min(1).meta({ description: 'a list of at least one {service, http, ...}' }),
  ),
});

export type Datastore = z.output<typeof datastoreSchema>;
export type DatastoreKind = Datastore['kind'];
export type Invariant = Datastore['verify']['invariants'][number];
