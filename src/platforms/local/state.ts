// What the host knows, on disk: written whole to a temporary file, flushed, renamed, so that a SIGKILL at any
// moment leaves the old or the new state, never half of one. Secrets stand in it as references only.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import type { DiskReserve } from '../../machine/disk-reserve.ts';
import { keepFile } from '../../machine/keep-file.ts';
import {
  processSchema,
  servedSchema,
  serviceSchema,
  specSchema,
  weightSchema,
} from '../revision-schemas.ts';

/** As hosts before wrote it: what a process is started with stood beside the rest. */
const flatSpec = specSchema
  .omit({ program: true })
  .extend(processSchema.omit({ kind: true }).shape)
  .transform(({ command, directory, files, host, port, ...rest }) => ({
    ...rest,
    program: { kind: 'process' as const, command, directory, files, host, port },
  }));

const storedSpec = z.union([specSchema, flatSpec]);
const storedServed = servedSchema.extend({ spec: storedSpec });

const replicaRecord = z.object({
  /** Unique within the host; also in the log's name. */
  n: z.number().int(),
  pid: z.number().int(),
  startTime: z.number().int(),
  port: z.number().int(),
  /** In the environment of everything that it starts; absent from replicas of before it was noted. */
  mark: z.exactOptional(z.string()),
  /** A restart raises the revision's generation; replicas of an older one are replaced. */
  generation: z.number().int(),
});
export type ReplicaRecord = z.output<typeof replicaRecord>;

const revisionRecord = z.object({
  spec: storedSpec,
  desired: z.number().int(),
  crashes: z.number().int(),
  generation: z.number().int(),
  /** Which change asked for the present generation, so that its retry restarts nothing. */
  restartedBy: z.string(),
  removing: z.boolean(),
  previewPort: z.number().int(),
  replicas: z.array(replicaRecord),
});
export type RevisionRecord = z.output<typeof revisionRecord>;

const serviceRecord = z.object({
  ref: serviceSchema,
  /** Where users reach it, as the newest revision says; null before the first one. */
  address: z
    .object({
      host: z.string(),
      port: z.number().int(),
      trustedProxies: z.exactOptional(z.array(z.string())),
    })
    .nullable(),
  fence: z.object({ epoch: z.number(), sequence: z.number(), operation: z.string() }).nullable(),
  traffic: z.object({
    weights: z.array(weightSchema),
    stopped: z.boolean(),
    admitPercent: z.number(),
    beforeStop: z.array(weightSchema),
    served: z.array(storedServed),
    began: z.exactOptional(
      z.object({
        operation: z.string(),
        run: z.exactOptional(z.string()),
        weights: z.array(weightSchema),
        served: z.array(storedServed),
      }),
    ),
  }),
  revisions: z.record(z.string(), revisionRecord),
});
export type ServiceRecord = z.output<typeof serviceRecord>;

const hostState = z.object({
  schema: z.literal('fairlead/host-state/v1'),
  /** Marks this host's children in their environment. */
  id: z.string(),
  services: z.record(z.string(), serviceRecord),
});
export type HostState = z.output<typeof hostState>;

/** A missing file is a new host; anything else that cannot be read is refused, never overwritten. */
export async function loadState(path: string): Promise<HostState> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { schema: 'fairlead/host-state/v1', id: randomUUID(), services: {} };
    }
    throw error;
  }
  try {
    return hostState.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Failure(
      'Broken',
      `reading the local host's state ${path}: it is not what the host wrote (${why.slice(0, 500)}); ` +
        'restore the file, or move it away to start with nothing (services that still run then have to be ended by hand)',
    );
  }
}

export interface StateFile {
  state: HostState;
  /** Resolves when everything that `state` held at the call is on disk. */
  save(): Promise<void>;
}

/** `reserve`: the room that is given up where the disk is full. */
export async function openState(
  path: string,
  reserve: Pick<DiskReserve, 'spend'>,
): Promise<StateFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const state = await loadState(path);
  let writing: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;
  const save = (): Promise<void> => {
    // Calls that come while a write is under way share the next one.
    queued ??= writing
      .catch(() => undefined)
      .then(() => {
        queued = undefined;
        const text = JSON.stringify(state);
        writing = reserve.spend(() => keepState(path, text));
        return writing;
      });
    return queued;
  };
  return { state, save };
}

/** Always by the same draft: one writer at a time, and none of a killed one is left. */
function keepState(path: string, text: string): Promise<void> {
  return keepFile(path, text, { mode: 0o600, draft: `${path}.tmp` });
}
