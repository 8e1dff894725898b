// The nouns of revisions as a platform keeps or sends them, checked where they come in again.
import { z } from 'zod';
import type {
  EpochToken,
  RevisionSpec,
  Served,
  ServiceRef,
  Weight,
} from '../domain/rollout/model.ts';
import type { Setting } from '../config/system.ts';
import { NAME } from '../domain/text/names.ts';

const name = z.string().regex(NAME);
export const revisionId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/);
export const count = z.number().int().min(0);

export const serviceSchema = z.strictObject({
  system: name,
  service: name,
}) satisfies z.ZodType<ServiceRef>;

const setting = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({ env: z.string() }),
  z.strictObject({ file: z.string() }),
]) satisfies z.ZodType<Setting>;

const port = z.number().int().min(1).max(65_535);

export const processSchema = z.strictObject({
  kind: z.literal('process'),
  command: z.array(z.string()).min(1),
  directory: z.string().startsWith('/'),
  files: z.array(z.string().startsWith('/')),
  host: z.string().min(1),
  port,
  user: z.exactOptional(z.string().min(1)),
  trustedProxies: z.exactOptional(z.array(z.string())),
});

const imageSchema = z.strictObject({
  kind: z.literal('image'),
  reference: z.string().min(1),
  port,
});

export const specSchema = z.strictObject({
  system: name,
  service: name,
  id: revisionId,
  version: z.string().min(1),
  program: z.discriminatedUnion('kind', [processSchema, imageSchema]),
  configuration: z.record(z.string(), setting),
  bindings: z.array(z.string()),
  boundTo: z.exactOptional(
    z.record(
      z.string(),
      z.partialRecord(
        z.enum(['host', 'port', 'database', 'directory']),
        z.union([z.string(), z.number()]),
      ),
    ),
  ),
  health: z.strictObject({
    path: z.string().startsWith('/'),
    interval: z.number().positive(),
    timeout: z.number().positive(),
  }),
  drain: z.number().min(0),
}) satisfies z.ZodType<RevisionSpec>;

export const weightSchema = z.strictObject({
  revision: revisionId,
  version: z.string(),
  percent: z.number().min(0).max(100),
}) satisfies z.ZodType<Weight>;
export const servedSchema = z.strictObject({
  spec: specSchema,
  replicas: count,
  since: z.string(),
}) satisfies z.ZodType<Served>;

export const tokenSchema = z.strictObject({
  operation: z.string().min(1),
  run: z.exactOptional(z.string()),
  step: z.string(),
  epoch: z.number().int(),
  sequence: z.number().int(),
}) satisfies z.ZodType<EpochToken>;
