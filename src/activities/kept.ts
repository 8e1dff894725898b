// Loaded systems and plans, kept beside the records under their digests: an activity is told a digest, and believes no
// caller the rest. A plan is bound to the run that it was made for.
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { Plan } from '../domain/operation/plan.ts';
import type { SnapshotKind, SnapshotsPort } from '../ports/snapshots.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { Caller } from './caller.ts';

/** A plan, the system that it was made for, and the run that may carry it out. */
export interface KeptPlan {
  plan: Plan;
  /** Digest of the kept system. */
  system: string;
  boundTo: Caller;
}

export interface NewestSystem {
  loaded: LoadedSystem;
  at: number;
}

type KeepingCall = Waiting & { urgent: boolean };

export interface Kept {
  /** Answers the digest. What saves users goes on when the store does not answer: this worker remembers it. */
  keepSystem(loaded: LoadedSystem, call: KeepingCall): Promise<string>;
  /** What was kept last of a system whose file loaded, and when (ms since 1970); undefined where nothing was. */
  newestSystem(name: string, waiting: Waiting): Promise<NewestSystem | undefined>;
  keepPlan(plan: KeptPlan, call: KeepingCall): Promise<string>;
  /** Throws NotFound, Broken, Unavailable. */
  system(digest: string, waiting: Waiting): Promise<LoadedSystem>;
  /** Throws the same, and Refused for a plan that is another caller's. */
  plan(digest: string, caller: Caller, waiting: Waiting): Promise<KeptPlan>;
}

/** Systems and plans that are remembered without asking the store. */
const MOST = 200;

export function createKept(snapshots: SnapshotsPort): Kept {
  const remembered = new Map<string, unknown>();
  /** Digests that are remembered and did not get into the store. */
  const unstored = new Set<string>();
  const remember = (digest: string, value: unknown): void => {
    if (remembered.size >= MOST) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(digest, value);
  };
  const keep = async (kind: SnapshotKind, value: object, call: KeepingCall): Promise<string> => {
    const digest = digestOf(value);
    if (remembered.has(digest) && !unstored.has(digest)) return digest;
    try {
      await snapshots.put(kind, digest, kind === 'plan' ? { ...value, digest } : value, call);
      unstored.delete(digest);
    } catch (error) {
      if (!call.urgent || !(error instanceof Failure)) throw error;
      unstored.add(digest);
    }
    remember(digest, value);
    return digest;
  };
  const get = async (kind: SnapshotKind, digest: string, waiting: Waiting): Promise<unknown> => {
    const found = remembered.get(digest) ?? (await snapshots.get(kind, digest, waiting));
    remember(digest, found);
    return found;
  };
  const newest = newestSystems(snapshots, (digest, waiting) => get('system', digest, waiting));
  return {
    keepSystem: async (loaded, call) => {
      const digest = await keep('system', { ...loaded }, call);
      if (loaded.instead === undefined) await newest.note(loaded, digest, call);
      return digest;
    },
    newestSystem: newest.find,
    keepPlan: (plan, call) => keep('plan', { ...plan }, call),
    system: async (digest, waiting) => {
      const found = await get('system', digest, waiting);
      if (isKeptSystem(found)) return found;
      throw unreadable('system', digest);
    },
    plan: async (digest, caller, waiting) => {
      const found = await get('plan', digest, waiting);
      if (!isKeptPlan(found)) throw unreadable('plan', digest);
      const { boundTo, plan } = found;
      if (boundTo.workflowId === caller.workflowId && boundTo.firstRunId === caller.firstRunId) {
        return found;
      }
      throw new Failure(
        'Refused',
        `the plan ${plan.digest} of ${plan.operation} was made for ${boundTo.workflowId} (first run ${boundTo.firstRunId}), and not for ${caller.workflowId} (first run ${caller.firstRunId}): nothing was done`,
      );
    },
  };
}

/** Which system file was kept last, in the store and in this worker, which answers where the store does not. */
function newestSystems(
  snapshots: SnapshotsPort,
  get: (digest: string, waiting: Waiting) => Promise<unknown>,
) {
  const remembered = new Map<string, NewestSystem>();
  return {
    note: async (loaded: LoadedSystem, digest: string, call: KeepingCall): Promise<void> => {
      remembered.set(loaded.name, { loaded, at: Date.now() });
      if (!call.urgent) await snapshots.noteNewest(loaded.name, digest, call);
    },
    find: async (name: string, waiting: Waiting): Promise<NewestSystem | undefined> => {
      try {
        const noted = await snapshots.newest(name);
        const found = noted && (await get(noted.digest, waiting));
        if (noted !== undefined && isKeptSystem(found)) return { loaded: found, at: noted.at };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
      return remembered.get(name);
    },
  };
}

// The digest says that it is what was put; these say that a system or a plan was put under it.
function isKeptSystem(value: unknown): value is LoadedSystem {
  return isRecord(value) && typeof value['directory'] === 'string' && isRecord(value['system']);
}

function isKeptPlan(value: unknown): value is KeptPlan {
  return isRecord(value) && isRecord(value['plan']) && isRecord(value['boundTo']);
}

function unreadable(kind: SnapshotKind, digest: string): Failure {
  return new Failure('Broken', `reading the ${kind} ${digest}: something else is kept under it`);
}
