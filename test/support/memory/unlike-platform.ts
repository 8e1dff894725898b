// A platform that is unlike the local host, over the same world in memory: as many replicas as it likes, one address for
// all revisions with a header that tells them apart, an object of its own that has to be settled, whole percents, objects that are read, compared by their etag and
// written, some seconds until users see a change, and errors of its own. A port that fits it fits a cloud.
import { exposed } from './memory-metrics.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type {
  EpochToken,
  RevisionSpec,
  RevisionState,
  ServiceRef,
  TrafficState,
} from '../../../src/domain/rollout/model.ts';
import { passToken } from '../../../src/domain/traffic/epoch-token.ts';
import * as rules from '../../../src/domain/traffic/traffic-rules.ts';
import type { PlatformCapabilities } from '../../../src/domain/capabilities.ts';
import type { IsolationPort } from '../../../src/ports/isolation.ts';
import type { MetricsPort } from '../../../src/ports/metrics.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import type { TrafficPort } from '../../../src/ports/traffic.ts';
import type { WorkloadPort } from '../../../src/ports/workload.ts';
import { keyOf, MemoryWorld, type Change, type MemoryVerb } from './memory-world.ts';
import { CloudError, UnlikeCloud, type CloudInput } from './unlike-cloud.ts';

export const UNLIKE: PlatformCapabilities = {
  program: 'command',
  replicas: 'elastic',
  scaleToZero: true,
  restart: false,
  weights: 'whole',
  unready: 'lost',
  partialAdmission: 'none',
  preview: 'headers',
  whoAnswered: 'service',
  epoch: 'before',
  patience: 8_000,
  changes: 'asked',
  settle: true,
  isolation: false,
};

const REVISION_HEADER = 'x-unlike-revision';
/** How often an object is read again that somebody else wrote in between. */
const WRITES = 5;

export interface UnlikeInput extends CloudInput {
  capabilities?: Partial<PlatformCapabilities>;
  /** Absent: it isolates nothing. */
  isolation?: IsolationPort;
}

export function createUnlikePlatform(
  input: UnlikeInput,
): Platform & { metrics: MetricsPort; world: MemoryWorld } {
  const world = new MemoryWorld();
  const cloud = new UnlikeCloud(world, input);
  return {
    world,
    capabilities: { ...UNLIKE, isolation: input.isolation !== undefined, ...input.capabilities },
    ...(input.isolation !== undefined && { isolation: input.isolation }),
    workload: unlikeWorkload(cloud),
    traffic: unlikeTraffic(cloud),
    metrics: {
      scrape: async () => exposed(world.allMetrics()),
      query: () => Promise.reject(new Failure('Unavailable', 'there is no Prometheus here')),
    },
  };
}

interface Asked {
  verb: MemoryVerb;
  service: ServiceRef;
  token: EpochToken;
  what: string;
}

/** Read, compare the epoch token, change, write if the etag is still the same; else from the start. */
async function change(
  cloud: UnlikeCloud,
  { verb, service, token, what }: Asked,
  decide: (traffic: rules.TrafficRecord) => rules.TrafficRecord,
  more: (traffic: rules.TrafficRecord) => Partial<Change> = () => ({}),
): Promise<rules.TrafficRecord> {
  for (let writes = 1; ; writes += 1) {
    const read = cloud.get(service);
    try {
      return await cloud.world.run(verb, () => {
        const seen = passToken(read.token, token, what);
        const traffic = decide(read.traffic);
        cloud.put(service, { etag: read.etag, token: seen, traffic });
        const { world } = cloud;
        world.changes.push(
          structuredClone({ verb, service: keyOf(service), token, ...more(traffic) }),
        );
        return traffic;
      });
    } catch (error) {
      const isLate = error instanceof CloudError && error.code === 'PRECONDITION_FAILED';
      if (!isLate || writes === WRITES) throw failureOf(what, error);
    }
  }
}

/** Its own errors become failures here, and nowhere else. */
function failureOf(what: string, error: unknown): unknown {
  if (!(error instanceof CloudError)) return error;
  const kinds = {
    PRECONDITION_FAILED: 'Unavailable',
    NOT_FOUND: 'NotFound',
    INVALID_ARGUMENT: 'Refused',
  } as const;
  return new Failure(kinds[error.code], `${what}: ${error.message}`);
}

function unlikeWorkload(cloud: UnlikeCloud): WorkloadPort {
  const { world } = cloud;
  const unable = (what: string) =>
    Promise.reject(new Failure('Unsupported', `${what} is not done here`));
  const stateOf = (ref: ServiceRef, spec: RevisionSpec): RevisionState => {
    const ready = cloud.isReady(ref, spec);
    const looping = world.behaviourOf(spec) === 'crashLoop';
    return {
      spec,
      condition: looping ? 'crashLoop' : ready ? 'ready' : 'starting',
      desired: 1,
      ready: ready ? 1 : 0,
      crashes: looping ? 5 : 0,
      ...(looping && { problem: 'its container exited with code 1' }),
      ...(cloud.stands(ref) === spec.id && { settled: true }),
      previewUrl: 'http://gateway.invalid',
      previewHeaders: { [REVISION_HEADER]: spec.id },
      metricsUrl: 'http://metrics.invalid/metrics',
    };
  };
  return {
    revisions: (ref) =>
      world.run('revisions', () =>
        [...world.service(ref).revisions.values()].map(({ spec }) => stateOf(ref, spec)),
      ),
    history: (ref) => world.run('history', () => world.service(ref).traffic.served),
    obstacles: ({ spec }) =>
      world.run('obstacles', () => ({ missing: missing(world, spec), taken: [] })),
    ensure: async ({ service, spec, token }) => {
      const what = `creating revision ${spec.id}`;
      const make = (traffic: rules.TrafficRecord) => {
        const obstacles = missing(world, spec);
        if (obstacles.length > 0) throw new Failure('NotFound', obstacles.join('; '));
        cloud.make(service, spec);
        world.service(service).url = `https://${service.service}.${service.system}.invalid`;
        return traffic;
      };
      await change(cloud, { verb: 'ensure', service, token, what }, make, () => ({
        revision: spec.id,
        replicas: 1,
      }));
      return structuredClone(stateOf(service, spec));
    },
    scale: () => unable('setting a number of replicas'),
    restart: () => unable('replacing replicas one after the other'),
    settle: async ({ service, revision, token }) => {
      const what = `settling ${keyOf(service)} on ${revision}`;
      const point = (traffic: rules.TrafficRecord) => {
        if (!world.service(service).revisions.has(revision)) {
          throw new Failure('NotFound', `${what}: it is not there`);
        }
        cloud.stand(service, revision);
        return traffic;
      };
      await change(cloud, { verb: 'settle', service, token, what }, point, () => ({ revision }));
      const done = cloud.hasSettled(service);
      return { done, seen: `its object ${done ? 'stands' : 'is being brought'} there` };
    },
    remove: async ({ service, revision, token }) => {
      const what = `removing ${revision}`;
      const { revisions } = world.service(service);
      const gone = (traffic: rules.TrafficRecord) => {
        if (cloud.stands(service) === revision) {
          throw new Failure('Refused', `${what}: the object of ${keyOf(service)} stands on it`);
        }
        if (!revisions.has(revision)) return traffic;
        const left = rules.withoutRevision(traffic, what, revision);
        revisions.delete(revision);
        return left;
      };
      await change(cloud, { verb: 'remove', service, token, what }, gone, () => ({ revision }));
    },
  };
}

function unlikeTraffic(cloud: UnlikeCloud): TrafficPort {
  const { world } = cloud;
  const stateOf = (ref: ServiceRef, traffic: rules.TrafficRecord): TrafficState =>
    rules.trafficState(traffic, world.service(ref).url);
  const weightsOf = ({ weights }: rules.TrafficRecord) => ({ weights });
  return {
    read: (ref) => world.run('read', () => stateOf(ref, world.service(ref).traffic)),
    mark: () => Promise.resolve({ 'x-unlike-probe': 'yes' }),
    set: async ({ service, weights, expect, token }) => {
      const what = `setting the weights of ${keyOf(service)}`;
      const asked = { what, weights, expect, by: token, now: new Date() };
      const decide = (traffic: rules.TrafficRecord) =>
        rules.withWeights(traffic, asked, cloud.servable(service));
      const done = await change(cloud, { verb: 'set', service, token, what }, decide, weightsOf);
      return stateOf(service, done);
    },
    stop: async ({ service, token }) => {
      const what = `stopping ${keyOf(service)}`;
      const done = await change(
        cloud,
        { verb: 'stop', service, token, what },
        rules.stopped,
        weightsOf,
      );
      return stateOf(service, done);
    },
    admit: async ({ service, percent, to, token }) => {
      const what = `admitting ${percent} % to ${keyOf(service)}`;
      const decide = (traffic: rules.TrafficRecord) => {
        if (percent !== 100) throw new Failure('Unsupported', `${what}: all or nobody is let in`);
        return rules.admitted(traffic, { what, percent, to }, cloud.servable(service));
      };
      const done = await change(cloud, { verb: 'admit', service, token, what }, decide, (one) => ({
        ...weightsOf(one),
        percent,
      }));
      return stateOf(service, done);
    },
    probe: ({ service, count }, waiting) =>
      world.run('probe', () => {
        waiting.beat();
        return Array.from({ length: count }, () => cloud.answer(service));
      }),
  };
}

function missing(world: MemoryWorld, { program }: RevisionSpec): string[] {
  return program.kind !== 'process'
    ? []
    : program.files
        .filter((file) => world.missingFiles.has(file))
        .map((file) => `missing file ${file}: put it there before the start`);
}
