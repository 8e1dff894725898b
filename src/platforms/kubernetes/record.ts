// What Fairlead keeps of a service in an annotation of its route: the newest epoch token, the traffic as it was set, and what
// carried everything. The route itself says what holds.
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import { parsedJson } from '../../domain/json.ts';
import type { RevisionSpec, Served } from '../../domain/rollout/model.ts';
import type { SeenToken } from '../../domain/traffic/epoch-token.ts';
import { newTraffic, type TrafficRecord } from '../../domain/traffic/traffic-rules.ts';
import { servedSchema, specSchema, weightSchema } from '../revision-schemas.ts';

export interface ServiceRecord {
  token: SeenToken | null;
  traffic: TrafficRecord;
  /** Only of a service whose stable side is a Helm release or somebody's Deployment. */
  release?: ReleaseRecord;
}

/** Where the Helm release, or somebody's Deployment, of a service stands. Revisions of a Deployment are numbered by Fairlead's changes. */
export interface ReleaseRecord {
  spec: RevisionSpec;
  /** ISO 8601. */
  since: string;
  /**
   * Where it is being brought, and which numbered revision that makes; until it is there nobody is led to it. `from` is one of
   * Fairlead's that was cut off, and is gone back from.
   */
  to?: { spec: RevisionSpec; number: number; from?: number };
  /** The numbered revisions that it stood on, by the revisions they were. */
  numbers: Record<string, number>;
}

/** A numbered revision is one of those that Fairlead began and has not seen the end of. */
export function isOwn(revision: number, to: ReleaseRecord['to']): boolean {
  return to !== undefined && (revision === to.number || revision === to.from);
}

export const NEW_RECORD: ServiceRecord = { token: null, traffic: newTraffic() };

/** All annotations of an object may have 256 KiB; the oldest of what served goes before that. */
const MOST_BYTES = 100_000;

const served = z.array(servedSchema.omit({ spec: true }).extend({ id: z.string() }));

const stored = z.object({
  token: z.object({ epoch: z.number(), sequence: z.number(), operation: z.string() }).nullable(),
  weights: z.array(weightSchema),
  stopped: z.boolean(),
  beforeStop: z.array(weightSchema),
  served,
  began: z.exactOptional(
    z.object({
      operation: z.string(),
      run: z.exactOptional(z.string()),
      weights: z.array(weightSchema),
      served,
    }),
  ),
  release: z.exactOptional(
    z.object({
      spec: specSchema,
      since: z.string(),
      to: z.exactOptional(
        z.object({ spec: specSchema, number: z.number(), from: z.exactOptional(z.number()) }),
      ),
      numbers: z.record(z.string(), z.number()),
    }),
  ),
  /** Each revision that is named in `served`, once. */
  specs: z.record(z.string(), specSchema),
});

/** Throws Broken for what Fairlead did not write. */
export function readRecord(text: string, what: string): ServiceRecord {
  const { success, data, error } = stored.safeParse(parsedJson(text));
  if (!success) {
    throw new Failure(
      'Broken',
      `${what}: the annotation of its route is not what Fairlead wrote (${z.prettifyError(error).slice(0, 300)}); restore it, or remove it to begin without a history`,
    );
  }
  const whole = (list: z.output<typeof served>): Served[] =>
    list.flatMap(({ id, ...rest }) => {
      const spec = Object.hasOwn(data.specs, id) ? data.specs[id] : undefined;
      return spec === undefined ? [] : [{ spec, ...rest }];
    });
  const { token, weights, stopped, beforeStop, began, release } = data;
  return {
    token,
    traffic: {
      ...{ weights, stopped, admitPercent: 100, beforeStop },
      served: whole(data.served),
      ...(began && { began: { ...began, served: whole(began.served) } }),
    },
    ...(release && { release }),
  };
}

export function writeRecord({ token, traffic, release }: ServiceRecord): string {
  const { weights, stopped, beforeStop, began } = traffic;
  const named = (list: readonly Served[]) =>
    list.map(({ spec, ...rest }) => ({ id: spec.id, ...rest }));
  const all = [...traffic.served, ...(began?.served ?? [])];
  const specs = Object.fromEntries(all.map(({ spec }): [string, RevisionSpec] => [spec.id, spec]));
  const text = JSON.stringify({
    ...{ token, weights, stopped, beforeStop, served: named(traffic.served) },
    ...(began && { began: { ...began, served: named(began.served) } }),
    ...(release && { release }),
    specs,
  });
  if (Buffer.byteLength(text) <= MOST_BYTES || traffic.served.length <= 1) return text;
  const shorter = traffic.served.slice(0, -1);
  const kept = (list: Served[]) =>
    list.filter(({ spec }) => shorter.some((one) => one.spec.id === spec.id));
  return writeRecord({
    token,
    traffic: {
      ...traffic,
      served: shorter,
      ...(began && { began: { ...began, served: kept(began.served) } }),
    },
    ...(release && { release }),
  });
}
