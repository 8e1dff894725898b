// What a manifest and a mark must look like when they are read back: they come from a store that others can write to.
import { z } from 'zod';
import type {
  BackupManifest,
  BackupMark,
  ExternalManifest,
  StreamedManifest,
} from '../domain/backup/backup.ts';
import type { HeartbeatRecord } from '../domain/backup/heartbeat.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.number().int().min(0);
const moment = z.iso.datetime();
/** A path below a folder, no part of which leads out of it. */
const inside = z
  .string()
  .min(1)
  .refine(
    (path) =>
      !path.startsWith('/') &&
      !path.includes('\0') &&
      path.split('/').every((part) => !['', '.', '..'].includes(part)),
    'leads out of its folder',
  );

export const attemptSchema = z.string().regex(/^[A-Za-z0-9-]+$/);

const rightsSchema = z.object({
  mode: z.number().int().min(0).max(0o7777),
  owner: z.exactOptional(z.string()),
  group: z.exactOptional(z.string()),
});

export const objectSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/),
  size,
  sha256: digest,
  plain: z.object({ size, sha256: digest }),
  path: z.exactOptional(inside),
  rights: z.exactOptional(rightsSchema),
  attempt: z.exactOptional(attemptSchema),
});

export const partSchema = z.object({
  name: z.string(),
  rows: z.number().int().nullable(),
  bytes: z.number().int().nullable(),
  hash: z.string(),
});

/** A heartbeat, in a manifest and as a table or file of the datastore holds it: others can write there. */
export const heartbeatRecordSchema: z.ZodType<HeartbeatRecord, HeartbeatRecord> = z.object({
  timeline: z.uuid(),
  number: z.number().int().min(1),
  at: moment,
  skewMs: z.number().int(),
});

const localeSchema = z.object({
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  provider: z.enum(['libc', 'icu', 'builtin']),
  locale: z.string().nullable(),
  rules: z.string().nullable(),
  version: z.string().nullable(),
});

const manifestBase = {
  schema: z.literal('fairlead/backup/v1'),
  id: z.string(),
  system: z.string(),
  datastore: z.string(),
  kind: z.string(),
  source: z.string(),
  systemDigest: z.string(),
  startedAt: moment,
  endedAt: moment,
  recoveryPoint: z.object({
    notBefore: moment,
    notAfter: moment,
    clock: z.enum(['datastore', 'worker']),
    skewMs: z.number(),
  }),
  tools: z.record(z.string(), z.string()),
  contents: z.object({
    parts: z.array(partSchema),
    // Of before there were definitions: its hashes are of another kind too, and nothing is compared.
    definitions: z
      .array(z.object({ kind: z.string(), of: z.string(), name: z.string(), text: z.string() }))
      .default([]),
    notDumped: z.exactOptional(z.array(z.string())),
    notDumpedRows: z.exactOptional(z.array(partSchema)),
    locale: z.exactOptional(localeSchema),
    sequences: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
  }),
  served: z.exactOptional(z.record(z.string(), z.array(z.string()))),
  after: z.exactOptional(z.array(z.string())),
  canary: z.exactOptional(heartbeatRecordSchema),
  liveBytes: z.exactOptional(size),
  remarks: z.exactOptional(z.array(z.string())),
  // A server takes no more; a dump is not loaded at all into fewer than it needs.
  databases: z.exactOptional(z.number().int().min(1).max(2_147_483_647)),
};

const streamed = z.object({
  ...manifestBase,
  artefact: z.literal('streamed'),
  attempt: attemptSchema,
  encryption: z
    .object({ scheme: z.literal('age'), recipients: z.array(z.string()).min(1) })
    .nullable(),
  compression: z.enum(['none', 'gzip']),
  objects: z.array(objectSchema),
  folders: z.exactOptional(z.record(inside, rightsSchema)),
}) satisfies z.ZodType<StreamedManifest>;

const external = z.object({
  ...manifestBase,
  artefact: z.literal('external'),
  location: z.string().min(1),
  bytes: size,
}) satisfies z.ZodType<ExternalManifest>;

/** Manifests of before there were two artefacts do not say which: they are `streamed`. */
export const manifestSchema: z.ZodType<BackupManifest> = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null && !('artefact' in value)
      ? { ...value, artefact: 'streamed' }
      : value,
  z.discriminatedUnion('artefact', [streamed, external]),
);

export const markSchema: z.ZodType<BackupMark> = z.object({
  schema: z.literal('fairlead/backup-mark/v1'),
  kind: z.enum(['verified', 'failed', 'accepted']),
  at: moment,
  by: z.string(),
  reason: z.string(),
});
