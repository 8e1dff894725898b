// What goes over the wire to the local host and back, and where its files lie: shared by the daemon, the
// adapter in the worker and whoever starts the daemon. Every body and every answer is parsed by it.
import { join } from 'node:path';
import { z } from 'zod';
import { FAILURE_KINDS } from '../../domain/failure.ts';
import type { EpochToken, RevisionState, TrafficState } from '../../domain/rollout/model.ts';
import {
  count,
  revisionId,
  servedSchema,
  serviceSchema,
  specSchema,
  tokenSchema,
  weightSchema,
} from '../revision-schemas.ts';

/** Marks a request as Fairlead's own; its value is good for one request to one service. */
export const PROBE_HEADER = 'fairlead-probe';
/** On the answer to a probe: the id of the revision that gave it. */
export const REVISION_HEADER = 'fairlead-revision';

/** The host's files inside the data folder. */
export function hostPaths(data: string) {
  const folder = join(data, 'host');
  return {
    folder,
    host: join(folder, 'host.json'),
    lock: join(folder, 'host.lock'),
    state: join(folder, 'state.json'),
    reserve: join(folder, 'reserve'),
    logs: join(folder, 'logs'),
  };
}

/** `host.json`: where the living daemon listens, and which process it is. */
export const hostFileSchema = z.object({
  /** Where its metrics are. */
  url: z.string(),
  /** The path of its control socket; absent from a daemon of before there was one. */
  socket: z.exactOptional(z.string()),
  pid: z.number().int(),
  startTime: z.number().int(),
});
export type HostFile = z.output<typeof hostFileSchema>;

const weights = z.array(weightSchema).max(100);

const revisionState = z.object({
  spec: specSchema,
  condition: z.enum(['starting', 'ready', 'degraded', 'crashLoop', 'stopped']),
  desired: count,
  ready: count,
  crashes: count,
  problem: z.exactOptional(z.string()),
  previewUrl: z.string(),
  metricsUrl: z.string(),
}) satisfies z.ZodType<RevisionState>;

const trafficState = z.object({
  weights,
  url: z.string(),
  stopped: z.boolean(),
  admitPercent: z.number(),
  beforeStop: weights,
  unsaved: z.exactOptional(z.string()),
  endless: z.exactOptional(z.object({ ended: count, leaving: count })),
  clients: z.exactOptional(
    z.object({ requests: count, letIn: count, clients: count, addresses: count, atMost: count }),
  ),
}) satisfies z.ZodType<TrafficState>;

/** Who makes a change: an operation with its epoch token, or a person, whom none holds back. */
const by = {
  token: z.exactOptional(tokenSchema),
  byHand: z.exactOptional(z.string().min(1).max(200)),
};
export interface ChangedBy {
  token?: EpochToken;
  byHand?: string;
}
const ofRevision = { service: serviceSchema, revision: revisionId };
const of = z.strictObject({ service: serviceSchema });

/**
 * `POST /v1/<verb>` on the control socket. `restart` and `remove` answer before they are through: called again with the same
 * token they change nothing and say whether it is `done`.
 */
export const verbs = {
  revisions: { input: of, output: z.array(revisionState) },
  history: { input: of, output: z.array(servedSchema) },
  ensure: {
    input: z.strictObject({ spec: specSchema, replicas: count.min(1).max(64), ...by }),
    output: revisionState,
  },
  scale: {
    input: z.strictObject({ ...ofRevision, replicas: count.max(64), ...by }),
    output: revisionState,
  },
  restart: {
    input: z.strictObject({ ...ofRevision, ...by }),
    output: z.object({ state: revisionState, done: z.boolean() }),
  },
  remove: {
    input: z.strictObject({ ...ofRevision, ...by }),
    /** `left`: processes that it started and that could not be ended, in words. */
    output: z.object({ done: z.boolean(), left: z.array(z.string()) }),
  },
  /** Values of PROBE_HEADER for requests to where users reach the service; each is good once. */
  marks: {
    input: z.strictObject({ service: serviceSchema, count: count.min(1).max(1000) }),
    output: z.array(z.string()).min(1),
  },
  obstacles: {
    input: z.strictObject({ spec: specSchema }),
    output: z.object({ missing: z.array(z.string()), taken: z.array(z.string()) }),
  },
  read: { input: of, output: trafficState },
  set: {
    input: z.strictObject({
      service: serviceSchema,
      weights,
      expect: z.exactOptional(weights),
      ...by,
    }),
    output: trafficState,
  },
  stop: { input: z.strictObject({ service: serviceSchema, ...by }), output: trafficState },
  admit: {
    input: z.strictObject({
      service: serviceSchema,
      percent: z.number().min(0).max(100),
      /** Instead of the weights from before the stop. */
      to: z.exactOptional(weights),
      ...by,
    }),
    output: trafficState,
  },
};
export type Verb = keyof typeof verbs;
export type VerbInput<V extends Verb> = z.output<(typeof verbs)[V]['input']>;
export type VerbOutput<V extends Verb> = z.output<(typeof verbs)[V]['output']>;

export const errorSchema = z.object({
  kind: z.enum(FAILURE_KINDS),
  message: z.string(),
  details: z.unknown().optional(),
});
