// What a manifest and a mark must look like when they are read back: they come from a store that others can write to.
import { z } from 'zod';
import type { BackupManifest, BackupMark } from '../domain/backup.ts';
import type { CanaryRecord } from '../domain/canary.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.number().int().min(0);
const moment = z.iso.datetime();
/** Below a folder: nothing in it may lead out. */
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

export const objectSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/),
  size,
  sha256: digest,
  plain: z.object({ size, sha256: digest }),
  path: z.exactOptional(inside),
  attempt: z.exactOptional(attemptSchema),
});

export const partSchema = z.object({
  name: z.string(),
  rows: z.number().int().nullable(),
  bytes: z.number().int().nullable(),
  hash: z.string(),
});

/** Also of what a table or a file holds: others can write there. */
export const canaryRecordSchema: z.ZodType<CanaryRecord, CanaryRecord> = z.object({
  timeline: z.uuid(),
  number: z.number().int().min(1),
  at: moment,
  skewMs: z.number().int(),
});

export const manifestSchema: z.ZodType<BackupManifest> = z.object({
  schema: z.literal('fairlead/backup/v1'),
  id: z.string(),
  system: z.string(),
  datastore: z.string(),
  kind: z.string(),
  source: z.string(),
  systemDigest: z.string(),
  attempt: attemptSchema,
  startedAt: moment,
  endedAt: moment,
  recoveryPoint: z.object({
    notBefore: moment,
    notAfter: moment,
    clock: z.enum(['datastore', 'worker']),
    skewMs: z.number(),
  }),
  tools: z.record(z.string(), z.string()),
  encryption: z
    .object({ scheme: z.literal('age'), recipients: z.array(z.string()).min(1) })
    .nullable(),
  compression: z.enum(['none', 'gzip']),
  objects: z.array(objectSchema),
  contents: z.object({
    parts: z.array(partSchema),
    indexes: z.array(z.string()),
    constraints: z.array(z.string()),
    sequences: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
  }),
  canary: z.exactOptional(canaryRecordSchema),
});

export const markSchema: z.ZodType<BackupMark> = z.object({
  schema: z.literal('fairlead/backup-mark/v1'),
  kind: z.enum(['verified', 'failed', 'accepted']),
  at: moment,
  by: z.string(),
  reason: z.string(),
});
