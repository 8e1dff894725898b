// What backups.ts tells backup-child.ts, and hears from it.
import { z } from 'zod';

const settingsSchema = z.strictObject({
  kind: z.enum(['files', 'mongodb', 'postgres', 'redis']),
  directory: z.string().optional(),
  host: z.string().optional(),
  port: z.number().optional(),
  database: z.string().optional(),
  user: z.string().optional(),
});

export const askedSchema = z.strictObject({
  verb: z.enum(['backup', 'restore']),
  id: z.string(),
  objects: z.string(),
  copies: z.string(),
  directory: z.string(),
  settings: settingsSchema,
  programs: z.array(z.string()),
});

export type Asked = z.input<typeof askedSchema>;

/** `ms` of wall time, `peak` bytes that the process had at most. */
export const answerSchema = z.strictObject({ ms: z.number(), peak: z.number() });
